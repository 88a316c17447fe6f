"""One account's Zoom REST API as typed calls."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable

import aiohttp

from processors.clients.zoom import endpoints, paths
from processors.clients.zoom.api import Row
from processors.clients.zoom.budget import Budget
from processors.clients.zoom.endpoints import Endpoint
from processors.clients.zoom.limits import Plan
from processors.clients.zoom.metrics import ZoomMetrics
from processors.clients.zoom.oauth import TokenSource
from processors.clients.zoom.paging import Pager, row_key
from processors.clients.zoom.transport import Transport
from runtime.models import ZoomAccount
from schemas.attendance import ObjectType

TOTAL_TIMEOUT_SECONDS = 30.0
"""For one request, from waiting for a connection to the last byte."""

REGISTRANT_STATUSES = ("pending", "approved", "denied")
"""Zoom lists one status at a time, and only approved ones unless told. Read in this order, so that somebody who is
decided upon in the meantime is met again in the later list, and the later row counts."""
USER_STATUSES = ("pending", "inactive", "active")
"""As above: whoever accepts an invitation in the meantime is met again as active."""


class ZoomClient:
    """Implements `processors.clients.zoom.api.ZoomApi`."""

    def __init__(
        self,
        account: ZoomAccount,
        session: aiohttp.ClientSession,
        plan: Plan,
        api_base_url: str | None,
        oauth_base_url: str,
        metrics: ZoomMetrics,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        timeout_seconds: float = TOTAL_TIMEOUT_SECONDS,
    ) -> None:
        """Compose the parts; nothing is sent yet.

        Args:
            account: with `client_id` and `client_secret`.
            session: shared, closed by its owner.
            plan: decides the rate limits.
            api_base_url: with its version; ``None`` unless the operator set it: then the token's `api_url` counts.
            oauth_base_url: ``https://zoom.us``, or a sandbox.
            metrics: shared.
            clock: seconds since 1970.
            jitter: a number in [0, 1).
            timeout_seconds: for one request.

        Raises:
            ConfigurationError: the account has no client id or secret.
        """
        tls = ssl.create_default_context()
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        tokens = TokenSource(account, session, oauth_base_url, metrics, clock=clock, tls=tls, timeout=timeout)
        self._transport = Transport(
            session,
            tokens,
            Budget(plan, metrics, clock=clock, random=jitter),
            metrics,
            api_base_url=api_base_url,
            clock=clock,
            tls=tls,
            timeout=timeout,
        )
        self._pager = Pager(self._transport, metrics)

    async def details(self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None) -> Row:
        """See `ZoomApi.details`."""
        query = {"show_previous_occurrences": "true", **_occurrence(occurrence_id)}
        return await self._transport.get(endpoints.details(object_type), paths.details(object_type, object_id), query)

    async def registrants(self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None) -> list[Row]:
        """See `ZoomApi.registrants`."""
        path = paths.registrants(object_type, object_id)
        return await self._of_every_status(
            endpoints.registrants(object_type), path, REGISTRANT_STATUSES, _occurrence(occurrence_id)
        )

    async def panelists(self, webinar_id: str) -> list[Row]:
        """See `ZoomApi.panelists`. Zoom sends them in one piece."""
        body = await self._transport.get(endpoints.PANELISTS, paths.panelists(webinar_id))
        return [row for row in body["panelists"] if isinstance(row, dict)]

    async def users(self) -> list[Row]:
        """See `ZoomApi.users`."""
        return await self._of_every_status(endpoints.USERS, paths.USERS, USER_STATUSES, {})

    async def past_meeting(self, uuid: str) -> Row:
        """See `ZoomApi.past_meeting`."""
        return await self._transport.get(endpoints.PAST_MEETING, paths.past_meeting(uuid))

    async def report(self, object_type: ObjectType, uuid: str) -> list[Row]:
        """See `ZoomApi.report`."""
        query = {"include_fields": "registrant_id"}
        return await self._pager.rows(endpoints.report(object_type), paths.report(object_type, uuid), query)

    async def absentees(self, uuid: str) -> list[Row]:
        """See `ZoomApi.absentees`."""
        return await self._pager.rows(endpoints.ABSENTEES, paths.absentees(uuid), {})

    async def _of_every_status(
        self, endpoint: Endpoint, path: str, statuses: tuple[str, ...], query: dict[str, str]
    ) -> list[Row]:
        rows: dict[bytes, Row] = {}
        for status in statuses:
            found = await self._pager.rows(endpoint, path, {**query, "status": status})
            rows.update((row_key(endpoint, row), {**row, "status": row.get("status") or status}) for row in found)
        return list(rows.values())


def _occurrence(occurrence_id: str | None) -> dict[str, str]:
    return {"occurrence_id": occurrence_id} if occurrence_id else {}
