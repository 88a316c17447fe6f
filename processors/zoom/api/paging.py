"""Reads a list of Zoom's REST API to its end, each row once."""

from __future__ import annotations

from dataclasses import replace

from processors.zoom.api.endpoints import Endpoint
from processors.zoom.api.limits import PAGE_SIZE
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.requests import Request
from processors.zoom.api.transport import PAGE_EXPIRED, PAGE_TOKEN, Transport
from runtime.outcome import NoAnswer, Outcome
from schemas.codec import pack
from schemas.lookups import ZoomRow
from schemas.priority import Priority

# https://developers.zoom.us/docs/api/pagination/, checked 2026-11-21: a page token lives 15 minutes, all other
# parameters are repeated with it, and an empty one marks the last page.
RESTARTS = 3
"""How often a list is begun again because its page token expired."""
MOST_PAGES = 5_000
"""Zoom's longest list, the report of its largest webinar with everybody coming back again and again, has some 500."""
MOST_BYTES = 64 * 1024 * 1024
"""Of a list in all, as JSON: what is in memory at once. That report has 35 MB."""


class Pager:
    """Follows `next_page_token`."""

    def __init__(self, transport: Transport, metrics: ZoomMetrics) -> None:
        self._transport = transport
        self._metrics = metrics

    async def rows(self, request: Request, priority: Priority) -> list[ZoomRow] | NoAnswer:
        """All rows in Zoom's order; of rows that `row_key` calls the same the later one, in the place of the first.

        Rows move between pages while a list is read, so a row may come twice. After an expired page token the list is
        read anew. Nothing of a list that broke off is returned.
        """
        for _ in range(RESTARTS):
            rows = await self._read(request, priority)
            if not isinstance(rows, NoAnswer) or rows.code != PAGE_EXPIRED:
                return rows
            self._metrics.retries.labels(request.endpoint.name, "page").inc()
        rows = await self._read(request, priority)
        if isinstance(rows, NoAnswer) and rows.code == PAGE_EXPIRED:
            return replace(rows, outcome=Outcome.RETRY)
        return rows

    async def _read(self, request: Request, priority: Priority) -> list[ZoomRow] | NoAnswer:
        endpoint = request.endpoint
        assert endpoint.rows is not None, f"{endpoint.name} has no list"
        rows: dict[bytes, ZoomRow] = {}
        seen: set[str] = set()
        size_bytes = 0
        size = {"page_size": str(PAGE_SIZE)} if endpoint.paged else {}
        token = ""
        while True:
            query = {**request.query, **size, **({PAGE_TOKEN: token} if token else {})}
            page = await self._transport.call(replace(request, query=query), priority)
            if isinstance(page, NoAnswer):
                return page
            rows.update((row_key(endpoint, row), row) for row in page.fields[endpoint.rows] if isinstance(row, dict))
            size_bytes += page.size_bytes
            token = str(page.fields.get(PAGE_TOKEN) or "") if endpoint.paged else ""
            if not token:
                return list(rows.values())
            if token in seen:
                return NoAnswer(Outcome.FOREIGN, f"{endpoint.name}: a page token comes again, the list has no end")
            seen.add(token)
            if len(seen) >= MOST_PAGES or size_bytes > MOST_BYTES:
                says = f"{endpoint.name}: the list has no end after {len(seen)} pages and {size_bytes} bytes"
                return NoAnswer(Outcome.FOREIGN, says)


def row_key(endpoint: Endpoint, row: ZoomRow) -> bytes:
    """What makes a row the same again: its id, else its e-mail (a pending user has no id), else all of it.

    In reports all of it at once: `id` and e-mail are the person's there, who has one row for every join.
    """
    if endpoint.same_by == "all":
        return pack(row)
    if row.get("id"):
        return f"id {row['id']}".encode()
    if row.get("email"):
        return f"email {row['email']}".lower().encode()
    return pack(row)
