"""What `field_mapping` says: which source is written to which attribute of Brevo, as which type. PURE."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from runtime.models import FieldMapping, MappedAttribute
from schemas.attendance import REGISTRANT_FIELDS
from schemas.brevo import AttributeType, Overwrite
from schemas.errors import ConfigurationError

IDENTIFIERS = frozenset({"SMS", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID"})
"""Attributes of which no two contacts of Brevo have the same value (help.brevo.com/hc/articles/208729849, checked
2026-11-27)."""

_NATURAL: dict[str, AttributeType] = {
    "name": "text",
    **dict.fromkeys(REGISTRANT_FIELDS, "text"),
    "join_time": "date",
    "duration": "float",
    "webinar_title": "text",
    "attendance_status": "text",
    "registration_source": "text",
    "engagement_score": "float",
    "engagement_tier": "text",
    "engagement_why": "text",
    "webinars_attended": "float",
    "meetings_attended": "float",
    "no_shows": "float",
}
"""What each source is; any of them can be written as text, and a number as boolean (not zero)."""

_OF_THE_PERSON = frozenset({"name", *REGISTRANT_FIELDS})
"""What people typed into a form once: by default it does not replace what Brevo holds of them."""

_TRANSFORMS: dict[str, Callable[[str], str]] = {
    "none": str,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "trim": str.strip,
}


class MappedSource(NamedTuple):
    """One attribute to write, and from what."""

    source: str
    attribute: str
    type: AttributeType
    overwrite: Overwrite
    transform: Callable[[str], str]

    def convert(self, value: str | int) -> str | int | None:
        """The value as the attribute's type wants it; ``None`` when nothing of it is left."""
        if self.type == "text":
            return self.transform(str(value)) or None
        return bool(value) if self.type == "boolean" else value


def question_source(question: str) -> str:
    """The source of `field_mapping` that a custom question of a registration is."""
    return f"custom_questions:{question}"


def mapped_sources(mapping: FieldMapping) -> tuple[MappedSource, ...]:
    """What of a contact is written where; a source without an attribute is left out.

    Raises:
        ConfigurationError: a type that the source cannot be written as, or `if_newer` for what is no date.
    """
    entries = ((source, getattr(mapping, source)) for source in _NATURAL)
    known = [_mapped(source, entry) for source, entry in entries if entry is not None]
    asked = [_mapped(question_source(question), entry) for question, entry in mapping.custom_questions.items()]
    return (*known, *asked)


def _identifier_is_meant(source: str, entry: MappedAttribute) -> None:
    """What a person types may be another contact's identifier: it is not mapped to one by the way."""
    name = entry.attribute.upper()
    if name in IDENTIFIERS and not entry.identifier:
        raise ConfigurationError(
            f"field_mapping.{source}: {name} tells Brevo's contacts apart, and what a person types may be another "
            f"contact's; map to an ordinary attribute, or write {{attribute: {name}, identifier: true}}"
        )
    if entry.identifier and name not in IDENTIFIERS:
        raise ConfigurationError(
            f"field_mapping.{source}.identifier: is for {', '.join(sorted(IDENTIFIERS))} alone, not for {name}"
        )


def _mapped(source: str, entry: MappedAttribute) -> MappedSource:
    _identifier_is_meant(source, entry)
    natural = _NATURAL.get(source, "text")
    written = entry.type or natural
    if written not in (natural, "text") and (natural, written) != ("float", "boolean"):
        raise ConfigurationError(
            f"field_mapping.{source}.type: {source} is a {natural} and cannot be written as {written}; "
            f"leave the type out, or choose text"
        )
    if entry.overwrite == "if_newer" and written != "date":
        raise ConfigurationError(
            f"field_mapping.{source}.overwrite: if_newer compares dates, but {source} is written as {written}; "
            f"choose always, if_empty or never"
        )
    return MappedSource(
        source=source,
        attribute=entry.attribute,
        type=written,
        overwrite=entry.overwrite or ("if_empty" if source in _OF_THE_PERSON else "always"),
        transform=_TRANSFORMS[entry.transform],
    )
