"""Records of strangers on every topic that the worker reads: it goes on, each is handled or a dead letter."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from processors.agents import SPECS
from processors.engine.naming import APP_ID
from schemas.letters import LETTER_ID, letter_id
from schemas.topic import Topic
from schemas.topics import ENGAGEMENT_TICKS as SWEEPS
from schemas.topics import RAW_EVENTS
from tests.support.acts import acts
from tests.support.foreign_records import produce_strange
from tests.support.installation import Installation, installation
from tests.support.kafka import Message, committed_offsets, end_offsets, produce, read_to_end
from tests.support.processes import eventually, rollcall_command
from tests.support.service import Service

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
SOURCES = tuple({topic.name: topic for spec in SPECS for topic in spec.sources}.values())
WRONG: tuple[Any, ...] = (
    *(None, -1, 2**63, 1e300, "", "\0|#\u2028", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", [], {}, True),
    *("x" * 70_000, "a@b.c" * 400, list(range(2_000))),
)
CODECS = (None, "gzip", "lz4", "snappy", "zstd")


def samples(topic: Topic) -> list[bytes]:
    """Records as they should be: what is mutated is nearly right."""
    folder = EXAMPLES / topic.name.replace(".bulk", "")
    found = [path.read_bytes() for path in sorted(folder.glob("*.json"))]
    assert found, folder
    return found


def _own_key(value: bytes) -> bytes:
    """The key under which a sample belongs."""
    tree = orjson.loads(value)
    key = tree.get("contact_id") or tree.get("account_id") or tree.get("object_id") if isinstance(tree, dict) else None
    return str(key or "k").encode()


def is_object(value: bytes | None) -> bool:
    """Whether a record's value is a JSON object, which no record of ours is without."""
    try:
        return isinstance(orjson.loads(value or b""), dict)
    except ValueError:
        return False


class Stranger:
    """Writes records that nobody should: random ones, and good ones with something wrong."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def record(self, topic: Topic) -> Message:
        """One record, with headers and key of any kind.

        Six of ten are good ones under their own keys: of more dead letters than that the breaker makes an end.
        """
        random = self._random
        headers = tuple(
            (random.choice(("origin", "rollcall-attempts", "ce_source", "x", "\N{SNOWMAN}")), random.randbytes(9))
            for _ in range(random.choice((0, 0, 1, 3, 40)))
        )
        if random.random() < 0.6:
            value: bytes | None = self._good(topic)
            return Message(value, _own_key(value or b""), partition=random.randrange(6))
        value = random.choice((self._noise, self._mutated, self._rewritten))(topic)
        key = random.choice((None, b"", b"k", random.randbytes(20), str(random.randrange(10**11)).encode()))
        if key is None and (value is None or topic.cleanup == "compact"):  # a producer, or the broker, refuses it
            key = b"k"
        return Message(value, key, headers, partition=random.randrange(6))

    def _noise(self, _topic: Topic) -> bytes | None:
        size = self._random.choice((0, 1, 30, 3_000, 200_000))
        return self._random.choice((None, self._random.randbytes(size), b"[" * size, b'"' + b"a" * size + b'"'))

    def _good(self, topic: Topic) -> bytes:
        return self._random.choice(samples(topic))

    def _mutated(self, topic: Topic) -> bytes:
        body = bytearray(self._good(topic))
        for _ in range(self._random.choice((1, 2, 9))):
            body[self._random.randrange(len(body))] = self._random.randrange(256)
        return bytes(body)

    def _rewritten(self, topic: Topic) -> bytes:
        """Valid JSON in which one value is of another kind, or far too large."""
        tree: Any = orjson.loads(self._good(topic))
        wrong = self._random.choice(WRONG)
        node = tree
        while isinstance(node, dict) and node:
            key = self._random.choice(list(node))
            if not isinstance(node[key], dict) or self._random.random() < 0.2:
                node[key] = wrong
                break
            node = node[key]
        try:
            return orjson.dumps(tree)
        except TypeError:  # an integer that JSON writers refuse
            return b"{}"


async def feed(home: Installation, seed: int, count: int) -> int:
    """Records on all topics, in batches of one codec each; returns how many."""
    stranger, random = Stranger(seed), Random(seed)
    bootstrap = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
    for start in range(0, count, 100):
        topic = SOURCES[start // 100 % len(SOURCES)]
        records = [stranger.record(topic) for _ in range(min(100, count - start))]
        await produce(bootstrap, home.physical(topic), records, codec=random.choice(CODECS))
    return count


async def until_handled(home: Installation, worker: Service, timeout_seconds: float) -> None:
    """Until every record of every topic is acknowledged; the records that follow from them, too."""
    bootstrap = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
    group = f"{home.wiring.kafka['KAFKA_TOPIC_PREFIX']}{APP_ID}"

    async def all_of_them() -> bool:
        assert worker.process.exit_code is None, worker.process.describe()
        for topic in SOURCES:
            ends = await end_offsets(bootstrap, home.physical(topic))
            if await committed_offsets(bootstrap, group, home.physical(topic)) != {p: e for p, e in ends.items() if e}:
                return False
        return True

    await eventually(all_of_them, timeout_seconds=timeout_seconds, what="all is handled", tell=home.last_words)


async def longest_silence(worker: Service, stop: asyncio.Event) -> float:
    """The longest time that the worker's own port took to answer, in seconds: its loop was held up for so long."""
    longest = 0.0
    while not stop.is_set():
        began = time.monotonic()
        await worker.figure("rollcall_worker_records_total")
        longest = max(longest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    return longest


async def check_each(home: Installation, worker: Service) -> None:
    """Every record of every topic was handled; of those that are no object each is a letter that says where it was."""
    bootstrap = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
    for topic in SOURCES:
        records = await read_to_end(bootstrap, home.physical(topic))
        for spec in SPECS:
            if topic in spec.sources:
                handled = await worker.figure("rollcall_worker_records_total", agent=spec.name, topic=topic.name)
                assert handled == len(records), (spec.name, topic.name)
        if topic.dead_letters:
            check_letters(topic, records, await read_to_end(bootstrap, home.physical(topic.dead_letter)))


def check_letters(topic: Topic, records: Sequence[Message], letters: Sequence[Message]) -> None:
    """One letter for each record that cannot be used, however often it came; none for what nobody wrote."""
    by_place = {f"{topic.name}/{record.partition}/{record.offset}": record for record in records}
    found = set()
    for letter in letters:
        headers = dict(letter.headers)
        origin = by_place[headers["rollcall-source"].decode()]
        found.add(headers[LETTER_ID].decode())
        assert headers[LETTER_ID].decode() == letter_id(topic.name, origin.key, origin.value)
        assert headers["rollcall-reason"]
        if "rollcall-cut-bytes" not in headers:
            assert (letter.key, letter.value) == (origin.key, origin.value)
    if topic is SWEEPS:  # which nobody looks into while the sweep is off
        return
    unusable = {letter_id(topic.name, record.key, record.value) for record in records if not is_object(record.value)}
    assert unusable - found == set(), topic.name


async def fuzz(home: Installation, seed: int, count: int, timeout_seconds: float) -> float:
    """The worker under so many records; returns the longest silence. The breaker stays closed."""
    worker = home.start_worker()
    await worker.until_ready()
    stop = asyncio.Event()
    watching = asyncio.create_task(longest_silence(worker, stop))
    await feed(home, seed, count)
    await until_handled(home, worker, timeout_seconds)
    await check_each(home, worker)
    bootstrap = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
    for topic in SOURCES:
        await produce_strange(bootstrap, home.physical(topic), is_compacted=topic.cleanup == "compact")
    await until_handled(home, worker, timeout_seconds)
    stop.set()
    silence = await watching
    assert await worker.stop() == 0, worker.process.describe()
    assert "Traceback" not in worker.process.output(), worker.process.output()[-5_000:]
    return silence


@pytest.mark.parametrize("seed", [1, 2])
async def test_records_of_strangers_on_every_topic_are_handled_or_dead_letters(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, seed: int
) -> None:
    """The worker neither ends nor leaves a record behind; what it could not use says why, without its content."""
    async with installation(kafka_bootstrap, topic_prefix, tmp_path, partitions=6) as home:
        await fuzz(home, seed, 600, 60)
        letters: Counter[str] = Counter()
        for topic in SOURCES:
            if not topic.dead_letters:
                continue
            letters[topic.name] += sum((await end_offsets(kafka_bootstrap, home.physical(topic.dead_letter))).values())
        assert len(letters) >= 5
        assert letters.total() > 100


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(3))
async def test_twenty_thousand_records_of_strangers_never_stall_the_worker(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, seed: int
) -> None:
    """Its loop is never held up for more than two seconds."""
    async with installation(kafka_bootstrap, topic_prefix, tmp_path, partitions=6) as home:
        silence = await fuzz(home, seed, 20_000, 400)
        print(f"seed {seed}: the longest silence was {silence:.2f} s")  # noqa: T201 (a figure for people)
        assert silence < 2


async def test_open_breaker_stays_open_over_restarts_until_a_person_lets_it_go_on(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """150 garbage records make a hundred dead letters and not one more, however often the worker is started."""
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        worker = home.start_worker()
        await worker.until_ready()
        raw = home.physical(RAW_EVENTS)
        await produce(
            kafka_bootstrap, raw, [Message(b"garbage %d" % number, b"k", partition=0) for number in range(150)]
        )
        assert await asyncio.to_thread(worker.process.wait) == 70, worker.process.describe()
        letters = home.physical(RAW_EVENTS.dead_letter)
        for _ in range(2):
            worker = home.start_worker()

            async def says_so(worker: Service = worker) -> bool:
                return "rollcall worker --resume" in await worker.reasons()

            await worker.until_unready()
            await eventually(says_so, what="readiness names the way out", tell=worker.process.describe)
            assert len(await read_to_end(kafka_bootstrap, letters)) == 100
            assert await worker.stop() == 0, worker.process.describe()

        worker = home.start_worker()
        await worker.until_unready()
        resumed = await asyncio.to_thread(
            subprocess.run,
            rollcall_command("worker", "--resume"),
            env=home.wiring.worker("worker"),
            capture_output=True,
            text=True,
            check=True,
        )
        assert "goes on: track-attendance stopped at zoom.events.raw.v1/0/100" in resumed.stdout
        (entry,) = await acts(kafka_bootstrap, topic_prefix)
        assert (entry.action, entry.subject) == ("worker.resume", "track-attendance")
        assert entry.details["source"] == "zoom.events.raw.v1/0/100"
        await worker.until_ready()
        await until_handled(home, worker, 60)
        assert len(await read_to_end(kafka_bootstrap, letters)) == 150
        assert await worker.stop() == 0, worker.process.describe()
