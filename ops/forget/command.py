"""The command `rollcall forget`: shows where a person is, asks, has them forgotten, and proves it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ops.audit import audit_entry
from ops.backfill.display import bar
from ops.failure import stopping
from ops.forget.display import document, how_to_shorten, places_table
from ops.forget.elsewhere import delete_at_brevo, read_model_rows, read_model_url
from ops.forget.order import carried_out, empty_states, order_for, send
from ops.forget.person import DataSubject
from ops.forget.place import Place, in_force
from ops.forget.scan import Mentions, look_through
from ops.options import DryRun, Json, Reason, Yes, agreed
from ops.resync.workers import workers
from ops.views.output import terminal, write_json, write_lines
from ops.workplace import Workplace
from runtime.exits import FOUND_WRONG
from runtime.logs import configure_command_logging
from runtime.states import read_states
from schemas.errors import ConfigurationError
from schemas.topics import ATTENDANCE_SESSIONS, ENGAGEMENT_CANDIDATES, ENGAGEMENT_SCORES, ERASURES, LETTERS

Who = Annotated[str, typer.Argument(help="An e-mail address, or a contact id.", show_default=False)]
_WAITS = (
    "The order is in ops.erasures.v1, and no worker has carried it out yet: the next one does. Then run this command "
    "again: it proves what is gone."
)
_AGAIN = "Start it again with the same arguments: what is forgotten already stays so."


@dataclass(slots=True)
class ErasureOutcome:
    """What a command found and did."""

    places: list[Place]
    read_model: int | None
    """Rows; ``None``: this machine has no read model."""
    mark: str = ""
    removed: dict[str, int] = field(default_factory=dict)
    """By table or topic; empty while nothing was."""
    waits: bool = False
    """The order is given, and no worker has carried it out yet."""
    brevo: str = "left"

    @property
    def is_clean(self) -> bool:
        """Nothing that is kept in force says anything of them."""
        return not any(in_force(self.places)) and not self.read_model


def forget(
    who: Who,
    brevo: Annotated[bool, typer.Option("--brevo", help="Delete the contact at Brevo as well.")] = False,
    dry_run: DryRun = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Forget a person: every table, compacted topic and the read model; then prove it.

    Looks through all topics first and shows what holds the address or the contact id, and until when. Then asks, and
    puts an order into ops.erasures.v1 that names nobody: the workers remove the person from their tables, from what
    waits for Zoom and Brevo, and take in nothing of before again, whatever is replayed or looked up later. What is
    kept is one salted hash. Who registers anew afterwards: brevo.erased. The counts of sessions stay.

    At the end everything is looked through once more: what is left is in topics that Kafka deletes from, with the day
    by which it is gone, and how to make that sooner. With --dry-run it only looks, before or after. --reason is
    required to act; it is noted in the audit topic without the person. Exit code 1: something is left in force, no
    worker carries it out, or you said no.
    """
    configure_command_logging("ERROR")
    person = DataSubject.named(who)
    if not dry_run and not reason.strip():
        raise ConfigurationError("--reason: say why, for the audit topic, such as the number of the request")
    with stopping(_AGAIN, as_json=as_json):
        outcome = asyncio.run(_forget(person, reason, brevo=brevo, dry_run=dry_run, yes=yes, as_json=as_json))
    _show(outcome, dry_run=dry_run, as_json=as_json)
    if not dry_run and (not outcome.mark or outcome.waits or not outcome.is_clean):
        raise typer.Exit(FOUND_WRONG)


async def _forget(
    person: DataSubject, reason: str, *, brevo: bool, dry_run: bool, yes: bool, as_json: bool
) -> ErasureOutcome:
    where = Workplace.here()
    found = await look(where, person)
    outcome = ErasureOutcome(found.places, await in_read_model(where, person))
    if dry_run:
        return outcome
    if not as_json:
        _show_places(outcome)
    email = person.address_in(found.held.values())
    if brevo and email is None:
        raise ConfigurationError("--brevo: no address is known of this contact id; give the address instead")
    also = " and delete them at Brevo" if brevo else ""
    await check_states(where)
    if not agreed(f"Forget this person{also}? It cannot be undone.", yes=yes):
        return outcome
    order = ErasureOrder(person, email if brevo else None, reason)
    await carry_out(where, order, outcome)
    return outcome


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """Whom to forget, and why."""

    person: DataSubject
    email_at_brevo: str | None
    """Whose contact is deleted there; ``None``: nobody's."""
    reason: str


async def check_states(where: Workplace) -> None:
    """Refuse where somebody would be left.

    Raises:
        ConfigurationError: there is a state of the tables beside the live one.
        RetryLaterError: Kafka does not answer.
    """
    if beside := (await read_states(where.connection)).beside:
        raise ConfigurationError(
            f"{', '.join(beside)}: states of the tables beside the live one hold people, too, and no worker takes "
            f"anybody out of them; drop them first (rollcall rebuild drop {beside[0]})"
        )


async def carry_out(where: Workplace, order: ErasureOrder, outcome: ErasureOutcome) -> None:
    """Have the workers forget the person, empty what is kept in force, and look at everything once more.

    Raises:
        RetryLaterError: Kafka, Brevo or the read model does not answer; do it again.
    """
    person, email_at_brevo, connection = order.person, order.email_at_brevo, where.connection
    erasure = await order_for(connection, person)
    outcome.mark = erasure.mark
    states = (ATTENDANCE_SESSIONS, ENGAGEMENT_SCORES, ENGAGEMENT_CANDIDATES, LETTERS)
    async with where.posting(ERASURES, *states) as to_kafka:
        await to_kafka.note(
            audit_entry(
                "forget.begin", erasure.mark, {"brevo": str(email_at_brevo is not None)}, order.reason, where.operator
            )
        )
        partitions = await send(to_kafka, erasure)
        if await workers(connection) == 0:
            outcome.waits = True
            return
        with bar(where.console, "agents") as tell:
            removed = await carried_out(connection, erasure, partitions, tell)
        if removed is None:
            outcome.waits = True
            return
        left = await look(where, person)
        outcome.removed = {**removed, **await empty_states(to_kafka, person, left)}
        if email_at_brevo is not None:
            outcome.brevo = "deleted" if await delete_at_brevo(email_at_brevo) else "had no such contact"
        outcome.read_model = await in_read_model(where, person)
        details: dict[str, str | int] = {**outcome.removed, "brevo": outcome.brevo}
        await to_kafka.note(audit_entry("forget", erasure.mark, details, order.reason, where.operator))
        outcome.places = (await look(where, person)).places


async def look(where: Workplace, person: DataSubject) -> Mentions:
    """Where anything says something of the person, in every topic and changelog, of tables beside the live ones too.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    with where.console.status("looking through the topics …") as shown:
        return await look_through(
            where.connection,
            person,
            lambda count: shown.update(f"looking through the topics … {count:,} records"),
        )


async def in_read_model(where: Workplace, person: DataSubject) -> int | None:
    """Rows about the person in the read model of this machine; ``None``: there is none."""
    url = read_model_url(where.environment)
    return None if url is None else await read_model_rows(where.connection, url, person.contact_id)


def _show(outcome: ErasureOutcome, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        write_json(_document(outcome))
        return
    console = terminal()
    if outcome.waits:
        write_lines(console, [_WAITS])
        return
    if outcome.removed:
        for place, count in sorted(outcome.removed.items()):
            console.print(f"removed  {place}: {count}")
        console.print(f"Brevo: {outcome.brevo}")
    if dry_run or outcome.removed:
        _show_places(outcome)
        if outcome.is_clean:
            write_lines(console, how_to_shorten(outcome.places))


def _show_places(outcome: ErasureOutcome) -> None:
    console = terminal()
    if any(place.records for place in outcome.places):
        console.print(places_table(outcome.places, datetime.now(UTC)))
    else:
        console.print("no topic and no table says anything of this person")
    if outcome.read_model is not None:
        console.print(f"read model: {outcome.read_model} rows")


def _document(outcome: ErasureOutcome) -> dict[str, Any]:
    return {
        "mark": outcome.mark or None,
        "removed": outcome.removed,
        "waits": outcome.waits,
        "brevo": outcome.brevo,
        "read_model": outcome.read_model,
        "left_in_force": [place.topic for place in in_force(outcome.places)],
        "places": document(outcome.places),
    }
