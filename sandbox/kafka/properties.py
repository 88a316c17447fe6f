"""The broker's configuration. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CLUSTER_ID = "Um9sbGNhbGxTYW5kYm94MQ"
"""Any 22 characters of base64url that make 16 bytes."""

JVM_FLAGS = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # short lives: the second compiler never pays
    "-XX:-UsePerfData",  # for tools that watch a JVM from outside: a fifth of what a start computes
    "-Djava.awt.headless=true",
    "-Dlog4j2.statusLoggerLevel=OFF",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)

_FIXED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # The default reserves 128 MiB of heap: 290 MB resident rather than 160.
    "log.cleaner.dedupe.buffer.size": "2097152",
    # Registered again 2 s after a kill, not 10 s.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    # Twice a second a record that says nothing, for those who follow a controller: a third of an idle node's work.
    "metadata.max.idle.interval.ms": "0",
    "num.network.threads": "2",
    "num.io.threads": "2",
    # A metadata request would otherwise create a topic with one partition.
    "auto.create.topics.enable": "false",
}


def server_properties(
    data: Path, *, port: int, controller_port: int, overrides: Mapping[str, str] | None = None
) -> str:
    """The text of `server.properties` for a node on 127.0.0.1; `overrides` win."""
    settings = {
        **_FIXED,
        "log.dirs": str(data),
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        **(overrides or {}),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
