"""Identifiers as Brevo keeps them."""

from __future__ import annotations

import pytest

from processors.brevo.decisions.identifiers import is_somebody_elses, normalised


@pytest.mark.parametrize(
    ("name", "typed", "region", "kept"),
    [
        ("SMS", "+44 7400 123456", None, "447400123456"),
        ("WHATSAPP", "0044 7400 123456", None, "447400123456"),
        ("LANDLINE_NUMBER", "020 7946 0958", "GB", "442079460958"),
        ("SMS", "07400 123456", None, None),
        ("SMS", "n/a", "GB", None),
        ("SMS", "123", "GB", None),
        ("SMS", "", None, None),
        ("EXT_ID", " 4821 ", None, "4821"),
        ("EXT_ID", "  ", None, None),
    ],
)
def test_normalised_is_what_brevo_keeps_or_nothing(name: str, typed: str, region: str | None, kept: str | None) -> None:
    """A number needs its country; what is none is left out."""
    assert normalised(name, typed, region) == kept


def test_owner_is_somebody_else_unless_it_is_the_same_address() -> None:
    """Addresses are compared without case."""
    assert not is_somebody_elses(None, "a@example.com")
    assert not is_somebody_elses({"email": "A@example.com"}, "a@example.com")
    assert is_somebody_elses({"email": "b@example.com"}, "a@example.com")
