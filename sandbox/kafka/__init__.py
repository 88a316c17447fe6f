"""A real single-node Apache Kafka (KRaft) as a child process: no Docker, no installed broker."""

from sandbox.kafka.broker import EmbeddedKafka
from sandbox.kafka.errors import BrokerStartError
from sandbox.kafka.ports import free_port

__all__ = ["BrokerStartError", "EmbeddedKafka", "free_port"]
