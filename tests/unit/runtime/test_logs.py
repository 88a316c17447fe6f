import json
import logging
from collections.abc import Iterator

import pytest

from runtime.logs import LineFormatter, RepeatLimit, configure_logging, redact


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
    names = ["aiokafka", "faust", "mode", "asyncio", "aiohttp.access"]
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


def test_format_exception_is_on_the_same_line_without_addresses() -> None:
    """The traceback is kept, escaped."""
    with pytest.raises(ValueError, match="no contact") as caught:
        int("no contact maya.okafor@example.com")
    made = record("failed")
    made.exc_info = (caught.type, caught.value, caught.tb)
    line = LineFormatter().format(made)
    assert "\n" not in line
    assert "ValueError: invalid literal for int() with base 10: 'no contact (address)'" in line


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("maya.okafor+zoom@example.co.uk said", "(address) said"),
        ("/contacts/maya%40example.com?x", "/contacts/(address)?x"),
        ("key xkeysib-0a1b2c-XyZ.", "key (key)."),
        ("Authorization: Bearer abcdefghijk.lm", "Authorization: Bearer (token)"),
        ("token=eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln end", "token=(token) end"),
        ("user@localhost and 12:30", "user@localhost and 12:30"),
    ],
)
def test_redact_addresses_and_keys_are_hidden(text: str, hidden: str) -> None:
    """The last defence; what is no address or key stays."""
    assert redact(text) == hidden


def test_repeat_limit_the_same_template_passes_five_times_and_then_counts() -> None:
    """While a broker is away a library says the same hundreds of times a second."""
    limit = RepeatLimit()
    repeated = [record("no broker %s", index, logger="aiokafka.conn") for index in range(20)]
    assert [limit.filter(each) for each in repeated] == [True] * 5 + [False] * 15
    assert limit.filter(record("another", logger="aiokafka.conn"))
    later = record("no broker %s", 20, logger="aiokafka.conn")
    later.created += 10
    assert limit.filter(later)
    assert later.__dict__["left_out"] == 15


def test_repeat_limit_our_own_records_always_pass() -> None:
    """Only libraries are limited: our events are facts."""
    limit = RepeatLimit()
    assert all(limit.filter(record(logger="processors.engine")) for _ in range(50))


def test_configure_logging_libraries_stay_at_warning(
    restored_logging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """DEBUG is for our own loggers; the call may be repeated with another level."""
    configure_logging("ERROR")
    configure_logging("DEBUG")
    logging.getLogger("ingress.app").debug("seen", extra={"delivery": "d-1"})
    logging.getLogger("aiokafka.consumer").info("unseen")
    logging.getLogger("faust").warning("seen too")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.partition("logger=")[2] for line in captured.err.splitlines()] == [
        "ingress.app event=seen delivery=d-1",
        'faust event="seen too"',
    ]
