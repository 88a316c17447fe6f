"""Attribute values are checked against their type before they are sent."""

from __future__ import annotations

import pytest

from processors.brevo.decisions.values import is_same, sendable
from schemas.brevo import AttributeType, AttributeValue


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("date", "2026-11-20", True),
        ("date", "20.11.2026", False),
        ("date", "2026-02-30", False),
        ("date", "20261120", False),
        ("date", "2026-11-20T17:00:00Z", False),
        ("float", 47, True),
        ("float", 47.5, True),
        ("float", float("nan"), False),
        ("float", float("inf"), False),
        ("float", True, False),
        ("float", "47", False),
        ("boolean", False, True),
        ("boolean", 0, False),
        ("boolean", "false", False),
        ("text", "", True),
        ("text", 47, False),
    ],
)
def test_sendable_value_goes_only_if_it_is_of_its_type(
    kind: AttributeType, value: str | float | bool, good: bool
) -> None:
    """Brevo drops what does not fit without a word: it is left out and named instead."""
    sent, left_out = sendable({"X": AttributeValue(type=kind, value=value)})
    assert (list(sent), left_out) == ((["X"], ()) if good else ([], ("X",)))


def test_sendable_never_has_the_address_and_names_are_upper_case() -> None:
    """A changed EMAIL resubscribes a blocklisted person; Brevo's names are upper-case."""
    text = AttributeValue(type="text", value="x")
    sent, left_out = sendable({"email": text, "FirstName": text})
    assert list(sent) == ["FIRSTNAME"]
    assert left_out == ("EMAIL",)


def test_is_same_numbers_by_value_booleans_apart() -> None:
    """47 and 47.0 are one number to Brevo; true is no 1."""
    assert is_same(47, 47.0)
    assert not is_same(1, True)
    assert not is_same(False, 0)
