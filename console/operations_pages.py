"""Pages that operators read: status, deliveries, dead letters, what is in doubt. What they do: `acts_pages`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from console.asking import ask, batches
from console.following import Following
from console.protection import for_operators
from console.rendering import Pages
from readmodel.database import Database
from readmodel.health import Trouble, TroubleSubject, known, troubles
from readmodel.lines.operations import TopicProgress, Totals
from readmodel.queries.contacts import addresses
from readmodel.queries.operations import (
    dead_letters,
    deliveries,
    freshness,
    in_doubt,
    progress,
    rejected,
    setups,
    totals,
    workers,
)
from readmodel.queries.sessions import sessions
from schemas.letters import LETTER_STATES
from schemas.setup import SETUP_COMMANDS, SetupReport
from schemas.workers import WorkerStatus

_DAY = timedelta(days=1)
_LINKS: Mapping[TroubleSubject, str] = {"in_doubt": "/doubts", "rejected": "/doubts", "dead_letters": "/dead-letters"}


class OperationsPages:
    """Handlers; they ask the read model in a thread, and have no rules."""

    def __init__(self, database: Database, pages: Pages, following: Following) -> None:
        self._database = database
        self._pages = pages
        self._following = following

    def routes(self) -> list[web.RouteDef]:
        """Readers see the status alone: the other pages tell of machinery."""
        return [
            web.get("/status", self._status),
            web.get("/deliveries", self._deliveries),
            web.get("/dead-letters", self._dead_letters),
            web.get("/doubts", self._doubts),
            web.get("/setup", self._setup),
        ]

    async def _status(self, request: web.Request) -> web.StreamResponse:
        now = datetime.now(UTC)

        def read(connection: Connection) -> dict[str, Any]:
            return {
                "live": batches(connection),
                "workers": known(workers(connection), now),
                "totals": totals(connection, since=now - _DAY),
                "freshness": freshness(connection, now),
                "progress": progress(connection),
            }

        values = await ask(self._database, read)
        return self._pages.page(
            request, "status.html", now=now, troubles=self._troubles(now, values["workers"], values["totals"]), **values
        )

    def _troubles(self, now: datetime, seen: Sequence[WorkerStatus], counts: Totals) -> list[tuple[Trouble, str]]:
        """Each with where to look; empty: nowhere here."""
        reader = self._following.trouble
        stale = f"This page is not up to date: {reader}" if reader else None
        return [(trouble, _LINKS.get(trouble.subject, "")) for trouble in troubles(now, seen, counts, stale)]

    async def _deliveries(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)
        aside = request.query.get("quarantined") == "1"
        after, of = request.query.get("after") or None, request.query.get("of", "")[:64]
        part = await ask(
            self._database,
            lambda connection: deliveries(connection, object_id=of or None, quarantined=aside, after=after),
        )
        return self._pages.page(request, "deliveries.html", part=part, quarantined=aside, of=of, after=after)

    async def _dead_letters(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)
        after = request.query.get("after") or None
        state = next((allowed for allowed in LETTER_STATES if allowed == request.query.get("state")), None)
        part = await ask(self._database, lambda connection: dead_letters(connection, state=state, after=after))
        return self._pages.page(
            request, "dead_letters.html", part=part, after=after, state=state or "", states=LETTER_STATES
        )

    async def _doubts(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)

        def read(connection: Connection) -> dict[str, Any]:
            doubts, refused = in_doubt(connection), rejected(connection)
            who = addresses(connection, {line.contact_id for line in (*doubts, *refused)})
            return {"doubts": doubts, "refused": refused, "addresses": who}

        return self._pages.page(request, "doubts.html", **await ask(self._database, read))

    async def _setup(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)

        def read(connection: Connection) -> tuple[Sequence[SetupReport], Sequence[TopicProgress], bool]:
            return setups(connection), progress(connection), bool(sessions(connection, limit=1).items)

        reports, topics, has_sessions = await ask(self._database, read)
        return self._pages.page(
            request, "setup.html", reports={report.command: report for report in reports}, commands=SETUP_COMMANDS,
            has_topics=bool(topics), has_sessions=has_sessions, now=datetime.now(UTC),
        )  # fmt: skip
