"""Which Kafka the tests run on, and the one that all of them share: one for all processes of a run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable

import pytest

from sandbox.kafka import EmbeddedKafka
from tests.support.broker import Broker
from tests.support.docker_engine import require_engine

SHORT_SESSIONS = {"group.min.session.timeout.ms": "1000"}
"""Members may ask for sessions as short as a test wants them; those that ask for none keep the usual ones."""


def kafka_choice() -> str:
    """`external`, `docker` or `embedded`: `ROLLCALL_TEST_KAFKA`, else external where a Kafka is named.

    Raises:
        UsageError: the variable is neither of these, or names a Kafka that nothing tells of.
    """
    named = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    choice = os.environ.get("ROLLCALL_TEST_KAFKA") or ("external" if named else "embedded")
    if choice not in ("docker", "embedded", "external"):
        raise pytest.UsageError(f"ROLLCALL_TEST_KAFKA is {choice!r}: set it to docker, embedded or external")
    if choice == "external" and not named:
        raise pytest.UsageError("ROLLCALL_TEST_KAFKA=external needs KAFKA_BOOTSTRAP_SERVERS")
    return choice


def broker_maker(choice: str, say: Callable[[str], None]) -> Callable[..., Broker]:
    """Makes a broker, not started yet, that a test may break; with broker settings as the only argument.

    An external Kafka is nobody's to break: then it is an embedded one, too.
    """
    if choice == "docker":
        require_engine()
        # Imported only here: the engine's client takes a second, and most runs need none.
        kafka: Callable[..., Broker] = importlib.import_module("tests.support.docker_kafka").ContainerKafka
        return kafka
    return lambda config=None: EmbeddedKafka(config=config, progress=say)
