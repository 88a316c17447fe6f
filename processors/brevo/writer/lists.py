"""Lists that do not exist at Brevo: nothing is asked of them, everything else of a contact is written meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from functools import partial

from processors.brevo.api.client import BrevoClient
from processors.brevo.writer.asking import Asker
from processors.brevo.writer.metrics import BrevoMetrics

log = logging.getLogger(__name__)


def _nobody_listens() -> None:
    """Before there is a schedule."""


class ListWatch:
    """Knows which lists are missing, and finds out when one is there (again).

    Args:
        keys: by list id: where the configuration names it.
        missing: those that the worker did not find at its start.
        probe_seconds: between two looks at those that are missing.
    """

    def __init__(
        self,
        api: BrevoClient,
        asker: Asker,
        metrics: BrevoMetrics,
        *,
        keys: Mapping[int, str],
        missing: Collection[int],
        probe_seconds: float,
    ) -> None:
        self.returned: Callable[[], None] = _nobody_listens
        """Called when a list is there that was missing; the schedule puts itself here."""
        self.missing: frozenset[int] = frozenset()
        self._api = api
        self._asker = asker
        self._metrics = metrics
        self._keys = keys
        self._probe_seconds = probe_seconds
        self._note(frozenset(missing))

    @property
    def reasons(self) -> tuple[str, ...]:
        """A sentence for each missing list of the configuration, for readiness.

        Who waits for another one is computed anew (`Renewals`).
        """
        return self._reasons(self.missing)

    def _reasons(self, missing: frozenset[int]) -> tuple[str, ...]:
        return tuple(
            f"brevo list {list_id} ({self._keys[list_id]}) does not exist at Brevo: contacts are written without it, "
            "and join it once it exists or the id is corrected"
            for list_id in sorted(missing & self._keys.keys())
        )

    async def lacking(self, list_ids: Collection[int]) -> frozenset[int]:
        """Those of the lists that do not exist, after Brevo was asked about the ones that it refused."""
        gone = {list_id for list_id in list_ids if list_id not in self.missing and not await self._exists(list_id)}
        self._note(self.missing | gone)
        return self.missing & frozenset(list_ids)

    async def run(self) -> None:
        """Ask for missing lists now and then, until cancelled."""
        while True:
            await asyncio.sleep(self._probe_seconds)
            back = {list_id for list_id in sorted(self.missing) if await self._exists(list_id)}
            if back:
                log.info("lists exist at brevo now", extra={"lists": _joined(back)})
                self._note(self.missing - back)
                self.returned()

    async def _exists(self, list_id: int) -> bool:
        answer = await self._asker.ask("contacts", partial(self._api.read_list, list_id))
        return answer.status == 200

    def _note(self, missing: frozenset[int]) -> None:
        fresh, self.missing = missing - self.missing, missing
        self._metrics.lists_missing.set(len(missing))
        if named := fresh & self._keys.keys():
            log.error("lists missing at brevo", extra={
                "lists": _joined(named), "next": "; ".join(self._reasons(named)),
            })  # fmt: skip
        if others := fresh - named:  # commands from before somebody corrected an id
            log.info("other lists missing at brevo", extra={
                "lists": _joined(others), "reason": "rollcall.yaml does not name them",
            })  # fmt: skip


def _joined(list_ids: Collection[int]) -> str:
    return ",".join(map(str, sorted(list_ids)))
