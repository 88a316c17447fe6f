"""Reads a list of Zoom's REST API to its end, each row once."""

from __future__ import annotations

from dataclasses import replace

from processors.zoom.api.api import Row
from processors.zoom.api.endpoints import Endpoint
from processors.zoom.api.errors import PageExpiredError
from processors.zoom.api.limits import PAGE_SIZE
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.requests import Request
from processors.zoom.api.transport import PAGE_TOKEN, Transport
from schemas.codec import pack
from schemas.errors import RetryLaterError

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

    async def rows(self, request: Request) -> list[Row]:
        """All rows in Zoom's order; of rows that `row_key` calls the same the later one, in the place of the first.

        Rows move between pages while a list is read, so a row may come twice. After an expired page token the list is
        read anew.

        Raises:
            ZoomRefusedError, RetryLaterError: as `Transport.call`; nothing of a list that broke off is returned.
        """
        for _ in range(RESTARTS):
            try:
                return await self._read(request)
            except PageExpiredError:
                self._metrics.retries.labels(request.endpoint.name, "page").inc()
        return await self._read(request)

    async def _read(self, request: Request) -> list[Row]:
        endpoint = request.endpoint
        assert endpoint.rows is not None, f"{endpoint.name} has no list"
        rows: dict[bytes, Row] = {}
        seen: set[str] = set()
        size_bytes = 0
        size = {"page_size": str(PAGE_SIZE)} if endpoint.paged else {}
        token = ""
        while True:
            query = {**request.query, **size, **({PAGE_TOKEN: token} if token else {})}
            body, length = await self._transport.call(replace(request, query=query))
            rows.update((row_key(endpoint, row), row) for row in body[endpoint.rows] if isinstance(row, dict))
            size_bytes += length
            token = str(body.get(PAGE_TOKEN) or "") if endpoint.paged else ""
            if not token:
                return list(rows.values())
            if token in seen:
                raise RetryLaterError(f"{endpoint.name}: Zoom repeats a page token, the list has no end; try again")
            seen.add(token)
            if len(seen) >= MOST_PAGES or size_bytes > MOST_BYTES:
                raise RetryLaterError(
                    f"{endpoint.name}: the list has no end after {len(seen)} pages and {size_bytes} bytes; try again"
                )


def row_key(endpoint: Endpoint, row: Row) -> bytes:
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
