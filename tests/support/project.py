"""`python -m tests.support.project`: a process that projects until it has caught up, or until somebody kills it.

Arguments: the database's URL, and how many records a transaction takes. The Kafka is that of the `KAFKA_*` variables.
"""

from __future__ import annotations

import asyncio
import os
import sys

from sqlalchemy import make_url

from readmodel.database import opened
from readmodel.projector import Projector
from runtime.kafka import KafkaConnection


async def project(url: str, kafka: KafkaConnection, batch_records: int) -> None:
    """Catch up once, a line per transaction."""
    with opened(make_url(url), kafka.topic_prefix) as database:
        await Projector(database, kafka, heard=_say, batch_records=batch_records).catch_up()


def _say(records: int) -> None:
    sys.stdout.write(f"{records}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(project(sys.argv[1], KafkaConnection.from_environment(os.environ), int(sys.argv[2])))
