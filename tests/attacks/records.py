"""Attacks by records: what no event should be, on the topic that the worker reads, and another account's events."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from processors.engine.naming import APP_ID
from sandbox.simulator import World
from sandbox.truth.comparison import compare
from schemas.topics import QUARANTINE, RAW_EVENTS
from tests.attacks.stage import MARK
from tests.support.foreign_records import produce_strange
from tests.support.ingress import as_zoom_writes, example, signed_headers
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.kafka import Message, admin, committed_offsets, end_offsets, produce, read_to_end
from tests.support.processes import eventually, rollcall_command
from tests.support.service import Service
from tests.support.strangers import NAMES, SECRET, add_account, forged, registrants

MOST_SECONDS, MOST_SILENT_SECONDS, MOST_MEMORY_MIB = 90.0, 5.0, 200.0
_STOPPED = 70
_GARBAGE = 150
_ODD_TIMES = ("0000-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "12026-08-12T14:00:00Z")


@dataclass(frozen=True, slots=True)
class RecordAttack:
    """One row of the table.

    Args:
        name: what is written.
        before: what it did to a worker without the limits.
        run: writes it; returns what it came to, in a few words.
        letters: how many dead letters it leaves.
    """

    name: str
    before: str
    run: Callable[[Hall], Awaitable[str]]
    letters: int


@dataclass(frozen=True, slots=True)
class Left:
    """What an attack left behind."""

    came: str
    letters: int
    handled_seconds: float
    """From the attack's end until all is acknowledged, a valid delivery behind it too."""
    silence_seconds: float
    """The longest answer of the worker's own port: for so long its loop was held up."""
    memory_mib: float
    """More than before."""

    def fault(self, attack: RecordAttack) -> str:
        """Why it did not hold; ``""``: it did."""
        faults = {
            f"{self.letters} dead letters instead of {attack.letters}": self.letters != attack.letters,
            "a stall": self.silence_seconds > MOST_SILENT_SECONDS,
            "memory": self.memory_mib > MOST_MEMORY_MIB,
        }
        return ", ".join(name for name, is_bad in faults.items() if is_bad)


@dataclass
class Hall:
    """A running installation of two accounts: ingress and worker, Zoom and Brevo as sandboxes."""

    bootstrap: str
    home: Installation
    ingress: Service
    worker: Service

    @property
    def raw(self) -> str:
        """The topic that is written to."""
        return self.home.physical(RAW_EVENTS)

    async def watch(self, attack: RecordAttack) -> Left:
        """Run it, and wait until the worker is through with it and with what is delivered behind it."""
        letters, memory = await self._letters(), self._memory()
        over = asyncio.Event()
        watching = asyncio.create_task(self._longest_silence(over))
        came = await attack.run(self)
        began = time.monotonic()
        await self.deliver()
        await self.until_handled()
        seconds = time.monotonic() - began
        over.set()
        found = await self._letters() - letters
        return Left(came, found, seconds, await watching, self._memory() - memory)

    async def deliver(self, body: bytes | None = None, *, secret: bytes | None = None) -> None:
        """Send a delivery that is answered 200; by default a valid one that nobody has sent before."""
        if body is None:
            event = example("meeting.started__plain")
            event["event_ts"] = time.time_ns() // 1_000_000
            body = as_zoom_writes(event)
        headers = signed_headers(body, secret=secret or self.home.wiring.webhook_secret.encode())
        url = f"http://127.0.0.1:{self.home.port}/webhooks/zoom"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            if answer.status != 200:
                raise RuntimeError(f"a delivery is answered {answer.status}")

    async def until_handled(self) -> None:
        """Until every record of the topic is acknowledged; a worker that has ended is an error."""
        group = f"{self.home.wiring.kafka['KAFKA_TOPIC_PREFIX']}{APP_ID}"

        async def handled() -> bool:
            if self.worker.process.exit_code is not None:
                raise RuntimeError(self.worker.process.describe())
            ends = await end_offsets(self.bootstrap, self.raw)
            return await committed_offsets(self.bootstrap, group, self.raw) == {p: e for p, e in ends.items() if e}

        await eventually(handled, timeout_seconds=MOST_SECONDS, what="all is handled", tell=self.home.last_words)

    async def traces(self) -> list[str]:
        """Where anything that an attacker wrote can be read, besides the records' own values."""
        found = [
            name for name, text in {"the logs": self.home.last_words(), **await self._figures()}.items() if MARK in text
        ]
        for letter in await read_to_end(self.bootstrap, self.home.physical(RAW_EVENTS.dead_letter)):
            if any(MARK.encode() in value for _, value in letter.headers):
                found.append("headers of dead letters")
                break
        return found

    async def _figures(self) -> dict[str, str]:
        async with aiohttp.ClientSession() as session:
            texts = {}
            for service in (self.ingress, self.worker):
                async with session.get(f"{service.admin_url}/metrics") as answer:
                    texts[f"the figures at {service.admin_url}"] = await answer.text()
        return texts

    async def _letters(self) -> int:
        return sum((await end_offsets(self.bootstrap, self.home.physical(RAW_EVENTS.dead_letter))).values())

    async def _longest_silence(self, over: asyncio.Event) -> float:
        longest, worker = 0.0, self.worker
        while not over.is_set() and worker is self.worker:  # a start is no stall
            began = time.monotonic()
            with suppress(aiohttp.ClientError):  # it has ended, as one attack makes it do
                await self.worker.figure("rollcall_worker_records_total")
                longest = max(longest, time.monotonic() - began)
            await asyncio.sleep(0.1)
        return longest

    def _memory(self) -> float:
        status = Path(f"/proc/{self.worker.process.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(found[1]) / 1_024 if found else 0.0


async def _codecs(hall: Hall) -> str:
    for codec in ("lz4", "zstd", "snappy", "producer"):
        wanted = {"compression.type": codec, "max.message.bytes": str(RAW_EVENTS.max_message_bytes)}
        async with admin(hall.bootstrap) as client:
            await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, hall.raw, wanted)])
        await asyncio.gather(*(hall.deliver() for _ in range(10)))
        await hall.until_handled()
    return "all are read"


async def _control_characters(hall: Hall) -> str:
    event = example("meeting.participant_joined__host")
    event["payload"]["object"]["participant"]["user_name"] = MARK + "\1" * 40_000
    event["payload"]["object"]["topic"] = "\1" * 210_000
    await hall.deliver(as_zoom_writes(event).replace(b"\\u0001", b"\1"))
    return "accepted, and handled"


async def _strange(hall: Hall) -> str:
    count = await produce_strange(hall.bootstrap, hall.raw)
    return f"a dead letter each: {count}"


async def _odd_instants(hall: Hall) -> str:
    records = []
    for name in ("meeting.started__plain", "meeting.ended__plain"):
        for text in _ODD_TIMES:
            event = example(name)
            event["payload"]["object"] |= {"start_time": text, "end_time": text, "topic": MARK}
            records.append(Message(as_zoom_writes(event), b"k"))
        event = example(name)
        event["payload"]["object"] |= {"id": "7" * 70_000, "topic": MARK}
        records.append(Message(as_zoom_writes(event), b"k"))
    await produce(hall.bootstrap, hall.raw, records)
    return "refused before they reach a table"


async def _breaker(hall: Hall) -> str:
    """A worker that stops, and again after a restart; then the one documented command, and all is handled."""
    garbage = [Message(f"{MARK} {number}".encode(), b"k", partition=0) for number in range(_GARBAGE)]
    before = await hall._letters()
    await produce(hall.bootstrap, hall.raw, garbage)
    if await asyncio.to_thread(hall.worker.process.wait) != _STOPPED:
        raise RuntimeError(hall.worker.process.describe())
    hall.worker = hall.home.start_worker()
    await hall.worker.until_unready()
    made = await hall._letters() - before
    await asyncio.to_thread(
        subprocess.run,
        rollcall_command("worker", "--resume"),
        env=hall.home.wiring.worker("worker"),
        capture_output=True,
        check=True,
    )
    await hall.worker.until_ready()
    return f"stops after {made}, a restart adds none; `rollcall worker --resume` and all are"


async def _account(hall: Hall) -> str:
    """Another account's secret, and every event type about the first one's webinar and people."""
    world: World = webinar(8, seed=61)
    truth = await truth_about(world)
    await hall.home.enlist(world)
    await hall.deliver(forged(NAMES[0], world, registrants(world)[0]), secret=SECRET)
    await hall.home.send(world)
    await hall.home.until_true(truth)
    for name in NAMES:
        await hall.deliver(forged(name, world, registrants(world)[0]), secret=SECRET)

    async def quarantined() -> int | None:
        kept = await read_to_end(hall.bootstrap, hall.home.physical(QUARANTINE))
        reasons = [dict(record.headers)["quarantine-reason"] for record in kept]
        return reasons.count(b"owner") if reasons.count(b"owner") >= len(NAMES) else None

    count = await eventually(quarantined, timeout_seconds=MOST_SECONDS, what="all of it is quarantined")
    await hall.until_handled()
    if differences := compare(truth, hall.home.held()):
        raise RuntimeError(f"Brevo is not as it should be: {differences[0]}")
    return f"{count} of {len(NAMES)} behind the owner's first are quarantined, nobody's contact is touched"


ATTACKS = (
    RecordAttack(
        "The topic's `compression.type` is lz4, zstd, snappy", "a restart every 4 to 10 s, for ever", _codecs, 0
    ),
    RecordAttack("A signed delivery of 250 KB of control characters", "the same", _control_characters, 0),
    RecordAttack(
        "Headers that are null, of 5,000 digits, 600 KB or no UTF-8; no key, no value; 5 MB in a batch of 5 KB",
        "the same",
        _strange,
        9,
    ),
    RecordAttack(
        "Instants before the year 1 and after 9999, an id of 70,000 letters",
        "every tick a dead letter; a stall of 20 s, and again at each start",
        _odd_instants,
        10,
    ),
    RecordAttack("Another account signs every event about a webinar", "the registrant cancelled at Brevo", _account, 0),
    RecordAttack("150 records of garbage", "150 dead letters more at each restart", _breaker, _GARBAGE),
)
"""In the order of the table; the last one stops the worker."""


@asynccontextmanager
async def entered(bootstrap: str, folder: Path) -> AsyncIterator[Hall]:
    """Both processes, ready."""
    async with installation(bootstrap, "records-", folder) as home:
        add_account(home)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())
        yield Hall(bootstrap, home, ingress, worker)
