"""Text from outside in a log: what is hidden, what is cut, and that nothing costs more than its length."""

from __future__ import annotations

import string
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.foreign_text import FIELD_CHARACTERS, cut, describe, redact
from runtime.lenient_json import parse_json
from schemas.errors import DeadLetterError
from schemas.redaction import without_secret_parameters

LONG = 262_144
PIECES = [
    "@",
    "%40",
    "a",
    "A1",
    ".",
    "-",
    "_",
    "%",
    " ",
    "eyJ",
    "eyJaaaaaaaa.",
    "bearer ",
    "Basic\t",
    "xkeysib-",
    "é",
    '"',
]


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


def is_within(limit: float, call: Callable[[Any], object], text: object) -> bool:
    """Whether a call takes less processor time than that (seconds); or the second one, since others use the machine."""

    def seconds() -> float:
        began = time.process_time()
        call(text)
        return time.process_time() - began

    return any(seconds() < limit for _ in range(2))


@pytest.mark.parametrize("character", [*string.printable, "é", "\u2028", "\x00", "\ud800"])
def test_redact_takes_time_in_proportion_to_any_one_character(character: str) -> None:
    """One request of 60 KB of one letter once held the event loop for 13 s."""
    assert is_within(0.05, redact, character * LONG)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), st.sampled_from(PIECES))
def test_redact_takes_time_in_proportion_to_any_mixture(period: str, end: str) -> None:
    """Repeated halves of what is looked for are the worst that a pattern can get."""
    assert is_within(0.15, redact, period * (LONG // len(period)) + end)


PARAMETERS = ["?", "&", "#", ";", "=", "%", "%3F", "%26", "%3D", "pwd", "pwd=", "a", ".", " ", "https://"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PARAMETERS), min_size=1, max_size=6).map("".join))
def test_without_secret_parameters_takes_time_in_proportion_to_any_mixture(period: str) -> None:
    """Every text of a signed body is searched for URLs."""
    assert is_within(1, without_secret_parameters, period * (LONG // len(period)))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([b"[", b"{", b'{"a":', b"0", b'"', b"\xff", b"-", b"1e", b"\\", b'"\\ud800', b"[0,", b" "]))
def test_parse_json_takes_time_in_proportion_to_any_body(period: bytes) -> None:
    """Whatever is signed; what is no JSON is a `ValueError`, and nothing else."""

    def parse(body: bytes) -> None:
        try:
            parse_json(body)
        except ValueError:
            return

    assert is_within(0.25, parse, period * (LONG // len(period)))


def test_cut_tells_how_much_is_gone_and_leaves_no_half_of_an_address() -> None:
    """A cut inside an address would hide the part that shows that it is one."""
    text = "x " * (FIELD_CHARACTERS // 2 - 4) + "maya.okafor@example.com"
    assert cut("short") == "short"
    assert "maya" not in cut(text)
    assert cut(text).endswith(" (23 more characters)")


def test_describe_shows_causes_and_the_text_of_our_own_errors_alone() -> None:
    """Ours hold no values by rule; Python's quote them."""
    try:
        try:
            dict[str, str]().pop("Maya Okafor")
        except KeyError as error:
            raise DeadLetterError("object.id is missing") from error
    except DeadLetterError as error:
        shown = describe(error)
    assert "KeyError\nafter which:\n" in shown
    assert shown.endswith("DeadLetterError: object.id is missing")
