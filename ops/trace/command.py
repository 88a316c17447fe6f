"""`rollcall trace`: what happened to a contact, in a session, or after a delivery, step by step in order of time."""

from __future__ import annotations

import asyncio
import heapq
import os
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.failure import found_wrong
from ops.options import Json
from ops.selection.contacts import contact_named
from ops.selection.expression import topic_named
from ops.selection.finding import SessionsByWords, key_of, newest_summaries
from ops.selection.times import instant
from ops.trace.describe import TraceStep, step_of
from ops.trace.reading import ReadingProgress, Topics, reading
from ops.trace.trail import TracedRecord, Trail, subject_of, topics_of
from ops.views import words
from ops.views.output import Csv, Mask, OutputRow, one_form, table, terminal, write_csv, write_json
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.codec import SHORTEST_BEGINNING, normalise_email
from schemas.errors import ConfigurationError
from schemas.topics import (
    ATTENDANCE_RESULTS,
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    LETTERS,
    QUARANTINE,
    RAW_EVENTS,
)

_COLUMNS = (
    "stored_at", "happened_at", "kind", "what", "email", "contact_id", "topic", "partition", "offset", "event_id",
)  # fmt: skip
_SHOWN = 2_000
_WHAT = "what, about whom, and where it lies"
_PLACE = re.compile(r"([A-Za-z0-9._-]+)[:/](\d{1,6})[:/](\d{1,18})")
Since = Annotated[str | None, typer.Option(help="Stored from then on: 7d (so long ago), 10:00 or 2026-11-20, in UTC.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many steps, the latest of them.")]
Build = Callable[[Topics, ReadingProgress], Coroutine[Any, Any, Trail | None]]
"""Makes the trail; ``None``: there is nothing that it could begin with."""
_EPILOG = """\b
Examples:
  rollcall trace contact ana.ferreira@example.com
  rollcall trace session latest --csv > trace.csv
  rollcall trace delivery raw:3:120
"""


def register(app: typer.Typer) -> None:
    """Add the group `trace`."""
    group = typer.Typer(
        help="Show every event, decision, look-up, command and call of a contact, a session or a delivery.",
        no_args_is_help=True,
        epilog=_EPILOG,
    )
    group.command("contact", epilog="Example:  rollcall trace contact ana.ferreira@example.com")(contact)
    group.command("session", epilog="Example:  rollcall trace session latest --since 2h")(session)
    group.command("delivery", epilog="Example:  rollcall trace delivery zoom.events.raw.v1/3/120")(delivery)
    app.add_typer(group, name="trace")


def contact(
    who: Annotated[str, typer.Argument(help="An e-mail address or a contact id.")],
    since: Since = None,
    limit: Limit = _SHOWN,
    as_json: Json = False,
    as_csv: Csv = False,
    mask: Mask = False,
) -> None:
    """Trace one person: webhooks, look-ups that name them, results, scores, commands, what Brevo answered and told.

    Webhooks that name them by their registration alone are found, too. Exit code 1: nothing is known of them.
    """

    async def build(topics: Topics, heard: ReadingProgress) -> Trail:
        return await _of_contact(contact_named(who), normalise_email(who), topics, heard)

    _trace(build, TraceForm(since, limit, as_json, as_csv, mask), none="nothing in Kafka leads to this contact")


async def _of_contact(who: str, email: str | None, topics: Topics, heard: ReadingProgress) -> Trail:
    """The trail of a person; what is learned of them from the results is what the rest is recognised by."""
    trail = Trail(contact=who, email=email)
    async for seen in topics.read([(ATTENDANCE_RESULTS, who.encode())], None, heard):
        trail.holds(seen)
    return trail


def session(
    which: Annotated[str, typer.Argument(help="`latest`, a uuid or its beginning, an id, or words of the topic.")],
    since: Since = None,
    limit: Limit = _SHOWN,
    as_json: Json = False,
    as_csv: Csv = False,
    mask: Mask = False,
) -> None:
    """Trace one session: its webhooks, registrations, look-ups, results of everybody, commands and calls.

    Exit code 1: nothing of it is in Kafka any more.
    """

    async def build(_topics: Topics, _heard: ReadingProgress) -> Trail:
        summaries = await newest_summaries(_kafka())
        return Trail(session=SessionsByWords(summaries).session(which))

    _trace(build, TraceForm(since, limit, as_json, as_csv, mask), none="nothing of this session is in Kafka any more")


def delivery(
    which: Annotated[
        str,
        typer.Argument(
            help="TOPIC:PARTITION:OFFSET (raw:3:120), or Zoom's request id, an event's id, a dedupe key or a command's "
            f"id, or the first {SHORTEST_BEGINNING} characters or more."
        ),
    ],
    limit: Limit = _SHOWN,
    as_json: Json = False,
    as_csv: Csv = False,
    mask: Mask = False,
) -> None:
    """Trace one delivery: itself, its repeats and letters, and what followed for its person in its session.

    Exit code 1: no such delivery is in Kafka any more.
    """

    async def build(topics: Topics, heard: ReadingProgress) -> Trail | None:
        found = await _delivery(topics, which, heard)
        if found is None:
            return None
        # First and alone: of topics that are read in one pass nobody knows which comes before which.
        contact_of: dict[str, str] = {}
        async for seen in topics.read([(ATTENDANCE_RESULTS, None)], None, heard):
            content = seen.content()
            identity = content.get("identity") or {}
            registrant = content.get("registrant_id") or identity.get("registrant_id")
            if registrant:
                contact_of[registrant] = content["contact_id"]
        sessions = [key_of(summary) for summary in await newest_summaries(_kafka())]
        trail = subject_of(found, contact_of, sessions)
        if trail.contact is not None:
            person = await _of_contact(trail.contact, None, topics, heard)
            trail.email, trail.registrants = person.email, person.registrants
        return trail

    _trace(build, TraceForm(None, limit, as_json, as_csv, mask), none=f"no delivery is called {which}")


@dataclass(frozen=True, slots=True)
class TraceForm:
    """What of a trace is wanted, and how it is shown."""

    since: str | None
    limit: int
    as_json: bool
    as_csv: bool
    mask: bool


@dataclass(slots=True)
class Latest:
    """The latest steps, as many as are wanted; what is older is counted alone."""

    limit: int
    left_out: int = 0
    _kept: list[tuple[datetime, str, int, int, TraceStep]] = field(default_factory=list)

    def add(self, step: TraceStep) -> None:
        """Keep it, if it is among the latest."""
        entry = (step.stored_at, step.topic, step.partition, step.offset, step)
        if len(self._kept) < self.limit:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)
            self.left_out += 1

    def in_order(self) -> list[TraceStep]:
        """By the time at which Kafka took them."""
        return [entry[-1] for entry in sorted(self._kept, key=lambda entry: entry[:-1])]


def _kafka() -> KafkaConnection:
    return KafkaConnection.from_environment(os.environ)


def _trace(build: Build, form: TraceForm, *, none: str) -> None:
    one_form(as_json=form.as_json, as_csv=form.as_csv)
    configure_command_logging("ERROR")
    since = instant(form.since, datetime.now(UTC), UTC) if form.since else None
    with _progress() as heard:
        found = asyncio.run(_found(build, since, form.limit, heard))
    steps = found.in_order()
    if not steps:
        raise found_wrong(f"{none}; topics keep what docs/reference/topics.md says", as_json=form.as_json)
    if form.as_csv:
        write_csv((row(step, mask=form.mask) for step in steps), _COLUMNS)
    elif form.as_json:
        write_json({"steps": [row(step, mask=form.mask) for step in steps], "left_out": found.left_out})
    else:
        _show(steps, found.left_out, mask=form.mask)


@contextmanager
def _progress() -> Iterator[ReadingProgress]:
    """On stderr, and on a terminal alone; what is quick shows nothing."""
    with Console(stderr=True).status("reading the topics …") as shown:
        yield lambda read, total: shown.update(f"reading the topics … {read:,} of {total:,} records")


async def _found(build: Build, since: datetime | None, limit: int, heard: ReadingProgress) -> Latest:
    latest = Latest(limit)
    async with reading(_kafka()) as topics:
        if (trail := await build(topics, heard)) is None:
            return latest
        places = list(topics_of(trail))
        # Letters are known by the dead letters that they are about, so they come behind these.
        for part in ([place for place in places if place[0] != LETTERS], [(LETTERS, None)]):
            async for seen in topics.read(part, since or trail.since, heard):
                if trail.holds(seen):
                    latest.add(step_of(seen))
    return latest


async def _delivery(topics: Topics, which: str, heard: ReadingProgress) -> TracedRecord | None:
    if place := _PLACE.fullmatch(which):
        return await topics.one(topic_named(place[1]), int(place[2]), int(place[3]))
    if len(which) < SHORTEST_BEGINNING:
        raise ConfigurationError(f"{which} is too short: write {SHORTEST_BEGINNING} characters or more, or a place")
    found: dict[str, TracedRecord] = {}
    named = (RAW_EVENTS, RAW_EVENTS.dead_letter, QUARANTINE, BREVO_COMMANDS, BREVO_COMMANDS_BULK)
    async for seen in topics.read([(topic, None) for topic in named], None, heard):
        if seen.is_called(which):
            before = found.get(seen.fact)
            found[seen.fact] = seen if before is None or seen.stored_at < before.stored_at else before
    if len(found) > 1:
        places = ", ".join(sorted(record.source for record in found.values())[:5])
        raise ConfigurationError(f"{which} begins the ids of {len(found)} deliveries; write more, or one of {places}")
    return next(iter(found.values()), None)


def row(step: TraceStep, *, mask: bool) -> OutputRow:
    """A step for programs and spreadsheets."""
    return {name: getattr(step, name) for name in _COLUMNS} | ({"email": None} if mask else {})


def _show(steps: Sequence[TraceStep], left_out: int, *, mask: bool) -> None:
    made = table("stored (UTC)", "kind", _WHAT, wraps=(_WHAT,))
    several = len({step.contact_id for step in steps if step.contact_id}) > 1
    for step in steps:
        who = words.shown_email(step.email, step.contact_id, mask=mask) if several and step.contact_id else ""
        what = "\n".join(part for part in (step.what, who, step.source) if part)
        made.add_row(f"{step.stored_at:%Y-%m-%d}\n{step.stored_at:%H:%M:%S.%f}"[:-3], step.kind, what)
    console = terminal()
    if left_out:
        console.print(f"{left_out} earlier steps are left out: --since or --limit")
    console.print(made)
