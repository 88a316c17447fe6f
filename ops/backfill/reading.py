"""Asks Zoom which sessions there were: slower than live work, and patiently."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from ops.backfill.spans import DaySpan
from ops.zoom.answers import ZoomRefusedError, said
from processors.zoom.api import requests
from processors.zoom.api.client import ZoomClient
from runtime.outcome import NoAnswer
from schemas.errors import RetryLaterError
from schemas.lookups import ZoomRow

T = TypeVar("T")

ATTEMPTS = 6
_LONGEST_WAIT_SECONDS = 600.0
"""A longer wait ends the run: what was read is kept, and it can go on later."""
_LONGEST_BACKOFF_SECONDS = 60.0


class Reader:
    """One account's past."""

    def __init__(
        self,
        client: ZoomClient,
        pace: AbstractAsyncContextManager[Any],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take over what is composed.

        Args:
            client: of the account.
            pace: entered before each question; lets it through when it is time.
            sleep: waits for seconds.
        """
        self._client = client
        self._pace = pace
        self._sleep = sleep

    async def users(self) -> list[ZoomRow]:
        """Everybody who may have hosted a session: whoever has accepted the invitation."""
        return [row for row in await self._patiently(self._client.users) if row.get("id")]

    async def hosted(self, user_id: str, span: DaySpan) -> list[ZoomRow]:
        """Past sessions of a user, webinars too.

        Raises:
            ZoomRefusedError: Zoom will not tell.
            RetryLaterError: Zoom is away, or a limit is used up for longer than one waits.
        """
        return await self._patiently(lambda: self._client.rows(requests.hosted_by(user_id, span.first, span.last)))

    async def instances(self, session: str) -> list[ZoomRow]:
        """The instances of a meeting id, or the one of a uuid; empty when Zoom does not know it as a meeting."""
        try:
            if not session.isdecimal():
                return [await self._patiently(lambda: self._client.past_meeting(session))]
            listed = await self._patiently(lambda: self._client.rows(requests.past_instances("meeting", session)))
            return [await self._instance(str(row["uuid"])) for row in listed]
        except ZoomRefusedError:
            return []

    async def host_of_webinar(self, webinar_id: str) -> str | None:
        """Whose webinar it is; ``None`` when Zoom does not know it (any more)."""
        try:
            details = await self._patiently(lambda: self._client.details("webinar", webinar_id))
        except ZoomRefusedError:
            return None
        return str(details.get("host_id") or "") or None

    async def _instance(self, uuid: str) -> ZoomRow:
        return await self._patiently(lambda: self._client.past_meeting(uuid))

    async def _patiently(self, ask: Callable[[], Awaitable[T | NoAnswer]]) -> T:
        for attempt in range(ATTEMPTS):
            async with self._pace:
                pass
            try:
                return said(await ask())
            except RetryLaterError as error:
                told = error.after_seconds
                wait = min(_LONGEST_BACKOFF_SECONDS, 2.0**attempt) if told is None else told
                if attempt + 1 == ATTEMPTS or wait > _LONGEST_WAIT_SECONDS:
                    raise
            await self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")
