import json
import logging
import time
from collections.abc import Iterator

import pytest

from runtime.environment import log_form
from runtime.logs import LineFormatter, RepeatLimit, SentenceFormatter, configure_logging
from schemas.errors import ConfigurationError


def record(
    message: str = "delivery accepted", *arguments: object, logger: str = "ingress.app", **extra: object
) -> logging.LogRecord:
    """A record as `logging` makes it, at a fixed time."""
    made = logging.LogRecord(logger, logging.INFO, "x.py", 1, message, arguments, None)
    made.created = 1_786_543_204.5
    made.__dict__.update(extra)
    return made


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """The loggers as they were, after the test."""
    names = ["aiokafka", "faust", "mode", "asyncio", "aiohttp.access", "aiohttp.server"]
    levels = {name: logging.getLogger(name).level for name in names}
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_format_record_is_one_line_of_pairs() -> None:
    """Time in UTC with milliseconds, then level, logger, event and the facts in their order."""
    line = LineFormatter().format(record(delivery="d-1", attempts=2))
    assert line == (
        'time=2026-08-12T14:00:04.500Z level=info logger=ingress.app event="delivery accepted" delivery=d-1 attempts=2'
    )


@pytest.mark.parametrize("text", ["two words", 'a"b', "a=b", "a\nb", "a\\b", "", "a\u2028b", "\x1b[31m"])
def test_format_value_that_would_break_the_line_is_quoted(text: str) -> None:
    """A line break in a message must not forge a second line, nor colour the terminal."""
    line = LineFormatter().format(record("x", fact=text))
    quoted = line.partition("fact=")[2]
    assert json.loads(quoted) == text
    assert quoted.isprintable()


def test_format_for_whoever_typed_a_command_is_a_sentence() -> None:
    """No time, no logger, no quotes of ours; a foreign line break forges no second line."""
    incomplete = record("configuration incomplete", key="brevo.api_key", problem="has typographic quotes (“)")
    sentence = "info: configuration incomplete: brevo.api_key: has typographic quotes (“)"
    assert SentenceFormatter().format(incomplete) == sentence
    assert SentenceFormatter().format(record("x", reason="a\nb")) == 'info: x: "a\\nb"'


def test_format_exception_is_on_the_same_line_without_the_value_it_failed_on() -> None:
    """The traceback is kept, escaped; Python's text of a `ValueError` quotes what came from outside."""
    foreign = "Maya Okafor, maya.okafor@example.com"
    with pytest.raises(ValueError, match="Maya") as caught:
        int(foreign)
    made = record("failed")
    made.exc_info = (caught.type, caught.value, caught.tb)
    line = LineFormatter().format(made)
    assert "\n" not in line
    assert "Maya" not in line
    assert "int(foreign)" in line
    assert line.endswith('ValueError"')


@pytest.mark.parametrize("foreign", ["A" * 262_144, "maya@example.com " * 20_000, "-eyJaaaaaaaa" * 20_000])
def test_format_foreign_text_costs_no_more_than_its_length(foreign: str) -> None:
    """Whoever sends a request may choose it, and it is formatted on the event loop."""
    made = record("refused %s", foreign, detail=foreign, other=foreign)
    began = time.process_time()
    line = LineFormatter().format(made)
    assert time.process_time() - began < 0.05
    assert len(line) < 4_000


def test_repeat_limit_the_same_template_passes_five_times_and_then_counts() -> None:
    """While a broker is away a library says the same hundreds of times a second."""
    limit = RepeatLimit()
    repeated = [record("no broker %s", index, logger="aiokafka.conn") for index in range(20)]
    assert [limit.filter(record) for record in repeated] == [True] * 5 + [False] * 15
    assert limit.filter(record("another", logger="aiokafka.conn"))
    later = record("no broker %s", 20, logger="aiokafka.conn")
    later.created += 10
    assert limit.filter(later)
    assert later.__dict__["left_out"] == 15


def test_repeat_limit_our_own_records_always_pass() -> None:
    """Only libraries are limited: our events are facts."""
    limit = RepeatLimit()
    assert all(limit.filter(record(logger="processors.engine")) for _ in range(50))


def test_configure_logging_frameworks_are_heard_at_debug_alone_and_of_warnings_alone(
    restored_logging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an operator needs of it, we say in our own words; the call may be repeated with another level."""
    for level in ("INFO", "DEBUG"):
        configure_logging(level)
        logging.getLogger("ingress.app").info(level, extra={"delivery": "d-1"})
        logging.getLogger("aiokafka.consumer").info("unseen")
        for name in ("faust", "mode.timers", "aiokafka.consumer.group_coordinator"):
            logging.getLogger(name).error("noise")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.partition("logger=")[2] for line in captured.err.splitlines()] == [
        "ingress.app event=INFO delivery=d-1",
        "ingress.app event=DEBUG delivery=d-1",
        "faust event=noise",
        "mode.timers event=noise",
        "aiokafka.consumer.group_coordinator event=noise",
    ]


def test_why_kafka_does_not_answer_is_said_in_our_words_once_a_minute(
    restored_logging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Aiokafka logs that the login is refused, and raises no more than that there is no connection."""
    configure_logging("INFO")
    log = logging.getLogger("aiokafka")
    for node in range(3):
        log.error(
            "Unable connect to node with id %s: %s", node, "[Error 58] SaslAuthenticationFailed: Authentication failed"
        )
        log.error("Unable connect to node with id %s: %s", node, "[Errno 111] Connect call failed")
    log.error('Unable connect to "%s:%s": %s', "k", 9093, "certificate verify failed: self-signed certificate")
    refused, untrusted = capsys.readouterr().err.splitlines()
    assert 'event="kafka refuses the login"' in refused
    assert "SaslAuthenticationFailed" in refused
    assert "check KAFKA_SASL_USERNAME" in refused
    assert 'event="no trust between kafka and us"' in untrusted


def test_configure_logging_as_json_is_an_object_a_line(
    restored_logging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same facts under the same names; numbers stay numbers, and addresses are hidden there, too."""
    configure_logging("INFO", "json")
    facts = {"contacts": 12, "seconds": 0.5, "reason": 'maya@example.com said "no"\u2028\n', "batch": None}
    logging.getLogger("processors.brevo").info("brevo written", extra=facts)
    (line,) = capsys.readouterr().err.splitlines()
    shown = json.loads(line)
    assert shown.pop("time").endswith("Z")
    assert shown == {
        "level": "info",
        "logger": "processors.brevo",
        "event": "brevo written",
        "contacts": 12,
        "seconds": 0.5,
        "reason": '(address) said "no"\u2028\n',
        "batch": None,
    }


def test_log_form_is_one_of_two() -> None:
    """Text unless json is asked for; anything else is told before anything starts."""
    assert [log_form({}), log_form({"ROLLCALL_LOG_FORMAT": ""}), log_form({"ROLLCALL_LOG_FORMAT": "json"})] == [
        "text", "text", "json",
    ]  # fmt: skip
    with pytest.raises(ConfigurationError, match="ROLLCALL_LOG_FORMAT: `xml` is no form of a log"):
        log_form({"ROLLCALL_LOG_FORMAT": "xml"})
