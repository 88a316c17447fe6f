"""Whom a mail may begin with: rather nobody than a device, a title or a family name."""

from __future__ import annotations

import pytest

from processors.attendance.rules.names import first_name


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("  Zoë   Müller ", "Zoë"),
        ("Dr.Marta Lindqvist", "Marta"),
        ("Prof.Dr. Marta Lindqvist", "Marta"),
        ("MEYER, Dr. Jonas", "Jonas"),
        ("Meyer, J.", None),
        ("Meyer, MBA", None),
        ("Meyer,", "Meyer"),
        ("A.J. Meyer", "A.J"),
        ("Otter.ai", None),
        ("Jean-Luc Picard", "Jean-Luc"),
        ("\u202eAna\u202c Lee", "Ana"),
        ("🎧 Ola", "Ola"),
        ("iPhone von Anna", None),
    ],
)
def test_first_name_is_the_first_word_that_is_one(shown: str, name: str | None) -> None:
    """Of "Last, First" only what follows the comma counts."""
    assert first_name(shown) == name
