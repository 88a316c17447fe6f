"""Fixtures for every layer: one real Kafka for the whole run, told apart by topic prefixes, and own ones to break."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from sandbox.kafka.ports import RANGE
from tests.support.broker import Broker, BrokerLoan
from tests.support.forks import begin_to_preload, may_fork
from tests.support.kafka import delete_topics
from tests.support.kafka_choice import SHORT_SESSIONS, broker_maker, kafka_choice
from tests.support.log_lines import WithFacts

# What waits most of the time is begun first, or the end of a run would be a few tests that wait for time-outs.
_ORDER = ("acceptance", "integration", "contract", "unit")
_WITH_PROCESSES = ("acceptance", "integration")


_PORTS_EACH = 1_500
_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's; each run makes a folder of its own in it
_PLENTY_BYTES = 4 * 1_073_741_824
_BOOTSTRAP = "kafka_bootstrap"
_SHARED = pytest.StashKey[str]()


def pytest_configure() -> None:
    """Each process of a run has ports of its own: a port is picked some time before its server binds it."""
    # On a busy machine an example takes as long as it is let wait.
    settings.register_profile("busy", settings.default, deadline=None)
    settings.load_profile("busy")
    # What is imported stays: looking for cycles in it takes a third of the time of collecting the tests.
    gc.disable()
    # A run that a shell began in the background ignores Ctrl-C, and so would every process under test.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_files_in_memory()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker.isdecimal() and int(worker) < 8:
        first = 20_000 + int(worker) * _PORTS_EACH
        os.environ[RANGE] = f"{first}-{first + _PORTS_EACH - 1}"


def _keep_files_in_memory() -> None:
    """Where there is plenty: brokers and workers write some hundred files for each installation, which nobody keeps."""
    if "TMPDIR" not in os.environ and _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
        found = os.statvfs(_MEMORY)
        if found.f_bavail * found.f_frsize > _PLENTY_BYTES and not found.f_flag & os.ST_NOEXEC:
            os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with processes first; inside a layer the order of the files stays."""
    root = Path(__file__).parent
    rank = {layer: place for place, layer in enumerate(_ORDER)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(root).parts[0], len(_ORDER)))
    if may_fork() and items and items[0].path.relative_to(root).parts[0] in _WITH_PROCESSES:
        begin_to_preload()  # meanwhile the rest of what comes before the first test is done


def pytest_collection_finish() -> None:
    """From here on there is garbage, and what was imported is none."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """One shared Kafka for all processes of a run: one each would take a tenth of a small machine when they idle."""
    if (choice := kafka_choice()) != "external":
        running = ExitStack()
        config.add_cleanup(running.close)
        kafka = running.enter_context(broker_maker(choice, partial(_say, config))(SHORT_SESSIONS))
        config.stash[_SHARED] = kafka.bootstrap


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a process of the run where the shared Kafka is."""
    node.workerinput[_BOOTSTRAP] = node.config.stash.get(_SHARED, None)


@pytest.fixture(autouse=True)
def logs_with_their_facts(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """`caplog.text` has what is logged as `extra`, too: there is where something could leak.

    A command that a test runs in its own process sets up logging; the next test must not find less in its log for it.
    """
    caplog.handler.setFormatter(WithFacts("%(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Prints a line past pytest's capture: the one download of a fresh machine would look like a hang."""
    return partial(_say, pytestconfig)


def _say(config: pytest.Config, line: str) -> None:
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        sys.stderr.write(f"\n{line}\n")


@pytest.fixture(scope="session")
def new_kafka(say: Callable[[str], None]) -> Callable[..., Broker]:
    """Makes a broker, not started yet, that a test may break; with broker settings as the only argument."""
    return broker_maker(kafka_choice(), say)


@pytest.fixture(scope="session")
def kafka_bootstrap(pytestconfig: pytest.Config, new_kafka: Callable[..., Broker]) -> Iterator[str]:
    """Bootstrap servers of a Kafka that all tests share; nobody may stop it."""
    if given := getattr(pytestconfig, "workerinput", {}).get(_BOOTSTRAP):
        yield given
    elif kafka_choice() == "external":
        yield os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    else:
        with new_kafka(SHORT_SESSIONS) as kafka:
            yield kafka.bootstrap


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """A `KAFKA_TOPIC_PREFIX` of this test alone; its topics on the shared Kafka go with it.

    An installation has some hundred partitions, each of which keeps a file open: those of a whole run are too many.
    """
    prefix = f"t{uuid.uuid4().hex[:10]}-"
    yield prefix
    if "kafka_bootstrap" in request.fixturenames:
        _delete_topics(request.getfixturevalue("kafka_bootstrap"), prefix)


@pytest.fixture(scope="session")
def breakable_kafka(new_kafka: Callable[..., Broker]) -> Iterator[BrokerLoan]:
    """Lends the broker that the tests of this process break one after another."""
    with ExitStack() as until:
        yield BrokerLoan(partial(new_kafka, SHORT_SESSIONS), until)


@pytest.fixture
def own_kafka(breakable_kafka: BrokerLoan, topic_prefix: str) -> Iterator[Broker]:
    """A running broker that is this test's alone while it runs, to be stopped, killed or paused at will."""
    kafka = breakable_kafka.take()
    yield kafka
    if breakable_kafka.give_back(kafka):
        _delete_topics(kafka.bootstrap, topic_prefix)


def _delete_topics(bootstrap: str, prefix: str) -> None:
    # In a thread: a test's own event loop may still be set in this one.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, delete_topics(bootstrap, prefix)).result()
