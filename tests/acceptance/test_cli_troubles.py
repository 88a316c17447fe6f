"""Commands that cannot do what they were asked: one sentence soon, a document where one was asked for, no traceback."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path

from runtime.kafka import KafkaConnection
from sandbox.kafka import free_port
from tests.support.commands import rollcall
from tests.support.processes import eventually, running

FILE = """
connectors: {zoom: {account_id: acc-1, client_id: c, client_secret: s}}
brevo: {api_key: xkeysib-invented}
"""


async def test_version_is_told() -> None:
    """By name, as people quote it in a report."""
    code, said, _ = await rollcall({}, "--version")
    assert code == 0
    assert re.fullmatch(r"rollcall \d+\.\d+\.\d+\S*\n", said)


async def test_simulation_without_an_ingress_says_so_and_sends_nothing() -> None:
    """Before the first of many deliveries has waited for its repeats."""
    address = f"http://127.0.0.1:{free_port()}/webhooks/zoom"
    code, told, error = await rollcall({}, "simulate", "webinar", "--secret", "s", "--url", address, "--json")
    assert code == 2
    assert f"error: --url {address}: nobody answers (ClientConnectorError); start `rollcall ingress`" in error
    assert told["error"].startswith(f"--url {address}: nobody answers")


async def test_kafka_that_hangs_is_told_in_one_sentence(tmp_path: Path) -> None:
    """By every command that reads or writes topics; exit code 1, and a document with --json."""
    (tmp_path / "rollcall.yaml").write_text(FILE, encoding="utf-8")
    # As a broker that was stopped: connections come about, and nothing is answered.
    with closing(socket.create_server(("127.0.0.1", 0))) as hung:
        bootstrap = f"127.0.0.1:{hung.getsockname()[1]}"
        variables = {"ROLLCALL_CONFIG": str(tmp_path / "rollcall.yaml"), "KAFKA_BOOTSTRAP_SERVERS": bootstrap}
        ended = await asyncio.gather(
            rollcall(variables, "session", "nope", "--json"),
            rollcall(variables, "effects", "--json"),
            rollcall(variables, "brevo", "resume", "--json"),
            rollcall(variables, "demo", "--json"),
        )
    *_, (_, _, said) = ended
    progress, _, _ = said.rpartition("error: ")
    assert all(line.startswith("[") for line in progress.splitlines()), said
    for code, told, error in [*ended[:-1], (*ended[-1][:2], said.removeprefix(progress))]:
        assert code == 1, error
        assert told["exit_code"] == 1
        assert error == f"error: {told['error']}\n"
        assert told["error"].startswith(f"Kafka at {bootstrap} does not answer (")


async def test_brevo_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    """Without the status of an answer that never came."""
    (tmp_path / "rollcall.yaml").write_text(FILE, encoding="utf-8")
    variables = {
        "ROLLCALL_CONFIG": str(tmp_path / "rollcall.yaml"),
        "BREVO_API_BASE_URL": f"http://127.0.0.1:{free_port()}/v3",
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
    }
    code, _, error = await rollcall(variables, "brevo", "plan", "--json")
    assert code == 1
    assert error == ("error: Brevo, GET /contacts/attributes: no connection to Brevo came about; try again later\n")


def test_command_gives_a_hung_kafka_up_in_time() -> None:
    """Within the 10 s that a person waits, with what Python itself needs; a client's default is 40 s."""
    assert KafkaConnection("127.0.0.1:9092").command_options()["request_timeout_ms"] <= 8_000


async def test_ctrl_c_at_any_moment_shows_no_traceback(tmp_path: Path) -> None:
    """While the command is imported, too."""
    pauses = [number * 0.05 for number in range(10)]
    (tmp_path / "rollcall.yaml").write_text(FILE, encoding="utf-8")

    # Python's own first milliseconds are nobody's to catch: it begins once ours minds the signal.
    program = """
import signal, sys, ops.entry
minds = signal.signal
def told(*what):
    signal.signal = minds
    before = minds(*what)
    print("begun", flush=True)
    return before
signal.signal = told
sys.exit(ops.entry.main())
"""

    async def interrupted(pause: float) -> tuple[int | None, str]:
        command, log = [sys.executable, "-c", program, "sandbox", "zoom"], tmp_path / f"{pause:.2f}.log"
        with running(command, log=log, env={}, cwd=tmp_path) as process:

            async def begun() -> bool:
                return "begun" in process.output()

            await eventually(begun, what="it begins", tell=process.describe)
            await asyncio.sleep(pause)
            process.signal(signal.SIGINT)
            return await asyncio.to_thread(process.wait), process.output()

    for pause in pauses:
        code, output = await interrupted(pause)
        assert "Traceback" not in output, f"after {pause:.2f} s: {output}"
        assert code in (0, 130, -signal.SIGINT), f"after {pause:.2f} s: {code}"
