"""Keeps a worker from going on with tables that are not of the Kafka that answers.

Rows are written to a changelog before they are in a table. So a table that is ahead of its changelog is of another
Kafka, or Kafka has lost what it confirmed; a recovery from there would never end, and what was counted from the lost
records would stay. Of which cluster the tables are lies in a file beside them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

from processors.engine.faust_tables import changelog_ends
from runtime.cluster import KafkaState, TopicEnds, kafka_state, why_not_the_same
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError

_FILE = "kafka-cluster"


class Continuity:
    """Of one worker.

    Args:
        connection: brokers and security.
        data_dir: where the tables lie.
        changelogs: their names on the cluster.
    """

    def __init__(self, connection: KafkaConnection, data_dir: Path, changelogs: Collection[str]) -> None:
        self._connection = connection
        self._data_dir = data_dir
        self._changelogs = changelogs
        self._known: KafkaState | None = None

    async def check_cluster(self) -> None:
        """Before anything is made on the cluster.

        Raises:
            ConfigurationError: the tables are of another one.
            RetryLaterError: Kafka does not answer.
        """
        file = self._data_dir / _FILE
        known = await asyncio.to_thread(lambda: file.read_text(encoding="ascii").strip() if file.exists() else "")
        found = await kafka_state(self._connection, ())
        if known:
            self._refuse(why_not_the_same(KafkaState(known), found))

    async def begin(self, tables: Sequence[object]) -> None:
        """Compare the tables with their changelogs, before they are opened; from then on this Kafka is known.

        Raises:
            ConfigurationError: Kafka has lost what a table was made of.
            RetryLaterError: Kafka does not answer.
        """
        found = await kafka_state(self._connection, self._changelogs)
        ahead = await asyncio.to_thread(changelog_ends, tables)
        self._refuse(why_not_the_same(KafkaState(found.cluster_id, ahead), found))
        await asyncio.to_thread((self._data_dir / _FILE).write_text, found.cluster_id, encoding="ascii")
        self._known = found

    async def check(self, ahead: TopicEnds) -> None:
        """While the worker runs, when Kafka answers again.

        Args:
            ahead: what the open tables hold (`faust_tables.opened_ends`).

        Raises:
            ConfigurationError: it is not the Kafka that it was.
            RetryLaterError: it does not answer.
        """
        found = await kafka_state(self._connection, self._changelogs)
        if self._known is not None:
            known = KafkaState(self._known.cluster_id, {**self._known.ends, **ahead})
            self._refuse(why_not_the_same(known, found))
        self._known = found

    def _refuse(self, why: str | None) -> None:
        if why is not None:
            raise ConfigurationError(
                f"Kafka at {self._connection.bootstrap_servers} {why}; check KAFKA_BOOTSTRAP_SERVERS, or restore its "
                f"data; to go on with what it has, move {self._data_dir} away and start again: the tables are made of "
                "its changelogs then (docs/how-to/kafka-lost.md)"
            )
