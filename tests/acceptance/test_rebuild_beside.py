"""A rebuild beside the worker: what it asks Zoom, what it may no longer write once it hung, a switch that is killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from processors.engine.naming import rebuild_group
from runtime.exits import INTERNAL
from runtime.kafka import KafkaConnection
from runtime.states import read_states
from sandbox.simulator import World
from schemas.topics import LOOKUP_RESULTS, RAW_EVENTS
from tests.support.acts import acts
from tests.support.broker import Broker
from tests.support.commands import rollcall
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.kafka import Message, admin, end_offsets, produce
from tests.support.killed_after import killed_after
from tests.support.processes import Process, eventually, rollcall_command, running
from tests.support.service import Service

pytestmark = pytest.mark.torture
GARBAGE = 150


async def started(home: Installation, first: World, *later: World) -> tuple[Service, Service]:
    """Ingress and worker, once all is true about the first session; Zoom knows all of them."""
    await home.enlist(first, *later)
    ingress, worker = home.start_ingress(), home.start_worker()
    await ingress.until_ready()
    await home.send(first)
    await home.until_true(await truth_about(first))
    return ingress, worker


async def command(variables: Mapping[str, str], *words: str, code: int = 0) -> Any:
    """The document of `rollcall rebuild …`."""
    ended, told, problem = await rollcall(variables, "rebuild", *words, "--json")
    assert ended == code, (told, problem)
    return told


@contextmanager
def following(home: Installation, name: str, *options: str) -> Iterator[Process]:
    """`rebuild start NAME --follow`, until it is left."""
    words = ("rebuild", "start", name, "--follow", "--json", *options)
    log = home.directory / f"{name}.log"
    with running(rollcall_command(*words), log=log, env=home.wiring.worker()) as process:
        yield process


async def until_equal(home: Installation, name: str) -> None:
    """Wait until a state that follows says the same as the live one."""

    async def equal() -> bool:
        code, told, _ = await rollcall(home.wiring.worker(), "rebuild", "diff", name, "--json")
        return code == 0 and bool(told["looked_at"])

    await eventually(equal, timeout_seconds=120, what=f"{name} is equal to the live state", tell=home.last_words)


async def until_built(home: Installation, name: str) -> None:
    """Wait until a state has caught up for the first time."""
    connection = KafkaConnection.from_environment(home.wiring.kafka)

    async def built() -> bool:
        rebuilt = (await read_states(connection)).rebuilt.get(name)
        return rebuilt is not None and rebuilt.stage == "built"

    await eventually(built, timeout_seconds=120, what=f"{name} has caught up", tell=home.last_words)


async def until_amid(process: Process) -> None:
    """Wait until it has handled some records, and not all."""

    async def amid() -> bool:
        told = process.output().rpartition("going on with shadow")[2].rpartition("records: ")[2].split()
        return len(told) > 2 and told[0].isdecimal() and 0 < int(told[0]) < int(told[2].rstrip(","))

    await eventually(amid, timeout_seconds=60, what="it is amid its work", tell=process.describe)


async def forget_answers(home: Installation) -> None:
    """Zoom's answers are gone, as by the topic's retention."""
    bootstrap, topic = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], home.physical(LOOKUP_RESULTS)
    ends = await end_offsets(bootstrap, topic)
    async with admin(bootstrap) as client:
        await client.delete_records(
            {TopicPartition(topic, number): RecordsToDelete(before_offset=end) for number, end in ends.items() if end}
        )


async def test_rebuild_asks_zoom_what_nobody_kept_an_answer_to(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Without it such questions are counted, and it says so; with it the same state begins anew, and is the live one.

    Garbage is counted.
    """
    world = webinar(30, seed=7)
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home:
        (ingress, worker), variables = await started(home, world), home.wiring.worker()
        await forget_answers(home)

        alone = await command(variables, "start", "alone")
        assert alone["unanswered"] > 0
        code, told, _ = await rollcall(variables, "rebuild", "diff", "alone")
        assert (code, "rollcall rebuild start alone --ask-zoom begins it anew, and asks" in told) == (1, True), told
        again = await command(variables, "start", "alone")
        assert again["unanswered"] == alone["unanswered"], "it goes on where it stood"
        asked = await command(variables, "start", "alone", "--ask-zoom")
        assert (asked["unanswered"], asked["started_at"] > alone["started_at"]) == (0, True)
        found = await command(variables, "diff", "alone")
        assert (found["contacts"], found["facts"], found["scores"]) == ([], [], [])
        assert (await worker.stop(), await ingress.stop()) == (0, 0)

        garbage = (b'{"event":"webinar.ended","event_ts":%d}' % number for number in range(GARBAGE))
        messages = [Message(value, b"garbage") for value in garbage]
        await produce(own_kafka.bootstrap, home.physical(RAW_EVENTS), messages)
        told = await command(variables, "start", "past-garbage")
        assert (told["stage"], told["dead_letters"]) == ("built", GARBAGE), "a breaker would have stopped it"


async def test_rebuild_that_follows_and_hung_writes_nothing_into_the_state_that_has_become_live(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """It follows, is stopped amid its work, and wakes up long after a switch by force: it ends, and all is true."""
    first, second, third = (webinar(30, seed) for seed in (5, 6, 8))
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home:
        (_, worker), variables = await started(home, first, second, third), home.wiring.worker()
        with following(home, "shadow") as process:
            await until_built(home, "shadow")
            await home.send(second)
            await home.until_true(await truth_about(first, second))
            await until_equal(home, "shadow")
            assert process.terminate() == 0
            assert orjson.loads(process.output().splitlines()[-1])["stage"] == "built"
        with following(home, "shadow", "--rate", "10") as process:
            await home.send(third)
            await until_amid(process)
            process.signal(signal.SIGSTOP)
            await home.until_true(await truth_about(first, second, third))
            await home.until_nobody(rebuild_group("shadow"))
            assert await worker.stop() == 0
            await home.until_nobody()
            code, _, problem = await rollcall(variables, "rebuild", "switch", "shadow", "--yes")
            assert (code, "is not where the workers were" in problem) == (2, True), problem
            told = await command(variables, "switch", "shadow", "--force", "--yes")
            assert (told["live"], told["previous"]) == ("shadow", "first")
            worker = home.start_worker()
            await worker.until_ready()
            process.signal(signal.SIGCONT)
            assert process.wait(120) == INTERNAL, process.describe()
        await home.until_true(await truth_about(first, second, third))
        await home.until_idle(worker)
        code, resync, problem = await rollcall(variables, "resync", "--all", "--dry-run", "--json")
        assert (code, resync["contacts"]) == (0, []), problem
        # What the tables hold is what their changelogs say: another worker makes the same of them.
        assert await worker.stop() == 0
        heir = home.start_worker("heir")
        await heir.until_ready()
        await home.until_idle(heir)
        code, resync, problem = await rollcall(variables, "resync", "--all", "--dry-run", "--json")
        assert (code, resync["contacts"]) == (0, []), problem
        await home.until_true(await truth_about(first, second, third))


STEPS = (
    "ops.rebuild.groups:Groups.move",
    "ops.rebuild.switching:_write",
    "ops.posting:Posting.publish",
    "ops.rebuild.switching:tell",
    "ops.posting:Posting.note",
)
"""Of a switch: offsets are moved back, the other state is live, some of what differs is told, all is, it is noted."""


def contacts(home: Installation) -> dict[str, tuple[frozenset[int], dict[str, Any]]]:
    """Lists and attributes by address, as Brevo holds them."""
    held = home.held()["contacts"]
    return {contact["email"]: (frozenset(contact["listIds"]), contact["attributes"]) for contact in held}


async def killed_at_every_step(home: Installation, to: str, *words: str) -> None:
    """A switch, killed after each of its steps, and gone on with by name; one state is live all the while."""
    connection, variables = KafkaConnection.from_environment(home.wiring.kafka), home.wiring.worker()
    before = (await read_states(connection)).live.state
    for step in STEPS:
        await killed_after(step, variables, "rebuild", "switch", *words, "--yes")
        live = (await read_states(connection)).live
        assert (live.state, live.is_told) == ((before, True) if step == STEPS[0] else (to, False)), step
        words = (to,) if live.state == to else words
    told = await command(variables, "switch", to)
    assert (told["live"], told["previous"]) == (to, before)


async def test_switch_and_its_undoing_killed_after_every_step_are_gone_on_with(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """By other rules and back: in the end Brevo holds what it held, no event came, and every act is noted."""
    world = webinar(30, seed=5)
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home:
        (_, worker), variables = await started(home, world), home.wiring.worker()
        await home.until_idle(worker)
        before, events, file = contacts(home), home.events(), home.directory / "rollcall.yaml"
        rules = file.read_text()
        file.write_text(rules.replace("sessions: {", "sessions: {attended_minimum: 45m, "))
        assert file.read_text() != rules
        await command(variables, "start", "stricter")
        for to, words, text in (("stricter", ("stricter",), None), ("first", ("--undo",), rules)):
            assert await worker.stop() == 0
            await home.until_nobody()
            if text is not None:
                file.write_text(text)
            else:
                await command(variables, "start", "stricter")
            await killed_at_every_step(home, to, *words)
            worker = home.start_worker()
            await worker.until_ready()
            await home.until_idle(worker)
            assert (contacts(home) == before, home.events()) == (to == "first", events)
        noted = {entry.action for entry in await acts(own_kafka.bootstrap, topic_prefix)}
        assert noted >= {"rebuild.switch", "rebuild.undo"}
        code, resync, problem = await rollcall(variables, "resync", "--all", "--dry-run", "--json")
        assert (code, resync["contacts"]) == (0, []), problem


async def test_switch_amid_sessions_loses_nobody_and_tells_nobody_twice(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """A session that is half over, and one that comes and goes while the workers stand: the rebuild has read both."""
    first, amid, meanwhile = (webinar(30, seed) for seed in (5, 6, 8))
    half = len(amid.deliveries) // 2
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home:
        (_, worker), variables = await started(home, first, amid, meanwhile), home.wiring.worker()
        await home.send(replace(amid, deliveries=amid.deliveries[:half]))
        await home.until_idle(worker)
        await command(variables, "start", "anew")
        assert await worker.stop() == 0
        await home.until_nobody()
        await home.send(replace(amid, deliveries=amid.deliveries[half:]))
        await home.send(meanwhile)
        await command(variables, "start", "anew")
        told = await command(variables, "switch", "anew", "--yes")
        assert told["live"] == "anew"
        worker = home.start_worker()
        await worker.until_ready()
        # The truth knows of every event, and of none that is there twice.
        truth = await truth_about(first, amid, meanwhile)
        await home.until_true(truth)
        # What the live state was computed with keeps nobody from being forgotten.
        await command(variables, "drop", "first", "--yes")
        words = ("forget", min(truth.contacts), "--yes", "--reason", "DSR", "--json")
        code, forgotten, problem = await rollcall(variables, *words)
        assert (code, forgotten["left_in_force"]) == (0, []), problem
