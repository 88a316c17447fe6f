"""The page on which marketers see who would change tier by another score model."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from console.asking import ask, batches
from console.downloads import ROWS_AT_A_TIME, csv_file
from console.rendering import Pages
from console.views.histogram import pairs
from readmodel.database import Database
from readmodel.lines.candidates import MoverLine
from readmodel.parts import Part
from readmodel.queries.candidates import TIERS, candidate_models, comparison, movers

_CSV_HEAD = ("contact_id", "email", "name", "live_score", "live_tier", "score", "tier", "reference_date")


class ScorePages:
    """Handlers; they ask the read model in a thread, and have no rules."""

    def __init__(self, database: Database, pages: Pages) -> None:
        self._database = database
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        """Whoever is signed in may see these."""
        return [web.get("/scores", self._show), web.get("/scores/movers.csv", self._csv)]

    async def _show(self, request: web.Request) -> web.StreamResponse:
        wanted, to, after = request.query.get("model"), _to(request), request.query.get("after") or None

        def read(connection: Connection) -> dict[str, Any]:
            live, models = batches(connection), candidate_models(connection)
            model = wanted if wanted in models else next(iter(models), None)
            if model is None:
                return {"live": live, "models": (), "found": None, "part": None, "pairs": ()}
            found, part = comparison(connection, model), movers(connection, model, to=to, limit=100, after=after)
            return {"live": None if after else live, "models": models, "found": found, "part": part,
                    "pairs": pairs(found)}  # fmt: skip

        values = await ask(self._database, read)
        return self._pages.page(request, "scores.html", tiers=TIERS, to=to or "", after=after, **values)

    async def _csv(self, request: web.Request) -> web.StreamResponse:
        """Everybody who would change tier."""
        model, to = request.query.get("model", ""), _to(request)
        if model not in await ask(self._database, candidate_models):
            raise web.HTTPNotFound

        def part(after: str | None, connection: Connection) -> Part[MoverLine]:
            return movers(connection, model, to=to, limit=ROWS_AT_A_TIME, after=after)

        return await csv_file(request, self._database, "movers.csv", _CSV_HEAD, part, _csv_row)


def _csv_row(line: MoverLine) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in _CSV_HEAD)


def _to(request: web.Request) -> str | None:
    return request.query.get("to") if request.query.get("to") in TIERS else None
