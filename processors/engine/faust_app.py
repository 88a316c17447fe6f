"""Makes the Faust app: every setting that is set on purpose, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faust

from processors.engine.faust_consumer import batch_scheduler, install_batches, require_faust_version
from processors.engine.naming import APP_ID
from runtime.kafka import KafkaConnection
from runtime.models import Kafka

MAX_RECORDS = 1_000
"""Records of one message; with 16 messages a turn stays far below the rebalance time-out."""
HEARTBEATS_PER_SESSION = 5
"""Four may get lost. The consumer has a thread of its own, so they go on while a turn computes."""


def build_faust_app(connection: KafkaConnection, kafka: Kafka, data_dir: Path, group: str = APP_ID) -> faust.App:
    """An app whose records travel in batches and whose tables are kept below `data_dir`; `group`: without the prefix.

    Raises:
        ConfigurationError: another version of Faust is installed, or the Kafka security settings do not fit.
    """
    require_faust_version()
    app = faust.App(
        f"{connection.topic_prefix}{group}",
        broker=[f"kafka://{server.strip()}" for server in connection.bootstrap_servers.split(",")],
        broker_credentials=_credentials(connection),
        datadir=data_dir,
        store="rocksdb://",
        # Our own process creates the topics, with the registry's settings.
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=kafka.partitions,
        topic_replication_factor=kafka.replication_factor,
        # What a kill repeats is what was handled since the last commit.
        broker_commit_interval=0.25,
        broker_session_timeout=kafka.session,
        broker_heartbeat_interval=kafka.session / HEARTBEATS_PER_SESSION,
        broker_rebalance_timeout=60.0,
        # Where a firewall forgets a connection nobody is told: so long until it is given up (Faust's default is 90 s).
        # Faust wants no longer session than this.
        broker_request_timeout=30.0,
        consumer_auto_offset_reset="earliest",
        # Faust's own producer only declares itself; a long time-out would let a shutdown hang while Kafka is away.
        producer_request_timeout=10.0,
        stream_recovery_delay=0.0,
        # One worker's disk holds its state; a second copy would double memory and traffic, and recovery is quick.
        table_standby_replicas=0,
        # `/table` would serve table data to anybody.
        web_enabled=False,
        ConsumerScheduler=batch_scheduler(MAX_RECORDS),
    )
    install_batches(app)
    return app


def _credentials(connection: KafkaConnection) -> Any:
    context = connection.ssl_context()
    if connection.uses_sasl:
        return faust.SASLCredentials(
            username=connection.sasl_username,
            password=connection.sasl_password,
            mechanism=connection.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
