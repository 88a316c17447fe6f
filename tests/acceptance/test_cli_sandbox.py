import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from tests.support.kafka import create_topics
from tests.support.processes import Process, eventually, rollcall_command, running


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of 127.0.0.1 that this test holds."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def data_directories(tmp_path: Path) -> list[Path]:
    """What a broker keeps while it runs."""
    return list(tmp_path.glob("rollcall-kafka-*"))


async def variable(process: Process, name: str) -> str:
    """What the process printed as `NAME=value`."""

    async def printed() -> str | None:
        assert process.exit_code is None, process.describe()
        lines = [line for line in process.output().splitlines() if line.startswith(f"{name}=")]
        return lines[0].partition("=")[2] if lines else None

    value = await eventually(printed, what=f"{name} is printed", timeout_seconds=90, tell=process.describe)
    assert value
    return value


@pytest.mark.parametrize(
    ("system", "name", "path"), [("zoom", "ZOOM_API_BASE_URL", "/v2"), ("brevo", "BREVO_API_BASE_URL", "/v3")]
)
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_sandbox_alone_tells_its_address_serves_a_page_and_ends_with_0(
    tmp_path: Path, system: str, name: str, path: str, ending: signal.Signals
) -> None:
    """What it prints can be given to a worker as it is."""
    with running(rollcall_command("sandbox", system), log=tmp_path / "log") as process:
        base = await variable(process, name)
        assert base.endswith(path)
        async with aiohttp.ClientSession() as session, session.get(base.removesuffix(path)) as page:
            assert (page.status, page.content_type) == (200, "text/html")
        process.signal(ending)
        assert process.wait() == 0, process.describe()
        assert "Traceback" not in process.output()


@pytest.mark.parametrize("system", ["zoom", "brevo", "kafka"])
async def test_sandbox_port_taken_is_2_and_says_so(tmp_path: Path, system: str, taken_port: int) -> None:
    """One message with what to change."""
    command = rollcall_command("sandbox", system, "--port", str(taken_port))
    with running(command, log=tmp_path / "log") as process:
        assert process.wait(90) == 2, process.describe()
        assert str(taken_port) in process.output()
        assert "--port" in process.output()
        assert "Traceback" not in process.output()


async def test_sandbox_kafka_alone_is_a_broker_until_sigterm(tmp_path: Path) -> None:
    """A client can use what it prints; its data is gone afterwards."""
    environment = {"TMPDIR": str(tmp_path)}
    with running(
        rollcall_command("sandbox", "kafka"), log=tmp_path / "log", env=environment, is_forked=False
    ) as process:
        await create_topics(await variable(process, "KAFKA_BOOTSTRAP_SERVERS"), ["t"])
        assert len(data_directories(tmp_path)) == 1
        assert process.terminate() == 0, process.describe()
        assert data_directories(tmp_path) == []
