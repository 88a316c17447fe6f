"""Which attribute values may be sent: Brevo drops or refuses one of the wrong type, so it is checked before. PURE."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from processors.brevo.decisions.identifiers import IDENTIFIER_TYPES, normalised
from schemas.brevo import AttributeType, AttributeValue

AttributeContent = str | float | int | bool


def sendable(
    attributes: Mapping[str, AttributeValue], region: str | None = None
) -> tuple[dict[str, AttributeValue], tuple[str, ...]]:
    """What may be sent, by upper-case name as Brevo keeps them, and the names of what is left out.

    Phone numbers and other identifiers become what Brevo keeps (`identifiers.normalised`, with its `region`).

    `EMAIL` is never sent: a changed address takes a contact off the blocklist and subscribes it again
    (Brevo's note on updateContact, checked 2026-11-21).
    """
    good = {}
    for name, attribute in ((name.upper(), attribute) for name, attribute in attributes.items()):
        if name == "EMAIL" or not is_of_type(attribute):
            continue
        if name not in IDENTIFIER_TYPES:
            good[name] = attribute
        elif (value := normalised(name, attribute.value, region)) is not None:
            good[name] = replace(attribute, value=value)
    return good, tuple(sorted(name.upper() for name in attributes if name.upper() not in good))


def is_of_type(attribute: AttributeValue) -> bool:
    """Whether a value is what its type says; a date is ``YYYY-MM-DD``, a float is finite, a number is no boolean."""
    return fits(attribute.type, attribute.value)


def fits(kind: AttributeType, value: object) -> bool:
    """Whether a value that no command has yet would be of a type (`is_of_type`)."""
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case "date":
            return isinstance(value, str) and _is_date(value)
        case "text":
            return isinstance(value, str)


def is_same(left: object, right: object) -> bool:
    """Equal to Brevo: 47 and 47.0 are, 1 and true are not."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
