"""What is attacked, and what is seen meanwhile: a real ingress, and somebody who delivers meanwhile."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from sandbox.kafka.ports import free_port
from schemas.topics import QUARANTINE, RAW_EVENTS
from tests.support.ingress import ACCOUNT, SECRET, as_zoom_writes, signed_headers
from tests.support.kafka import end_offsets, read_to_end
from tests.support.processes import Process, eventually, module_command, running

WITHIN_SECONDS = 1.0
"""For a valid delivery to be answered, whatever else goes on; Zoom itself waits for 3."""
MARK = "Maya-Okafor-hunter2"
"""In whatever an attacker sends: a name, a passcode. It is looked for in logs, figures and records' headers."""
_EVERY_SECONDS = 0.1
_BODY_AFTER_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Attack:
    """One row of the table. Rows of other rooms (records, answers of Zoom and Brevo, accounts) have the same form.

    Args:
        name: what the attacker does.
        before: what it did to a process without the limits, and when that was seen.
        run: attacks the stage for so many seconds.
        counted: the label under which the ingress counts what it refused; without a count the attack did not get there.
        records: of the attacker's, how many may be left in Kafka.
        at_least_seconds: the short form, too, runs it for so long.
    """

    name: str
    before: str
    run: Callable[[Stage, float], Awaitable[None]]
    counted: str
    records: int = 0
    at_least_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of the others while an attack ran."""

    valid: int
    in_time: int
    slowest_seconds: float
    probes: int
    probes_in_time: int
    records: int
    """In Kafka that nobody but the attacker can have written."""
    log_bytes: int
    memory_mib: float
    """More than before."""
    refused: int
    """Of the attack, by the ingress's own count."""

    def fault(self, allowed_records: int) -> str:
        """Why the limits did not hold; ``""``: they did."""
        faults = {
            "valid deliveries": not self.valid or self.in_time < self.valid,
            "health": not self.probes or self.probes_in_time < self.probes,
            "records": self.records > allowed_records,
            "log": self.log_bytes > 20_000,
            "memory": self.memory_mib > 200,
            "the attack did not get there": not self.refused,
        }
        return ", ".join(name for name, is_bad in faults.items() if is_bad)


@dataclass
class Stage:
    """A running installation under attack."""

    bootstrap: str
    prefix: str
    port: int
    admin: int
    ingress: Process
    delivered: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    async def in_child(self, attack: Callable[[int, float], None], seconds: float, *, port: int | None = None) -> None:
        """Run an attacker in a process of its own, so that what it costs is not taken for what it does."""
        child = multiprocessing.get_context("spawn").Process(target=attack, args=(port or self.port, seconds))
        child.start()
        await asyncio.to_thread(child.join, seconds + 30)
        if child.exitcode != 0:
            child.kill()
            raise RuntimeError(f"the attacker itself failed: {attack.__name__} ended with {child.exitcode}")

    async def watch(self, attack: Attack, seconds: float) -> Seen:
        """Attack, and deliver and probe all the while."""
        log, memory, records = self.ingress.log.stat().st_size, self._memory(), await self._records()
        refused = await self._refused(attack.counted)
        valid: list[float | None] = []
        probes: list[float | None] = []
        over = asyncio.Event()
        others = asyncio.gather(self._every(over, self.deliver, valid), self._every(over, self._probe, probes))
        try:
            await attack.run(self, max(seconds, attack.at_least_seconds))
        finally:
            over.set()
            await others
        accepted = sum(seconds is not None for seconds in valid)
        self.delivered += accepted
        return Seen(
            valid=len(valid),
            in_time=sum(seconds is not None and seconds <= WITHIN_SECONDS for seconds in valid),
            slowest_seconds=max((seconds or 99.0 for seconds in valid), default=0.0),
            probes=len(probes),
            probes_in_time=sum(probe is not None and probe <= WITHIN_SECONDS for probe in probes),
            records=await self._records() - records - accepted,
            log_bytes=self.ingress.log.stat().st_size - log,
            memory_mib=self._memory() - memory,
            refused=await self._refused(attack.counted) - refused,
        )

    async def traces(self) -> list[str]:
        """Where anything that an attacker sent can be read: in the log, the figures or a record's headers."""
        found = ["log"] if MARK in self.ingress.output() else []
        found += ["figures"] if MARK in await self._figures() else []
        for topic in (RAW_EVENTS, QUARANTINE):
            for message in await read_to_end(self.bootstrap, topic.physical(self.prefix)):
                if any(MARK.encode() in value for _, value in message.headers):
                    found.append(f"headers on {topic.name}")
                    break
        return found

    async def deliver(self) -> bool:
        """One delivery that nobody has sent before, on a connection of its own, its body after its headers."""
        body = as_zoom_writes({"event": "x.y", "event_ts": next(self._numbers), "payload": {"account_id": ACCOUNT}})
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed_headers(body).items())
        head = f"POST /webhooks/zoom HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(head.encode())
            await asyncio.sleep(_BODY_AFTER_SECONDS)
            writer.write(body)
            return b" 200 " in await reader.readline()
        finally:
            writer.transport.abort()

    async def _probe(self) -> bool:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.admin}/health/ready") as answer,
        ):
            return answer.status == 200

    async def _every(self, over: asyncio.Event, ask: Callable[[], Awaitable[bool]], times: list[float | None]) -> None:
        """Ask ten times a second, not waiting for answers; `None` in the times: none, a wrong one, or after 5 s."""

        async def once() -> None:
            began = time.monotonic()
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with asyncio.timeout(5):
                    if await ask():
                        times.append(time.monotonic() - began)
                        return
            times.append(None)

        async with asyncio.TaskGroup() as asking:
            while not over.is_set():
                asking.create_task(once())
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), _EVERY_SECONDS)

    async def _figures(self) -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.admin}/metrics") as answer,
        ):
            return await answer.text()

    async def _refused(self, label: str) -> int:
        found = re.findall(rf'_total{{\w+="{label}"}} ([\d.e+]+)$', await self._figures(), re.MULTILINE)
        return int(sum(map(float, found)))

    async def _records(self) -> int:
        topics = [topic.physical(self.prefix) for topic in (RAW_EVENTS, QUARANTINE)]
        return sum([sum((await end_offsets(self.bootstrap, topic)).values()) for topic in topics])

    def _memory(self) -> float:
        status = Path(f"/proc/{self.ingress.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(found[1]) / 1_024 if found else 0.0


@asynccontextmanager
async def staged(bootstrap: str, folder: Path) -> AsyncIterator[Stage]:
    """An ingress that talks as much as it can: `debug`, `log_webhooks`."""
    port, admin, prefix = free_port(), free_port(), "attack-"
    (folder / "rollcall.yaml").write_text(
        f"connectors: {{zoom: {{account_id: {ACCOUNT}, debug: true, log_webhooks: true, "
        f"webhook: {{secret_token: {SECRET.decode()}}}}}}}\n"
    )
    env = {
        "ROLLCALL_CONFIG": str(folder / "rollcall.yaml"),
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KAFKA_TOPIC_PREFIX": prefix,
        "INGRESS_HOST": "127.0.0.1",
        "INGRESS_PORT": str(port),
        "ADMIN_PORT": str(admin),
    }
    with running(module_command("ingress"), log=folder / "ingress.log", env=env) as process:
        await process.until_http(f"http://127.0.0.1:{admin}/health/ready")
        stage = Stage(bootstrap, prefix, port, admin, process)
        await eventually(stage.deliver, what="a first delivery is accepted")
        yield stage
