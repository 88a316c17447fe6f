"""`field_mapping` at work: values by source become typed attributes by their name in Brevo. PURE."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from processors.engagement.contact import Values, question_source
from runtime.models import FieldMapping, MappedAttribute
from schemas.brevo import AttributeType, Overwrite
from schemas.errors import ConfigurationError

Attributes = dict[str, tuple[AttributeType, str | int, Overwrite]]
"""By attribute: the fields of a `schemas.brevo.AttributeValue`, which is built only for what is sent."""

_NATURAL: dict[str, AttributeType] = {
    "name": "text",
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


def mapped_sources(mapping: FieldMapping) -> tuple[MappedSource, ...]:
    """What of a contact is written where; a source without an attribute is left out.

    Raises:
        ConfigurationError: a type that the source cannot be written as, or `if_newer` for what is no date.
    """
    entries = ((source, getattr(mapping, source)) for source in _NATURAL)
    known = [_mapped(source, entry) for source, entry in entries if entry is not None]
    asked = [_mapped(question_source(question), entry) for question, entry in mapping.custom_questions.items()]
    return (*known, *asked)


def _mapped(source: str, entry: MappedAttribute) -> MappedSource:
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
        overwrite=entry.overwrite or ("if_empty" if source == "name" else "always"),
        transform=_TRANSFORMS[entry.transform],
    )


def attributes(values: Values, mapping: tuple[MappedSource, ...]) -> Attributes:
    """Attributes by name, in the mapping's order; a source without a value is left out."""
    return {
        each.attribute: (each.type, value, each.overwrite)
        for each in mapping
        if each.source in values and (value := each.convert(values[each.source])) is not None
    }
