"""How fast the ingress is, beside two ceilings measured in the same run: `python -m tests.benchmarks.bench_ingress`.

(a) a bare aiohttp handler with the same HMAC, parsing and redaction, but no Kafka; (b) a bare aiokafka producer. Each
runs in a process of its own, in interleaved rounds, so that whatever else the machine does strikes all of them. Compare
the ratios: the absolute figures are the machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web
from aiokafka import AIOKafkaProducer

from ingress.signature import verifying_key
from runtime.lenient_json import parse_json, write_json
from sandbox.kafka import EmbeddedKafka
from sandbox.kafka.ports import free_port
from schemas.redaction import redact
from tests.benchmarks.http_load import Load, measure
from tests.support.ingress import ACCOUNT, KEY, SECRET, as_zoom_writes, example, signed_headers
from tests.support.processes import Process, module_command, running

CONNECTIONS = 64
PREFIX = "bench-"
MOST_PER_SECOND = 16_000
"""Of deliveries that are signed beforehand; a server that is faster than that would be sent the same ones again."""
MODULE = "tests.benchmarks.bench_ingress"
CONFIGURATION = f"connectors: {{zoom: {{account_id: {ACCOUNT}, webhook: {{secret_token: {SECRET.decode()}}}}}}}\n"


@dataclass(frozen=True, slots=True)
class Figures:
    """One round of one contestant."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_seconds_per_10k: float


def main() -> None:
    """Run the benchmark, or one of its servers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each contestant in each round")
    parser.add_argument("--meetings", type=int, default=12, help="how many the deliveries belong to: keys, partitions")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--serve-bare", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--produce", metavar="BOOTSTRAP", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve_bare:
        uvloop.run(serve_bare(arguments.serve_bare))
    elif arguments.produce:
        print(json.dumps(uvloop.run(produce(arguments.produce, arguments.seconds, arguments.meetings))))  # noqa: T201
    else:
        uvloop.run(compare(arguments))


async def compare(arguments: argparse.Namespace) -> None:
    """Interleave the contestants, and print medians and ratios."""
    results: dict[str, list[Figures]] = {"ingress": [], "bare handler": [], "bare producer": []}
    async with AsyncExitStack() as stack:
        kafka = stack.enter_context(EmbeddedKafka(progress=tell))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ingress, port = await stack.enter_async_context(started_ingress(kafka.bootstrap, folder))
        bare, bare_port = await stack.enter_async_context(started_bare(folder))
        for number in range(arguments.rounds + 1):  # the first warms up
            tell(f"round {number} of {arguments.rounds}" if number else "warming up")
            seconds = arguments.seconds if number else 2.0
            loads = deliveries(arguments.meetings, round(seconds * MOST_PER_SECOND))
            one = {
                "ingress": await serve_round(ingress, port, loads, seconds),
                "bare handler": await serve_round(bare, bare_port, loads, seconds),
                "bare producer": await producer_round(kafka.bootstrap, seconds, arguments.meetings),
            }
            if number:
                for name, figures in one.items():
                    results[name].append(figures)
    report({name: median(rounds) for name, rounds in results.items()}, as_json=arguments.json)


def deliveries(meetings: int, count: int) -> list[Load]:
    """Signed deliveries as Zoom sends them, some 650 bytes each, of so many meetings; no two are equal.

    The same one again would be answered as a replay, without Kafka.
    """
    event: dict[str, Any] = example("meeting.participant_joined__host")
    first = time.time_ns() // 1_000_000
    loads = []
    for number in range(count):
        event["event_ts"] = first + number
        event["payload"]["object"]["id"] = str(84215567031 + number % meetings)
        body = as_zoom_writes(event)
        loads.append(Load("/webhooks/zoom", signed_headers(body), body))
    return loads


@asynccontextmanager
async def started_ingress(bootstrap: str, folder: Path) -> AsyncIterator[tuple[Process, int]]:
    """The real process, as `rollcall ingress` runs it."""
    port, admin = free_port(), free_port()
    (folder / "rollcall.yaml").write_text(CONFIGURATION)
    env = {
        "ROLLCALL_CONFIG": str(folder / "rollcall.yaml"),
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KAFKA_TOPIC_PREFIX": PREFIX,
        "INGRESS_HOST": "127.0.0.1",
        "INGRESS_PORT": str(port),
        "ADMIN_PORT": str(admin),
    }
    with running(module_command("ingress"), log=folder / "ingress.log", env=env) as process:
        await process.until_http(f"http://127.0.0.1:{admin}/health/ready")
        yield process, port


@asynccontextmanager
async def started_bare(folder: Path) -> AsyncIterator[tuple[Process, int]]:
    """Ceiling (a)."""
    port = free_port()
    with running(module_command(MODULE, "--serve-bare", str(port)), log=folder / "bare.log") as process:
        await process.until_http(f"http://127.0.0.1:{port}/", status=404)
        yield process, port


async def serve_bare(port: int) -> None:
    """A handler that verifies, parses, redacts and answers, and does nothing else."""

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        timestamp = request.headers["x-zm-request-timestamp"].encode()
        if verifying_key([KEY], timestamp, body, request.headers["x-zm-signature"].encode()) is None:
            return web.Response(status=401)
        tree = parse_json(body)
        redact(tree)
        write_json(tree)
        return web.Response(body=b'{"status":"accepted"}', content_type="application/json")

    app = web.Application()
    app.router.add_post("/webhooks/zoom", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


async def serve_round(process: Process, port: int, loads: Sequence[Load], seconds: float) -> Figures:
    """Load a server, and see what it took."""
    before = cpu_seconds(process.pid)
    measured = await measure("127.0.0.1", port, loads, connections=CONNECTIONS, seconds=seconds)
    if set(measured.statuses) != {200}:
        raise SystemExit(f"not all answers are 200: {measured.statuses}\n{process.describe()}")
    cpu = (cpu_seconds(process.pid) - before) / measured.requests * 10_000
    return Figures(measured.requests / measured.seconds, measured.p50_ms, measured.p99_ms, cpu)


async def producer_round(bootstrap: str, seconds: float, meetings: int) -> Figures:
    """Ceiling (b), in its own process."""
    command = module_command(MODULE, "--produce", bootstrap, "--seconds", str(seconds), "--meetings", str(meetings))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return Figures(**json.loads(output))


async def produce(bootstrap: str, seconds: float, meetings: int) -> dict[str, float]:
    """As many senders as the ingress has connections; each waits for its acknowledgement, `acks=all`."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0, max_batch_size=131_072)
    await producer.start()
    latencies: list[float] = []
    records = [(str(84215567031 + n).encode(), load.body) for n, load in enumerate(deliveries(meetings, meetings))]
    end = time.perf_counter() + seconds

    async def send(number: int) -> None:
        while (began := time.perf_counter()) < end:
            key, value = records[number % len(records)]
            await producer.send_and_wait(f"{PREFIX}zoom.events.raw.v1", value, key=key)
            latencies.append(time.perf_counter() - began)
            number += CONNECTIONS

    try:
        cpu = time.process_time()
        await asyncio.gather(*(send(number) for number in range(CONNECTIONS)))
        cpu = time.process_time() - cpu
    finally:
        await producer.stop()
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "per_second": len(latencies) / seconds,
        "p50_ms": cuts[49] * 1_000,
        "p99_ms": cuts[98] * 1_000,
        "cpu_seconds_per_10k": cpu / len(latencies) * 10_000,
    }


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, user and system."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    ps = shutil.which("ps") or "/bin/ps"
    shown = subprocess.run([ps, "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    seconds = 0.0
    for part in shown.strip().split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def median(rounds: Sequence[Figures]) -> Figures:
    """Of each figure on its own."""
    return Figures(
        *(
            statistics.median(getattr(figures, name) for figures in rounds)
            for name in ("per_second", "p50_ms", "p99_ms", "cpu_seconds_per_10k")
        )
    )


def report(figures: dict[str, Figures], *, as_json: bool) -> None:
    """The table, or one document."""
    own = figures["ingress"]
    ratios = {name: own.per_second / figure.per_second for name, figure in figures.items()}
    # The broker takes cores from the ingress but not from the bare handler; CPU seconds leave it out.
    cpu_ratios = {name: figure.cpu_seconds_per_10k / own.cpu_seconds_per_10k for name, figure in figures.items()}
    if as_json:
        rows = {
            name: {
                "per_second": round(figure.per_second),
                "p50_ms": round(figure.p50_ms, 2),
                "p99_ms": round(figure.p99_ms, 2),
                "cpu_seconds_per_10k": round(figure.cpu_seconds_per_10k, 3),
                "ingress_ratio": round(ratios[name], 3),
                "ingress_cpu_ratio": round(cpu_ratios[name], 3),
            }
            for name, figure in figures.items()
        }
        print(json.dumps(rows, indent=2))  # noqa: T201
        return
    lines = [f"{'':16}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU s/10k':>11}{'ingress is':>12}{'by CPU':>9}"]
    lines += [
        f"{name:16}{figure.per_second:>12,.0f}{figure.p50_ms:>9.2f}{figure.p99_ms:>9.2f}{figure.cpu_seconds_per_10k:>11.2f}"
        f"{ratios[name]:>11.2f}x{cpu_ratios[name]:>8.2f}x"
        for name, figure in figures.items()
    ]
    print("\n".join(lines))  # noqa: T201


def tell(line: str) -> None:
    """Progress, apart from the result."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
