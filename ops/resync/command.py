"""The command `rollcall resync`: looks, tells, asks, and puts a request for each contact into Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer

from ops.audit import audit_entry
from ops.backfill.display import bar
from ops.failure import stopping
from ops.options import DryRun, Json, Reason, Yes, agreed
from ops.posting import Posting
from ops.resync import requests
from ops.resync.display import document, in_words
from ops.resync.kept import Kept
from ops.resync.plan import ResyncPlan, ResyncPlanner
from ops.resync.requests import PROGRESS_EVERY, reading, requested
from ops.resync.tables import kept_contacts
from ops.selection.contacts import contact_named
from ops.selection.finding import SessionsByWords, known_sessions
from ops.workplace import Workplace
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.engagement import ResyncContact
from schemas.topics import ENGAGEMENT_RESYNCS

_AGAIN = "Start it again with the same arguments: what was asked for already changes nothing."


@dataclass(frozen=True, slots=True)
class ResyncScope:
    """Whom it is about; without both: everybody."""

    session: str | None
    contact: str | None

    @classmethod
    def named(cls, *, session: str | None = None, contact: str | None = None) -> ResyncScope:
        """As a person names them.

        Raises:
            ConfigurationError: the contact is neither an address nor an id.
        """
        return cls(session, None if contact is None else contact_named(contact))

    async def found(self, connection: KafkaConnection) -> ResyncScope:
        """The same with the session by its uuid; of none that is told of, what was given.

        Raises:
            ConfigurationError: several sessions are meant, or the latest of none.
            RetryLaterError: Kafka does not answer.
        """
        if self.session is None:
            return self
        return replace(self, session=SessionsByWords(await known_sessions(connection)).uuid(self.session))

    @property
    def subject(self) -> str:
        """For the audit topic."""
        return self.session or self.contact or "all"

    def takes(self, kept: Kept) -> bool:
        """Whether a contact is meant."""
        return self.session is None or kept.was_in(self.session)


def resync(
    session: Annotated[
        str | None,
        typer.Option(help="Everybody with a result in this one: `latest`, a uuid, an id, or words of the topic."),
    ] = None,
    contact: Annotated[str | None, typer.Option(help="This one: a contact id, or an e-mail address.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Every contact that a fact was heard of.")] = False,
    dry_run: DryRun = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Compute commands to Brevo anew, from what is kept and today's configuration, after a cause was mended.

    Who has all that it shall have is left alone. Values, lists, contacts and events that Brevo refused are tried once
    more; an event that was sent is never sent again, and one in doubt is not touched (rollcall effects). Shows what
    would be done, asks, and puts a request for each contact into engagement.resyncs.v1: a worker with the new
    configuration does the rest, behind all live work, or once one runs. It may be stopped and repeated at any time.
    Noted in the audit topic. Exit code 1: nobody is meant, Kafka does not answer, or you said no.
    """
    configure_command_logging("ERROR")
    if sum((session is not None, contact is not None, everybody)) != 1:
        raise typer.BadParameter("give exactly one of --session, --contact, --all")
    scope = ResyncScope.named(session=session, contact=contact)
    with stopping(_AGAIN, as_json=as_json):
        done = asyncio.run(_resync(scope, reason, dry_run=dry_run, yes=yes, as_json=as_json))
    if not done:
        raise typer.Exit(FOUND_WRONG)


async def _resync(scope: ResyncScope, reason: str, *, dry_run: bool, yes: bool, as_json: bool) -> bool:
    """Whether it is done, or there was nothing to do."""
    place = Workplace.here(computes=True)
    scope = await scope.found(place.connection)
    with reading(place.console) as advance:
        plan = await planned(place, scope, advance)
    told: dict[str, Any] = document(plan)
    if not as_json:
        for line in in_words(plan):
            typer.echo(line)
    wanted = bool(plan.contacts) and not dry_run
    acts = wanted and agreed(f"Compute {len(plan.contacts)} contacts anew?", yes=yes)
    if acts:
        with bar(place.console, "requests") as tell:
            told["workers"] = await request(place, scope, plan, reason, lambda done: tell(done, len(plan.contacts)))
        if not as_json:
            typer.echo(outcome(len(plan.contacts), told["workers"]))
    if as_json:
        typer.echo(orjson.dumps({**told, "requested": len(plan.contacts) if acts else 0}).decode())
    if not plan.looked_at:
        typer.echo(f"nothing is kept of {'any contact' if scope.subject == 'all' else scope.subject}", err=True)
    return bool(plan.looked_at) and (acts or not wanted)


async def planned(
    place: Workplace, scope: ResyncScope, advance: Callable[[int], object] = lambda _: None
) -> ResyncPlan:
    """Whom it would concern now; `advance` is told of how many were looked at, now and then.

    Raises:
        ConfigurationError: there are no tables yet.
        RetryLaterError: Kafka does not answer.
    """
    plan, planner = ResyncPlan(), ResyncPlanner(place.configuration, datetime.now(UTC))
    async with aclosing(kept_contacts(place.connection, scope.contact)) as contacts:
        async for kept in contacts:
            if scope.takes(kept):
                plan.add(kept.contact_id, planner.need(kept))
                if plan.looked_at % PROGRESS_EVERY == 0:
                    advance(plan.looked_at)
    return plan


async def request(
    place: Workplace,
    scope: ResyncScope,
    plan: ResyncPlan,
    reason: str,
    advance: Callable[[int], object] = lambda _: None,
) -> int | None:
    """Put the requests into Kafka; returns how many workers there are, ``None``: Kafka does not tell."""

    async def put(to_kafka: Posting) -> None:
        at = datetime.now(UTC)
        asked = ((contact.encode(), ResyncContact(contact_id=contact, requested_at=at)) for contact in plan.contacts)
        await to_kafka.post(ENGAGEMENT_RESYNCS, asked, advance)

    figures = {"contacts": len(plan.contacts), "events": plan.events.total()}
    begun = audit_entry("resync.begin", scope.subject, figures, reason, place.operator)
    return await requested(place, begun, put)


def outcome(count: int, found: int | None) -> str:
    """What becomes of the requests, in a sentence; `found` as `request` gives it."""
    some = f"{found} running worker{'' if found == 1 else 's'} will do them" if found else "a worker does them"
    return requests.outcome(count, found, f"{some}, behind live work")
