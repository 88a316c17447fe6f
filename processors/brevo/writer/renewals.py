"""Who waits for Brevo with a command that an older configuration made: asks for it to be computed anew."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime

from processors.brevo.decisions.ledger import ContactRow, ReadCommand, contact_key
from processors.brevo.decisions.outdated import waits_for_another_list
from processors.engine.effect import Post
from processors.engine.view import Output
from schemas.engagement import ResyncContact
from schemas.topics import ENGAGEMENT_RESYNCS

_MOST_AT_ONCE = 500
"""Requests that are posted together."""

log = logging.getLogger(__name__)


class Renewals:
    """A list whose id was corrected reaches those who waited for the wrong one: each is asked for once by a worker.

    Args:
        named: the lists of the configuration.
        clock: aware wall time.
    """

    def __init__(self, named: Collection[int], clock: Callable[[], datetime]) -> None:
        self._named = frozenset(named)
        self._clock = clock
        self._found: list[str] = []
        self._loaded = asyncio.Event()

    def look_at(self, contact: str, row: ContactRow, read: ReadCommand) -> None:
        """Something of the contact is open in a partition that is ours now."""
        if row.pending is not None and waits_for_another_list(read(row.pending), self._named):
            self._found.append(contact)
            self._loaded.set()

    async def run(self, post: Post) -> None:
        """Ask for them, until cancelled."""
        while True:
            await self._loaded.wait()
            self._loaded.clear()
            found, self._found = self._found, []
            log.info("contacts computed anew", extra={
                "contacts": len(found), "reason": "they wait for lists that rollcall.yaml does not name any more",
            })  # fmt: skip
            for start in range(0, len(found), _MOST_AT_ONCE):
                await post([self._request(contact) for contact in found[start : start + _MOST_AT_ONCE]])

    def _request(self, contact: str) -> Output:
        request = ResyncContact(contact_id=contact, requested_at=self._clock())
        return Output.of(ENGAGEMENT_RESYNCS.name, contact_key(contact), request)
