"""What is found of a person and what is left, in words and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from ops.forget.place import Place
from ops.views.output import table

_KINDS = {"table": "table", "state": "compacted", "log": "kept for a time"}


def places_table(places: list[Place], now: datetime) -> Table:
    """A line for each place that says something of them."""
    made = table("topic", "kind", "in force", "records", "gone by", right=("in force", "records"))
    for place in places:
        if place.records:
            held = str(place.held) if place.kind != "log" else ""
            made.add_row(place.topic, _KINDS[place.kind], held, str(place.records), _gone_by(place, now))
    return made


def _gone_by(place: Place, now: datetime) -> str:
    if place.kind != "log" and place.held:
        return "when forgotten"
    at = place.gone_by
    return "never" if at is None else f"{max(at, now):%Y-%m-%d}"


def in_words(places: list[Place], now: datetime) -> Iterator[str]:
    """The same without a table."""
    for place in places:
        if place.records:
            held = "" if place.kind == "log" else f"{place.held} in force, "
            yield f"{place.topic}: {held}{place.records} records, gone by {_gone_by(place, now)}"


def how_to_shorten(places: list[Place]) -> Iterator[str]:
    """The commands that make it sooner, a line each; nothing where nothing is left."""
    left = [place for place in places if place.records]
    if not left:
        return
    yield "To have Kafka delete sooner (of everybody's records, so what is replayed or consumed later is less):"
    for place in left:
        yield f"  {place.shorter}"


def document(places: list[Place]) -> list[Mapping[str, Any]]:
    """The same for programs."""
    return [
        {
            "topic": place.topic,
            "kind": place.kind,
            "held": place.held,
            "records": place.records,
            "newest_at": datetime.fromtimestamp(place.newest_ms / 1_000, UTC),
            "gone_by": place.gone_by,
            "offsets": {str(number): offset for number, offset in sorted(place.offsets.items())},
            "shorter": place.shorter,
        }
        for place in places
        if place.records
    ]
