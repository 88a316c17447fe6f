"""Pages that marketers read: sessions, one session, one contact."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aiohttp import web
from sqlalchemy import Connection

from console.asking import ask, batches
from console.downloads import ROWS_AT_A_TIME, csv_file
from console.rendering import Pages
from console.views import links
from console.views.bars import time_line
from console.views.curve import score_curve
from readmodel.database import Database
from readmodel.lines.sessions import PersonLine, SessionLine
from readmodel.parts import Part
from readmodel.queries.contacts import addresses, contact, find_contacts
from readmodel.queries.sessions import STATUSES, Order, not_synced, people, session, sessions, stays
from readmodel.stays import LineStays
from schemas.codec import normalise_email

T = TypeVar("T")
_STATES = ("scheduled", "running", "waiting", "final")
_LONGEST_QUESTION = 200
_MOST_IN_TIME_LINE = 1_000
_CSV_HEAD = ("contact_id", "email", "name", "status", "reason", "attended_seconds", "joins", "score", "brevo", "detail")


class PeoplePages:
    """Handlers; they ask the read model in a thread, and have no rules."""

    def __init__(self, database: Database, pages: Pages) -> None:
        self._database = database
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        """Whoever is signed in may see these."""
        return [
            web.get("/", self._home),
            web.post("/search", self._search),
            web.get("/sessions", self._sessions),
            web.get("/sessions/{session}", self._session),
            web.get("/sessions/{session}/people.csv", self._csv),
            web.get("/contacts/{contact}", self._contact),
        ]

    async def _home(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPSeeOther("/sessions")

    async def _search(self, request: web.Request) -> web.StreamResponse:
        """By POST, since an address in a URL would be in histories and in the logs of proxies."""
        asked = str((await request.post()).get("q", "")).strip()[:_LONGEST_QUESTION]
        found = await self._ask(lambda connection: find_contacts(connection, asked))
        if len(found) == 1:
            raise web.HTTPSeeOther(f"/contacts/{found[0].contact_id}")
        if found or "@" in asked:
            return self._pages.page(request, "contacts.html", contacts=found, is_address=bool(normalise_email(asked)))
        raise web.HTTPSeeOther("/sessions" + links.query(q=asked))

    async def _sessions(self, request: web.Request) -> web.StreamResponse:
        text = request.query.get("q", "")[:_LONGEST_QUESTION]
        state = request.query.get("state") if request.query.get("state") in _STATES else None
        after = request.query.get("after")

        def read(connection: Connection) -> tuple[int, Part[SessionLine]]:
            return batches(connection), sessions(connection, text=text, state=state, limit=50, after=after or None)

        live, part = await self._ask(read)
        return self._pages.page(
            request, "sessions.html", live=None if after else live, part=part, text=text, state=state or "",
            states=_STATES, after=after,
        )  # fmt: skip

    async def _session(self, request: web.Request) -> web.StreamResponse:
        show, order = request.query.get("show", ""), _order(request)
        after = request.query.get("after") or None

        def read(connection: Connection) -> tuple[SessionLine, Part[PersonLine], tuple[LineStays, ...], dict[str, str]]:
            one = _found(session(connection, _key(request)))
            seen = stays(connection, one.session, limit=_MOST_IN_TIME_LINE + 1)
            part = _people(connection, key=one.session, show=show, order=order, after=after, limit=100)
            return one, part, seen, addresses(connection, _differing(one))

        one, part, seen, who = await self._ask(read)
        return self._pages.page(
            request, "session.html", session=one, part=part, show=show, order=order, after=after, addresses=who,
            shows=(*STATUSES, "not_synced"), time_line=time_line(one, seen[:_MOST_IN_TIME_LINE]),
            seen=min(len(seen), _MOST_IN_TIME_LINE), is_cut=len(seen) > _MOST_IN_TIME_LINE,
        )  # fmt: skip

    async def _csv(self, request: web.Request) -> web.StreamResponse:
        """All people of the filter."""
        show, order = request.query.get("show", ""), _order(request)
        one = await self._ask(lambda connection: _found(session(connection, _key(request))))

        def part(after: str | None, connection: Connection) -> Part[PersonLine]:
            return _people(connection, key=one.session, show=show, order=order, after=after, limit=ROWS_AT_A_TIME)

        name = f"session-{links.session_word(one.session)}.csv"
        return await csv_file(request, self._database, name, _CSV_HEAD, part, _csv_row)

    async def _contact(self, request: web.Request) -> web.StreamResponse:
        wanted = request.match_info["contact"]
        try:
            found = await self._ask(lambda connection: contact(connection, wanted, limit=100))
        except ValueError:
            found = None
        whole = _found(found)
        curve = score_curve(whole.results, whole.standing) if whole.standing else None
        return self._pages.page(request, "contact.html", contact=whole, curve=curve)

    async def _ask(self, question: Callable[[Connection], T]) -> T:
        return await ask(self._database, question)


def _differing(one: SessionLine) -> set[str]:
    return {found.contact_id for found in one.reconciliation.differences} if one.reconciliation else set()


def _people(
    connection: Connection, *, key: int, show: str, order: Order, after: str | None, limit: int
) -> Part[PersonLine]:
    if show == "not_synced":
        return not_synced(connection, key, limit=limit, after=after)
    statuses = (show,) if show in STATUSES else STATUSES[:-1]
    return people(connection, key, statuses=statuses, order=order, limit=limit, after=after)


def _csv_row(one: PersonLine) -> tuple[object, ...]:
    return (
        one.contact_id, one.email, one.name, one.status, one.reason, one.attended_seconds, one.joins, one.score,
        one.sync, one.sync_detail,
    )  # fmt: skip


def _order(request: web.Request) -> Order:
    return "score" if request.query.get("order") == "score" else "time"


def _key(request: web.Request) -> int:
    return _found(links.session_key(request.match_info["session"]))


def _found(value: T | None) -> T:
    if value is None:
        raise web.HTTPNotFound
    return value
