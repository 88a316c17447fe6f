"""Attributes by which Brevo tells contacts apart: two contacts cannot have the same value. PURE.

A value that another contact has is refused, or makes Brevo touch that other contact. So it is written only after Brevo
has said that nobody has it (developers.brevo.com/reference/createcontact, checked 2026-11-27).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import phonenumbers

IDENTIFIER_TYPES: Mapping[str, str] = {
    "SMS": "phone_id",
    "WHATSAPP": "whatsapp_id",
    "LANDLINE_NUMBER": "landline_number_id",
    "EXT_ID": "ext_id",
}
"""By attribute: how `GET /contacts/{identifier}?identifierType=` calls it."""
PHONES = frozenset({"SMS", "WHATSAPP", "LANDLINE_NUMBER"})
LONGEST_EXT_ID = 255


def normalised(name: str, value: object, region: str | None) -> str | None:
    """An identifier as Brevo keeps it; ``None``: it is none.

    Args:
        name: of the attribute.
        value: as a person typed it.
        region: of numbers without a country code, in two letters; without it they are none.

    >>> normalised("SMS", "+33 6 12 34 56 78", None), normalised("SMS", "06 12 34 56 78", "FR")
    ('33612345678', '33612345678')
    >>> normalised("SMS", "06 12 34 56 78", None), normalised("SMS", "n/a", "FR")
    (None, None)
    """
    text = str(value).strip()
    if name not in PHONES:
        return text if 0 < len(text) <= LONGEST_EXT_ID else None
    try:
        number = phonenumbers.parse(f"+{text[2:]}" if text.startswith("00") else text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def is_somebody_elses(owner: Mapping[str, Any] | None, email: str) -> bool:
    """Whether the contact that Brevo shows for an identifier (``None``: there is none) is another one than ours."""
    return owner is not None and str(owner.get("email")).lower() != email.lower()
