import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from runtime.admin import AdminServer, Readiness
from schemas.errors import ConfigurationError


class State:
    """What the process under the server says about itself."""

    live = True
    readiness = Readiness(ok=True)


@pytest.fixture
def state() -> State:
    """Live and ready."""
    return State()


@pytest.fixture
async def admin(state: State) -> AsyncIterator[AdminServer]:
    """A server on a free port."""
    registry = CollectorRegistry()
    Counter("rollcall_ingress_deliveries", "Deliveries.", registry=registry).inc(3)
    server = AdminServer(
        "127.0.0.1", 0, process="worker", live=lambda: state.live, ready=lambda: state.readiness, registry=registry
    )
    await server.start()
    yield server
    await server.stop()


async def get(server: AdminServer, path: str, **headers: str) -> tuple[int, str, str]:
    """Status, content type and text of a GET."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{server.port}{path}", headers=headers) as response,
    ):
        return response.status, response.headers["Content-Type"], await response.text()


async def test_live_progress_decides(admin: AdminServer, state: State) -> None:
    """200 while it makes progress, else 503."""
    assert await get(admin, "/health/live") == (200, "application/json; charset=utf-8", '{"status": "live"}')
    state.live = False
    assert (await get(admin, "/health/live"))[0] == 503


async def test_ready_unready_tells_the_reasons(admin: AdminServer, state: State) -> None:
    """People read the reasons; machines the status."""
    assert (await get(admin, "/health/ready"))[0] == 200
    state.readiness = Readiness(ok=False, reasons=("Kafka does not answer",))
    status, _, body = await get(admin, "/health/ready")
    assert (status, body) == (503, '{"status": "unready", "reasons": ["Kafka does not answer"]}')


async def test_metrics_are_those_of_the_given_registry(admin: AdminServer) -> None:
    """In Prometheus' text format, whatever is asked for: also what no scraper would ask."""
    status, content_type, body = await get(admin, "/metrics")
    assert (status, content_type.partition(";")[0]) == (200, "text/plain")
    assert "rollcall_ingress_deliveries_total 3.0" in body
    assert "python_info" not in body
    for version in ("1.0.0", "9" * 5_000):
        accept = f"application/openmetrics-text; version={version}"
        status, content_type, _ = await get(admin, "/metrics", Accept=accept)
        assert (status, content_type.partition(";")[0]) == (200, "text/plain")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8082", 200),
        ("[::1]:8082", 200),
        ("localhost", 200),
        ("worker:8082", 200),
        ("Rollcall.Example.com.", 200),
        ("rebound.example.net:8082", 421),
        ("127.0.0.1.example.net", 421),
    ],
)
async def test_admin_answers_under_no_name_that_a_stranger_can_own(host: str, status: int) -> None:
    """A page in a browser may point its own name to this address and read the answers."""
    names = frozenset({"rollcall.example.com"})
    server = AdminServer(
        "127.0.0.1",
        0,
        process="worker",
        live=lambda: True,
        ready=lambda: Readiness(ok=True),
        registry=CollectorRegistry(),
        names=names,
    )
    await server.start()
    try:
        for path in ("/health/live", "/health/ready", "/metrics"):
            assert (await get(server, path, Host=host))[0] == status
    finally:
        await server.stop()


async def test_start_port_taken_says_which_variable_to_set(admin: AdminServer) -> None:
    """A second process on one host is the usual reason."""
    second = AdminServer(
        "127.0.0.1",
        admin.port,
        process="worker",
        live=lambda: True,
        ready=lambda: Readiness(ok=True),
        registry=CollectorRegistry(),
    )
    with pytest.raises(ConfigurationError) as caught:
        await second.start()
    assert str(caught.value) == (f"127.0.0.1:{admin.port} is taken by another process; set ADMIN_PORT to a free port")


async def test_start_foreign_host_says_which_variable_to_set() -> None:
    """192.0.2.0/24 is for documentation: no machine has it (RFC 5737)."""
    server = AdminServer(
        "192.0.2.1",
        0,
        process="worker",
        live=lambda: True,
        ready=lambda: Readiness(ok=True),
        registry=CollectorRegistry(),
    )
    with pytest.raises(ConfigurationError, match="set ADMIN_HOST to an address of this machine"):
        await server.start()


async def test_stop_closes_the_port_and_may_be_repeated(admin: AdminServer) -> None:
    """Also before a start, where there is nothing to close."""
    await admin.stop()
    await admin.stop()
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", admin.port))
