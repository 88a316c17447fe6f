"""Pages that operators read: status, deliveries, dead letters, what is in doubt. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from console.asking import ask, batches
from console.following import Following
from console.rendering import ACCOUNT, Pages
from console.views.health import is_silent, known, troubles
from readmodel.database import Database
from readmodel.queries.operations import (
    dead_letters,
    deliveries,
    freshness,
    in_doubt,
    progress,
    rejected,
    totals,
    workers,
)
from schemas.workers import WorkerStatus

_DAY = timedelta(days=1)


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

    def _troubles(self, now: datetime, seen: Sequence[WorkerStatus], counts: Any) -> Any:
        silent = [each.worker_id for each in seen if is_silent(each.at, now)]
        speaking = [each for each in seen if each.worker_id not in silent]
        return troubles(
            workers=len(seen),
            silent=silent,
            unready=[(each.worker_id, each.reasons) for each in speaking if not each.ready],
            parked=sorted({family for each in speaking for family in each.parked}),
            dead_letters=counts.dead_letters,
            in_doubt=counts.in_doubt,
            rejected=counts.rejected,
            quarantined=counts.quarantined,
            reader_trouble=self._following.trouble,
        )

    async def _deliveries(self, request: web.Request) -> web.StreamResponse:
        _for_operators(request)
        aside = request.query.get("quarantined") == "1"
        after, of = request.query.get("after") or None, request.query.get("of", "")[:64]
        part = await ask(
            self._database,
            lambda connection: deliveries(connection, object_id=of or None, quarantined=aside, after=after),
        )
        return self._pages.page(request, "deliveries.html", part=part, quarantined=aside, of=of, after=after)

    async def _dead_letters(self, request: web.Request) -> web.StreamResponse:
        _for_operators(request)
        after = request.query.get("after") or None
        part = await ask(self._database, lambda connection: dead_letters(connection, after=after))
        return self._pages.page(request, "dead_letters.html", part=part, after=after)

    async def _doubts(self, request: web.Request) -> web.StreamResponse:
        _for_operators(request)
        doubts, refused = await ask(self._database, lambda connection: (in_doubt(connection), rejected(connection)))
        return self._pages.page(request, "doubts.html", doubts=doubts, refused=refused)


def _for_operators(request: web.Request) -> None:
    if request[ACCOUNT].role != "operator":
        raise web.HTTPForbidden(text="This page is for operators; whoever keeps the password file can make you one.")
