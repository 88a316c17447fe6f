"""A replay that is killed, paused and resumed, with real processes: nothing changes, nobody is told anything again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest

from ingress.envelope import Delivery, to_record
from runtime.exits import FOUND_WRONG, USAGE
from sandbox.simulator import World
from schemas.replays import REPLAY_COUNT, REPLAY_ID, REPLAY_OF
from schemas.topics import RAW_EVENTS
from tests.support.acts import acts
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.kafka import Message, end_offsets, produce, read_to_end
from tests.support.pressing import OPERATOR, operator
from tests.support.processes import eventually
from tests.support.replays import ZEROS, Replaying, kept, replaying
from tests.support.service import Service

_REASON = ("--reason", "a release could not read some")


async def copies(home: Installation, replay_id: str | None = None) -> list[Message]:
    """Of one replay, or of all."""
    bootstrap = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
    found = await read_to_end(bootstrap, home.physical(RAW_EVENTS))
    wanted = None if replay_id is None else replay_id.encode()
    return [
        record
        for record in found
        if REPLAY_OF in dict(record.headers) and wanted in (None, dict(record.headers)[REPLAY_ID])
    ]


async def only(home: Installation) -> str:
    """The id of the one replay that there is."""
    (known,) = (await replaying(home, "status"))["replays"]
    replay_id: str = known["replay_id"]
    return replay_id


async def stored(home: Installation) -> int:
    """How many raw events there are."""
    bootstrap = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
    return sum((await end_offsets(bootstrap, home.physical(RAW_EVENTS))).values())


async def until_stored(home: Installation, at_least: int) -> None:
    """Wait for so many."""

    async def there() -> bool:
        return await stored(home) >= at_least

    await eventually(there, timeout_seconds=90, what=f"{at_least} are there", tell=home.last_words)


async def test_replay_that_is_killed_paused_and_resumed_publishes_each_once_and_changes_nothing(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Tables and Brevo are equal, the report counts no consequences, the second time neither; every act is noted."""
    world: World = webinar(30, seed=11)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await ingress.until_ready()
        await worker.until_ready()
        await home.send(world)
        await home.until_true(await truth_about(world))
        await home.until_idle(worker)
        tables, held, events, writes = await kept(home), home.held(), home.events(), home.writes()
        originals = await read_to_end(kafka_bootstrap, home.physical(RAW_EVENTS))

        plan = await replaying(home, "plan", "session=latest")
        assert (plan["selected"], plan["copies"]) == (len(originals), 0)
        assert sum(plan["partitions"].values()) == sum(plan["types"].values()) == len(originals)
        await replaying(home, "apply", "session=latest", "--yes", *_REASON, code=USAGE)
        wrong = ("--yes", "--expect", str(len(originals) + 1))
        await replaying(home, "apply", "session=latest", *wrong, *_REASON, code=FOUND_WRONG)
        assert await copies(home) == []

        right = ("apply", "session=latest", "--yes", "--expect", str(len(originals)), *_REASON)
        first = Replaying(home, *right, "--rate", "4")
        await until_stored(home, len(originals) + 10)
        first.kill()
        replay_id = await only(home)
        second = Replaying(home, "resume", replay_id)
        await until_stored(home, len(originals) + 30)
        async with operator(home.wiring.worker(), tmp_path) as ana:
            assert f"{replay_id} is paused" in await ana.does("replay.pause", "too fast", which=replay_id)
            paused = await second.ended()
            assert (paused["state"], paused["report"]) == ("paused", None)
            assert paused["published"] == len(await copies(home, replay_id)) < len(originals)
            assert "paused" in await ana.looks("replay.resume", which=replay_id)
            said = await ana.does("replay.resume", "go on", which=replay_id, rate="2000")
            assert f"{replay_id} is done: {len(originals)} of {len(originals)} published" in said
            again_said = await ana.does("replay", "once more", which="session=latest", rate="2000")
        done = await replaying(home, "status", replay_id)

        assert (done["state"], done["published"]) == ("done", len(originals))
        assert done["report"].items() >= {**ZEROS, "published": len(originals)}.items()
        made = await copies(home, replay_id)
        check_copies(originals, made, count=b"1")
        again = await replaying(home, "status", again_said.partition(" ")[0])
        assert (again["state"], again["operator"]) == ("done", OPERATOR)
        assert again["report"].items() >= {**ZEROS, "published": len(originals)}.items()
        check_copies(originals, await copies(home, again["replay_id"]), count=b"2")
        counted = await replaying(home, "status", replay_id)
        assert counted["report"] == done["report"]
        results = await replaying(home, "plan", "topic=results")
        expected = ("--yes", "--expect", str(results["selected"]), "--rate", "2000")
        facts = await replaying(home, "apply", "topic=results", *expected, *_REASON)
        assert results["selected"] == facts["published"] > 30
        assert facts["report"].items() >= {**ZEROS, "published": results["selected"]}.items()
        assert (await kept(home), home.held()) == (tables, held)
        assert (home.events(), home.writes()) == (events, writes)
        told = [(entry.action, entry.subject) for entry in await acts(kafka_bootstrap, topic_prefix)]
        assert told == [
            *((f"replay{act}", replay_id) for act in (".begin", ".resume", ".pause", ".resume", "")),
            ("replay.begin", again["replay_id"]),
            ("replay", again["replay_id"]),
            ("replay.begin", facts["replay_id"]),
            ("replay", facts["replay_id"]),
        ]
        assert (await worker.stop(), await ingress.stop()) == (0, 0)


def check_copies(originals: list[Message], made: list[Message], *, count: bytes) -> None:
    """Each original once, in its partition, with its key, value, time and headers."""
    by_place = {f"{RAW_EVENTS.name}/{original.partition}/{original.offset}": original for original in originals}
    of = Counter(dict(copy.headers)[REPLAY_OF].decode() for copy in made)
    assert of == dict.fromkeys(by_place, 1)
    for copy in made:
        headers = dict(copy.headers)
        original = by_place[headers[REPLAY_OF].decode()]
        assert headers[REPLAY_COUNT] == count
        assert (copy.key, copy.value, copy.partition, copy.timestamp_ms) == (
            original.key,
            original.value,
            original.partition,
            original.timestamp_ms,
        )
        assert set(original.headers) < set(copy.headers)


SESSIONS, PEOPLE, LEAST = 200, 60, 50_000
KILLED_AT = (8_000, 21_000, 36_000)
_FEW = "events: {registered: false, attended: false}"
"""Only who stayed away: with all events Brevo's limits alone would take a quarter of an hour."""


@pytest.mark.torture
async def test_replay_of_fifty_thousand_events_killed_three_times_changes_nothing(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Equal tables, an equal Brevo, no event; each original is copied once; the second time it says zeros."""
    worlds = [webinar(PEOPLE, seed) for seed in range(SESSIONS)]
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        file = home.directory / "rollcall.yaml"
        file.write_text(file.read_text().replace("events_per_second: 200", f"events_per_second: 400, {_FEW}"))
        await home.enlist(*worlds)
        worker = home.start_worker()
        await worker.until_ready()
        await produce(kafka_bootstrap, home.physical(RAW_EVENTS), received(worlds))
        await until_still(home, worker)
        originals = await read_to_end(kafka_bootstrap, home.physical(RAW_EVENTS))
        tables, held, events, writes = await kept(home), home.held(), home.events(), home.writes()
        assert len(originals) >= LEAST
        assert events > SESSIONS, "somebody was told something"

        right = ("apply", "topic=raw", "--yes", "--expect", str(len(originals)), *_REASON)
        running = Replaying(home, *right)
        for killed_at in KILLED_AT:
            await until_stored(home, len(originals) + killed_at)
            running.kill()
            running = Replaying(home, "resume", await only(home))
        done = await running.ended(seconds=300)
        assert done["report"].items() >= {**ZEROS, "published": len(originals)}.items()
        check_copies(originals, await copies(home, done["replay_id"]), count=b"1")
        again = await replaying(home, *right, "--rate", "10000")
        assert again["report"].items() >= {**ZEROS, "published": len(originals)}.items()
        assert (await kept(home), home.held()) == (tables, held)
        assert (home.events(), home.writes()) == (events, writes)
        assert await worker.stop() == 0


def received(worlds: Sequence[World]) -> Iterator[Message]:
    """What the ingress would have published of them."""
    for world in worlds:
        for sent in world.deliveries:
            delivery = Delivery(sent.body, b"", b"", sent.request_id, time.time())
            record = to_record(delivery, orjson.loads(sent.body), "-")
            yield Message(record.value, record.key, tuple(record.headers), timestamp_ms=record.timestamp_ms)


async def until_still(home: Installation, worker: Service) -> None:
    """Wait until nothing is open, and nothing has moved for ten seconds: Brevo takes some minutes for all."""
    before, since = (-1.0, -1), time.monotonic()

    async def still() -> bool:
        nonlocal before, since
        home.check_alive()
        names = ("rollcall_worker_lag_records", "rollcall_brevo_waiting", "rollcall_zoom_lookups_pending")
        handled, *still_open = await worker.figures("rollcall_worker_records_total", *names)
        now = (handled, home.brevo.state.calls.paths.total())
        if now != before or any(still_open):
            before, since = now, time.monotonic()
        return time.monotonic() - since > 10

    await eventually(still, timeout_seconds=900, what="all is handled", tell=home.last_words, pause_seconds=0.25)
