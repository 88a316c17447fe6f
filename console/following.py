"""Keeps the read model up to the topics for as long as the console runs, and says what keeps it from that."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from readmodel.database import Database
from readmodel.projector import Projector
from runtime.foreign_text import redact
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError, RetryLaterError

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 5.0


class Following:
    """Reads what comes, and goes on whenever Kafka or the database was away."""

    def __init__(self, database: Database, kafka: KafkaConnection) -> None:
        self._projector = Projector(database, kafka, heard=self._heard)
        self.trouble = ""
        """Why nothing is read now, for people; empty: it is."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            try:
                await self._projector.follow(stop)
            except (ConfigurationError, RetryLaterError) as error:
                told = redact(str(error))
                if told != self.trouble:
                    log.warning("read model not kept up", extra={"reason": told})
                self.trouble = told
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PAUSE_SECONDS):
                        await stop.wait()

    def _heard(self, _records: int) -> None:
        if self.trouble:
            log.info("read model kept up again")
        self.trouble = ""
