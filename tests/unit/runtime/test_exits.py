import json

import pytest

from runtime.exits import run_guarded
from schemas.errors import ConfigurationError, FatalError, RetryLaterError


def failing(error: BaseException) -> int:
    """A process that ends with this error."""

    def run() -> int:
        raise error

    return run_guarded(run)


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (1, 1)])
def test_run_guarded_result_is_the_exit_code(result: int | None, code: int) -> None:
    """Nothing counts as done."""
    assert run_guarded(lambda: result) == code


def test_run_guarded_configuration_error_is_one_message_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback: the user has to change something."""
    assert failing(ConfigurationError("ADMIN_PORT: `x` is no port")) == 2
    assert capsys.readouterr() == ("", "error: ADMIN_PORT: `x` is no port\n")


def test_run_guarded_other_side_that_does_not_answer_is_one_message_and_75(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is wrong here: the same will work later."""
    assert failing(RetryLaterError("Kafka does not answer")) == 1
    assert capsys.readouterr() == ("", "error: Kafka does not answer\n")


@pytest.mark.parametrize(
    ("error", "told", "code"),
    [
        (ConfigurationError("x: no port"), "x: no port", 2),
        (RetryLaterError("Kafka"), "Kafka", 1),
        (FatalError("too many"), "too many", 70),
        (ValueError("maya@example.com"), None, 70),
    ],
)
def test_run_guarded_failure_is_a_document_where_one_was_asked_for(
    capsys: pytest.CaptureFixture[str], error: Exception, told: str | None, code: int
) -> None:
    """On stdout alone, beside the words on stderr; without addresses either."""

    def run() -> int:
        raise error

    assert run_guarded(run, as_json=True) == code
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert document["exit_code"] == code
    assert told in (None, document["error"])
    assert "maya" not in shown.out + shown.err


def test_run_guarded_fatal_error_is_its_message_and_70(capsys: pytest.CaptureFixture[str]) -> None:
    """A stop that was decided needs no traceback."""
    assert failing(FatalError("dead letters pile up")) == 70
    assert capsys.readouterr().err == "stopped: dead letters pile up\n"


def test_run_guarded_bug_is_a_traceback_without_addresses_and_70(capsys: pytest.CaptureFixture[str]) -> None:
    """The traceback is for a report, which must not hold a person's address."""
    assert failing(OSError("maya@example.com")) == 70
    shown = capsys.readouterr().err
    assert shown.startswith("internal error:\nTraceback")
    assert shown.endswith("OSError: (address)\n")
    assert failing(ValueError("Maya Okafor is no number")) == 70
    assert capsys.readouterr().err.endswith("ValueError\n")


def test_run_guarded_interrupt_is_130_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C is no error."""
    assert failing(KeyboardInterrupt()) == 130
    assert capsys.readouterr() == ("", "")


def test_run_guarded_interrupt_that_became_the_cause_of_an_error_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Python 3.11 makes a RuntimeError of it where a class is being made."""
    interrupted = RuntimeError("Error calling __set_name__")
    interrupted.__cause__ = KeyboardInterrupt()
    assert failing(interrupted) == 130
    assert capsys.readouterr() == ("", "")
