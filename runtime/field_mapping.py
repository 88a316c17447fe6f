"""What `field_mapping` says: which source is written to which attribute of Brevo, as which type. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
        ConfigurationError: the first of `mapping_mistakes`.
    """
    for place, mistake in mapping_mistakes(mapping):
        raise ConfigurationError(f"field_mapping.{'.'.join(place)}: {mistake}")
    return tuple(_mapped(source, entry) for _, source, entry in _entries(mapping))


def mapping_mistakes(mapping: FieldMapping) -> Iterator[tuple[tuple[str, ...], str]]:
    """What cannot work: its path below `field_mapping`, and what to do.

    An identifier that is not meant, a type that the source cannot be written as, or `if_newer` for what is no date.
    """
    for place, source, entry in _entries(mapping):
        for key, mistake in (_wrong_identifier(entry), _wrong_type(source, entry), _wrong_overwrite(source, entry)):
            if mistake:
                yield (*place, key) if key else place, mistake
                break


def _entries(mapping: FieldMapping) -> Iterator[tuple[tuple[str, ...], str, MappedAttribute]]:
    """Path below `field_mapping`, source and entry of all that is mapped."""
    for source in _NATURAL:
        if (entry := getattr(mapping, source)) is not None:
            yield (source,), source, entry
    for question, entry in mapping.custom_questions.items():
        yield ("custom_questions", question), question_source(question), entry


_Mistake = tuple[str, str]
"""The key below the entry, empty for the entry itself; and what to do, empty if nothing is wrong."""
_RIGHT: _Mistake = ("", "")


def _wrong_identifier(entry: MappedAttribute) -> _Mistake:
    """What a person types may be another contact's identifier: it is not mapped to one by the way."""
    name = entry.attribute.upper()
    if name in IDENTIFIERS and not entry.identifier:
        return "", (
            f"{name} tells Brevo's contacts apart, and what a person types may be another contact's; "
            f"map to an ordinary attribute, or write {{attribute: {name}, identifier: true}}"
        )
    if entry.identifier and name not in IDENTIFIERS:
        return "identifier", f"is for {', '.join(sorted(IDENTIFIERS))} alone, not for {name}"
    return _RIGHT


def _wrong_type(source: str, entry: MappedAttribute) -> _Mistake:
    natural, written = _natural(source), _written(source, entry)
    if written in (natural, "text") or (natural, written) == ("float", "boolean"):
        return _RIGHT
    return "type", f"{source} is a {natural} and cannot be written as {written}; leave the type out, or choose text"


def _wrong_overwrite(source: str, entry: MappedAttribute) -> _Mistake:
    written = _written(source, entry)
    if entry.overwrite != "if_newer" or written == "date":
        return _RIGHT
    return "overwrite", (
        f"if_newer compares dates, but {source} is written as {written}; choose always, if_empty or never"
    )


def _natural(source: str) -> AttributeType:
    return _NATURAL.get(source, "text")


def _written(source: str, entry: MappedAttribute) -> AttributeType:
    return entry.type or _natural(source)


def _mapped(source: str, entry: MappedAttribute) -> MappedSource:
    return MappedSource(
        source=source,
        attribute=entry.attribute,
        type=_written(source, entry),
        overwrite=entry.overwrite or ("if_empty" if source in _OF_THE_PERSON else "always"),
        transform=_TRANSFORMS[entry.transform],
    )
