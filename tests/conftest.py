"""Fixtures for every layer: one real Kafka for the whole run, told apart by topic prefixes, and own ones to break."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest

from sandbox.kafka import EmbeddedKafka


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Prints a line past pytest's capture: the one download of a fresh machine would look like a hang."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            sys.stderr.write(f"\n{line}\n")

    return say


@pytest.fixture(scope="session")
def kafka_bootstrap(say: Callable[[str], None]) -> Iterator[str]:
    """Bootstrap servers of a Kafka that all tests share; nobody may stop it.

    `KAFKA_BOOTSTRAP_SERVERS` comes first; without it `ROLLCALL_TEST_KAFKA` decides, and the default is an embedded one.
    """
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    choice = os.environ.get("ROLLCALL_TEST_KAFKA") or ("external" if bootstrap else "embedded")
    if choice == "external":
        if not bootstrap:
            pytest.fail("ROLLCALL_TEST_KAFKA=external needs KAFKA_BOOTSTRAP_SERVERS", pytrace=False)
        yield bootstrap
    elif choice == "embedded":
        with EmbeddedKafka(progress=say) as kafka:
            yield kafka.bootstrap
    else:
        pytest.fail(f"ROLLCALL_TEST_KAFKA is {choice!r}: set it to external or embedded", pytrace=False)


@pytest.fixture
def topic_prefix() -> str:
    """A `KAFKA_TOPIC_PREFIX` of this test alone."""
    return f"t{uuid.uuid4().hex[:10]}-"


@pytest.fixture
def own_kafka(say: Callable[[str], None]) -> Iterator[EmbeddedKafka]:
    """A running broker of this test alone, to be stopped, killed or paused at will."""
    with EmbeddedKafka(progress=say) as kafka:
        yield kafka
