"""Reads back a part of what was written: Brevo drops what does not fit an attribute without an error."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Mapping, Sequence
from functools import partial

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.attributes import dropped
from processors.brevo.writer.asking import Asker
from processors.brevo.writer.metrics import BrevoMetrics

_PARTS = 10_000
MOST_AT_ONCE = 5
"""Of one import: its values all came the same way."""

log = logging.getLogger(__name__)


class Sampler:
    """Chooses by the command's id, so a repeat of a command is read again or not as the first was.

    Args:
        share: 0 to 1 of all writes are read back.
    """

    def __init__(self, api: BrevoClient, asker: Asker, metrics: BrevoMetrics, share: float) -> None:
        self._api = api
        self._asker = asker
        self._metrics = metrics
        self._share = share

    def chosen(self, command_ids: Sequence[str]) -> list[str]:
        """Those that are to be read back, a few at most."""
        found = (
            command_id for command_id in command_ids if zlib.crc32(command_id.encode()) % _PARTS < self._share * _PARTS
        )
        return [sampled for sampled, _ in zip(found, range(MOST_AT_ONCE), strict=False)]

    async def check(self, email: str, written: Mapping[str, object]) -> None:
        """Compare what was written with what Brevo holds; a contact that somebody has deleted proves nothing."""
        answer = await self._asker.ask("contacts", partial(self._api.read_contact, email))
        held = answer.body.get("attributes") if isinstance(answer.body, dict) and answer.status == 200 else None
        if not isinstance(held, dict):
            return
        self._metrics.sampled.inc()
        if names := dropped(written, held):
            self._metrics.values_dropped.inc(len(names))
            log.error("values dropped by brevo", extra={
                "attributes": ", ".join(names), "next": "rollcall brevo plan compares their types with ours",
            })  # fmt: skip
