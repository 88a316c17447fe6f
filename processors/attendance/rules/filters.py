"""Which sessions are synced at all, by topic, host, type and tracking field, and which rule says so. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runtime.models import Filters, PatternFilter
from schemas.attendance import ObjectType


@dataclass(frozen=True, slots=True)
class Described:
    """A session as the filters see it."""

    object_type: ObjectType
    zoom_type: int | None
    topic: str
    host_id: str
    host_email: str | None
    tracking_fields: Mapping[str, str]
    """Name to value, as Zoom answers them."""


@dataclass(frozen=True, slots=True)
class FilterVerdict:
    """Whether a session is wanted, and the rule that decided."""

    wanted: bool
    rule: str


def judge(filters: Filters, session: Described) -> FilterVerdict:
    """Ask the filters in the order of the file; the first that refuses decides."""
    for name, patterns, values in (
        ("filters.topics", filters.topics, [session.topic]),
        ("filters.hosts", filters.hosts, [owner for owner in (session.host_id, session.host_email) if owner]),
    ):
        if (rule := _refused(name, patterns, values)) is not None:
            return FilterVerdict(wanted=False, rule=rule)
    if filters.types and session.zoom_type not in filters.types:
        return FilterVerdict(wanted=False, rule=f"filters.types: {session.zoom_type} is not in {list(filters.types)}")
    for field, allowed in filters.tracking_fields.items():
        value = session.tracking_fields.get(field, "")
        if not _match(value, allowed):
            return FilterVerdict(wanted=False, rule=f"filters.tracking_fields.{field}: no pattern matches `{value}`")
    return FilterVerdict(wanted=True, rule="no filter refuses it")


def _refused(name: str, patterns: PatternFilter, values: list[str]) -> str | None:
    for value in values:
        if (pattern := _match(value, patterns.deny)) is not None:
            return f"{name}.deny: `{pattern}` matches `{value}`"
    if patterns.allow and not any(_match(value, patterns.allow) for value in values):
        return f"{name}.allow: no pattern matches {' or '.join(f'`{value}`' for value in values) or 'nothing'}"
    return None


def _match(value: str, patterns: tuple[str, ...]) -> str | None:
    """The first shell pattern that matches, compared without case."""
    return next((pattern for pattern in patterns if fnmatchcase(value.casefold(), pattern.casefold())), None)
