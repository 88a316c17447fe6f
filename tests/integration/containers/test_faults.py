"""Networks and machines that fail while a webinar is sent: worker and ingress come back by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from sandbox.kafka import free_port
from sandbox.simulator import World
from sandbox.simulator.sender import Target, send
from tests.support.docker_kafka import ContainerKafka
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.processes import eventually
from tests.support.tcp_proxy import TcpProxy, proxy

pytestmark = pytest.mark.containers

# Longer than the ingress waits for Kafka; Zoom's repeats bridge 68 s with this first pause.
OUTAGE_SECONDS = 5
RETRY_SECONDS = 4
Fault = Callable[[ContainerKafka, TcpProxy], AbstractAsyncContextManager[None]]


@pytest.fixture(scope="module")
def kafka(engine: None) -> Iterator[ContainerKafka]:
    """A broker that sends its clients through a proxy, which each test starts."""
    with ContainerKafka(advertised_port=free_port()) as kafka:
        yield kafka


@asynccontextmanager
async def paused(kafka: ContainerKafka, wire: TcpProxy) -> AsyncIterator[None]:
    """The machine hangs: connections stay open."""
    await asyncio.to_thread(kafka.pause)
    yield
    await asyncio.to_thread(kafka.resume)


@asynccontextmanager
async def killed(kafka: ContainerKafka, wire: TcpProxy) -> AsyncIterator[None]:
    """The machine loses power, and is switched on again."""
    await asyncio.to_thread(kafka.kill)
    yield
    await asyncio.to_thread(kafka.start)


@asynccontextmanager
async def cut(kafka: ContainerKafka, wire: TcpProxy) -> AsyncIterator[None]:
    """The cable is pulled."""
    await asyncio.to_thread(kafka.cut)
    yield
    await asyncio.to_thread(kafka.mend)


@asynccontextmanager
async def slow(kafka: ContainerKafka, wire: TcpProxy) -> AsyncIterator[None]:
    """A line to the other side of the world."""
    wire.delay_seconds = 0.15
    yield
    wire.delay_seconds = 0


@asynccontextmanager
async def swallowed(kafka: ContainerKafka, wire: TcpProxy) -> AsyncIterator[None]:
    """A firewall forgets the connections: what is sent disappears, and nobody is told."""
    wire.swallows = True
    yield
    wire.swallows = False


async def deliver(home: Installation, world: World, accepted: list[bool]) -> None:
    """Send a world as Zoom does; every delivery is accepted in the end."""
    url = f"http://127.0.0.1:{home.port}/webhooks/zoom"
    target = Target(url, home.wiring.webhook_secret, retry_seconds=RETRY_SECONDS)
    sent = await send(world.deliveries, target, accepted.append)
    assert sent.failed == [], sent.answers


# `make test` has no network of its own to cut, so that this one is also among the few.
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.__name__, marks=[pytest.mark.containers_quick] if fault is cut else [])
        for fault in (paused, killed, cut, slow, swallowed)
    ],
)
async def test_kafka_fault_while_a_webinar_is_sent_everything_ends_true(
    fault: Fault, kafka: ContainerKafka, topic_prefix: str, tmp_path: Path
) -> None:
    """Nobody helps but a supervisor; every contact is equal to the truth, no event is missing, none is there twice."""
    world = webinar(80, seed=31)
    accepted: list[bool] = []
    port = int(kafka.bootstrap.rpartition(":")[2])

    async def under_way() -> bool:
        return len(accepted) > len(world.deliveries) // 4

    async with (
        proxy(kafka.port, port) as wire,
        installation(kafka.bootstrap, topic_prefix, tmp_path) as home,
    ):
        # Only a request's time-out of 10 s tells a client of a line that swallows, and Kafka's session is over by then:
        # a worker in mid-turn stops rather than write what another may own. After other faults nobody may have stopped.
        home.is_supervised = fault is swallowed
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())
        sending = asyncio.create_task(deliver(home, world, accepted))
        await eventually(under_way, what="a quarter of the deliveries is accepted", tell=home.last_words)
        async with fault(kafka, wire):
            await asyncio.sleep(OUTAGE_SECONDS)  # the outage itself
        await sending
        doubtful = await home.until_true(await truth_about(world), timeout_seconds=120)
        assert not doubtful or home.is_supervised
        await home.check_nothing_lost(world)
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
