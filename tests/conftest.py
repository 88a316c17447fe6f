"""Fixtures for every layer: one real Kafka for the whole run, told apart by topic prefixes, and own ones to break."""

from __future__ import annotations

import importlib
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from sandbox.kafka import EmbeddedKafka
from sandbox.kafka.ports import RANGE
from tests.support.broker import Broker
from tests.support.docker_engine import require_engine
from tests.support.log_lines import WithFacts

# What waits most of the time is begun first, or the end of a run would be a few tests that wait for time-outs.
_ORDER = ("acceptance", "integration", "contract", "unit")


_PORTS_EACH = 1_500


def pytest_configure() -> None:
    """Each process of a run has ports of its own: a port is picked some time before its server binds it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker.isdecimal() and int(worker) < 8:
        first = 20_000 + int(worker) * _PORTS_EACH
        os.environ[RANGE] = f"{first}-{first + _PORTS_EACH - 1}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with processes first; inside a layer the order of the files stays."""
    root = Path(__file__).parent
    rank = {layer: place for place, layer in enumerate(_ORDER)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(root).parts[0], len(_ORDER)))


@pytest.fixture(autouse=True)
def logs_with_their_facts(caplog: pytest.LogCaptureFixture) -> None:
    """`caplog.text` has what is logged as `extra`, too: there is where something could leak."""
    caplog.handler.setFormatter(WithFacts("%(levelname)s %(name)s %(message)s"))


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Prints a line past pytest's capture: the one download of a fresh machine would look like a hang."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            sys.stderr.write(f"\n{line}\n")

    return say


@pytest.fixture(scope="session")
def kafka_choice() -> str:
    """`external`, `docker` or `embedded`: `ROLLCALL_TEST_KAFKA`, else external where a Kafka is named."""
    named = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    choice = os.environ.get("ROLLCALL_TEST_KAFKA") or ("external" if named else "embedded")
    if choice not in ("docker", "embedded", "external"):
        pytest.fail(f"ROLLCALL_TEST_KAFKA is {choice!r}: set it to docker, embedded or external", pytrace=False)
    if choice == "external" and not named:
        pytest.fail("ROLLCALL_TEST_KAFKA=external needs KAFKA_BOOTSTRAP_SERVERS", pytrace=False)
    return choice


@pytest.fixture(scope="session")
def new_kafka(kafka_choice: str, say: Callable[[str], None]) -> Callable[..., Broker]:
    """Makes a broker, not started yet, that a test may break; with broker settings as the only argument.

    An external Kafka is nobody's to break: then it is an embedded one, too.
    """
    if kafka_choice == "docker":
        require_engine()
        # Imported only here: the engine's client takes a second, and most runs need none.
        kafka: Callable[..., Broker] = importlib.import_module("tests.support.docker_kafka").ContainerKafka
        return kafka
    return lambda config=None: EmbeddedKafka(config=config, progress=say)


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka_choice: str, new_kafka: Callable[..., Broker]) -> Iterator[str]:
    """Bootstrap servers of a Kafka that all tests share; nobody may stop it."""
    if kafka_choice == "external":
        yield os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    else:
        with new_kafka() as kafka:
            yield kafka.bootstrap


@pytest.fixture
def topic_prefix() -> str:
    """A `KAFKA_TOPIC_PREFIX` of this test alone."""
    return f"t{uuid.uuid4().hex[:10]}-"


@pytest.fixture
def own_kafka(new_kafka: Callable[..., Broker]) -> Iterator[Broker]:
    """A running broker of this test alone, to be stopped, killed or paused at will."""
    with new_kafka() as kafka:
        yield kafka
