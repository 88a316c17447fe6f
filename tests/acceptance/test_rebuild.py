"""A state rebuilt beside the live one: by the same rules it is equal, by others it is compared, switched to, undone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from processors.engine.naming import changelog_name, rebuild_group
from runtime.kafka import KafkaConnection
from runtime.states import read_states
from schemas.engagement import ContactScore
from schemas.topics import ENGAGEMENT_SCORES
from tests.support.acts import acts
from tests.support.commands import rollcall
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.kafka import read_to_end, topics_of
from tests.support.killed_after import killed_after
from tests.support.pressing import OPERATOR, Operator, operator
from tests.support.processes import eventually, rollcall_command, running
from tests.support.service import Service

ATTENDEES = 40
OTHER_RULES = (
    "sessions: {attended_minimum: 45m, ",
    "scoring: {weights: {attendance: 20, punctuality: 70, stayed: 10}}\nsessions: {attended_minimum: 45m, ",
)


def _write(home: Installation, before: str, after: str) -> None:
    file = home.directory / "rollcall.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


KILLED_AFTER = ("ops.rebuild.groups:Groups.move", "ops.rebuild.switching:_write")
"""Offsets are moved back and nothing is live yet; the other state is live and nothing is told yet."""


async def _stop(home: Installation, worker: Service) -> None:
    assert await worker.stop() == 0
    await home.until_nobody()


async def _ended(home: Installation, worker: Service) -> None:
    """Everything that a worker has to do is done, and seen at Brevo."""
    await worker.until_ready()
    await home.until_idle(worker)


def _contacts(home: Installation) -> dict[str, tuple[frozenset[int], dict[str, Any]]]:
    """Lists and attributes by address."""
    return {
        contact["email"]: (frozenset(contact["listIds"]), contact["attributes"]) for contact in home.held()["contacts"]
    }


async def _scores(home: Installation) -> dict[str, int]:
    messages = await read_to_end(home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], home.physical(ENGAGEMENT_SCORES))
    newest = {message.key: message.value for message in messages}
    found = [ContactScore.from_bytes(value) for value in newest.values() if value is not None]
    return {score.contact_id: score.contact_score for score in found}


async def _forget_one(home: Installation) -> bytes:
    """Somebody who was there is forgotten; their contact id."""
    contact = min(await _scores(home))
    code, _, problem = await rollcall(home.wiring.worker(), "forget", contact, "--reason", "asked for", "--yes")
    assert code == 0, problem
    return contact.encode()


async def _keys(home: Installation, state: str) -> list[bytes]:
    """Of the rows that a state has of people."""
    found: dict[bytes, bytes | None] = {}
    for table in ("attendance", "engagement-by-contact"):
        topic = home.wiring.kafka["KAFKA_TOPIC_PREFIX"] + changelog_name(table, state)
        messages = await read_to_end(home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], topic)
        found |= {message.key or b"": message.value for message in messages}
    return [key for key, value in found.items() if value is not None]


async def _command(variables: Mapping[str, str], *words: str, code: int = 0) -> Any:
    """The document of `rollcall rebuild …`."""
    ended, told, problem = await rollcall(variables, "rebuild", *words, "--json")
    assert ended == code, (told, problem)
    return told


async def _killed_start(home: Installation, variables: Mapping[str, str]) -> None:
    """`rebuild start` at a slow pace, killed in the middle."""
    command = rollcall_command("rebuild", "start", "stricter", "--rate", "20", "--reason", "a stricter rule")
    log = home.directory / "rebuild.log"
    with running(command, log=log, env=variables) as process:

        async def half_way() -> bool:
            words = log.read_text().split("records: ")[-1].split()
            return bool(words) and words[0].isdecimal() and int(words[0]) > 60

        await eventually(half_way, timeout_seconds=60, what="some records are handled", tell=home.last_words)
        process.kill()
    await home.until_nobody(rebuild_group("stricter"))


async def _killed_switch(variables: Mapping[str, str]) -> None:
    """A switch that is killed between its steps: one state is live all the while, and only it may be gone on with."""
    connection = KafkaConnection.from_environment(variables)
    for step, state in zip(KILLED_AFTER, ("first", "stricter"), strict=True):
        await killed_after(step, variables, "rebuild", "switch", "stricter", "--yes")
        live = (await read_states(connection)).live
        assert (live.state, live.is_told) == (state, state == "first"), step
    code, _, problem = await rollcall(variables, "rebuild", "switch", "--undo", "--yes")
    assert (code, "repeat it first (rollcall rebuild switch stricter)" in problem) == (2, True), problem


async def _switched(home: Installation, ana: Operator, worker: Service, variables: Mapping[str, str]) -> None:
    """To the stricter state, by the button, once no worker runs and the last records are read."""
    assert "stop all workers first" in await ana.is_told("rebuild.switch", state="stricter")
    await _stop(home, worker)
    await _command(variables, "start", "stricter")
    await _killed_switch(variables)
    assert "Go on telling" in await ana.looks("rebuild.switch", state="stricter")
    said = await ana.does("rebuild.switch", "agreed", state="stricter")
    assert "stricter is live instead of first" in said
    assert said.endswith("Start the workers.")


async def test_rebuild_by_other_rules_is_compared_switched_to_undone_and_dropped(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Beside a running worker, through kills, by buttons; Brevo follows by differences alone, and gets no event."""
    async with (
        installation(kafka_bootstrap, topic_prefix, tmp_path) as home,
        operator(home.wiring.worker(), tmp_path) as ana,
    ):
        world = webinar(ATTENDEES, seed=5)
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await ingress.until_ready()
        await home.send(world)
        await home.until_true(await truth_about(world))
        gone = await _forget_one(home)
        before, scores, events = _contacts(home), await _scores(home), home.events()
        variables = home.wiring.worker()

        said = await ana.does("rebuild.start", "a shadow", state="same")
        assert "same has caught up: 0 dead letters, 0 questions to Zoom without a kept answer" in said
        found = await _command(variables, "diff", "same")
        assert (found["contacts"], found["facts"], found["scores"]) == ([], [], [])
        assert not [key for key in await _keys(home, "same") if gone in key]

        _write(home, "sessions: {", OTHER_RULES[1])
        await _killed_start(home, variables)
        await _command(variables, "start", "stricter")
        found = await _command(variables, "diff", "stricter", code=1)
        assert found["looked_at"] >= len(found["contacts"]) > 0
        assert any("attended -> left_early" in fact["why"] for fact in found["facts"])
        assert any("punctuality" in score["why"] for score in found["scores"])
        assert f"{len(found['contacts'])} differ" in await ana.looks("rebuild.diff", state="stricter")

        await _switched(home, ana, worker, variables)
        writes = home.writes()
        worker = home.start_worker()
        await _ended(home, worker)
        assert home.events() == events
        assert writes < home.writes()
        assert _contacts(home) != before
        stricter = await _scores(home)
        assert {score["contact_id"]: score["rebuilt"]["score"] for score in found["scores"]}.items() <= stricter.items()
        code, resync, problem = await rollcall(variables, "resync", "--all", "--dry-run", "--json")
        assert (code, resync["contacts"]) == (0, []), problem

        await _stop(home, worker)
        _write(home, OTHER_RULES[1], "sessions: {")
        assert "first is live instead of stricter" in await ana.does("rebuild.undo", "it was a mistake")
        worker = home.start_worker()
        await _ended(home, worker)
        assert (_contacts(home), await _scores(home), home.events()) == (before, scores, events)

        assert (await ana.looks("rebuild.drop", state="stricter")).endswith("first is live, and stays so")
        assert "topics were deleted" in await ana.does("rebuild.drop", "agreed", state="stricter")

        async def deleted() -> bool:
            return not [topic for topic in await topics_of(kafka_bootstrap, topic_prefix) if "stricter" in topic]

        await eventually(deleted, what="the broker has deleted the topics", tell=home.last_words)
        assert "there is nothing to undo" in await ana.is_told("rebuild.undo")
        noted = [entry for entry in await acts(kafka_bootstrap, topic_prefix) if "rebuild" in entry.action]
        assert [entry.action for entry in noted] == [
            "rebuild.start", "rebuild.built", "rebuild.start", "rebuild.built", "rebuild.built", "rebuild.switch",
            "rebuild.undo", "rebuild.drop",
        ]  # fmt: skip
        assert [entry.reason for entry in noted if entry.operator == OPERATOR] == [
            "a shadow", "a shadow", "agreed", "it was a mistake", "agreed"
        ]  # fmt: skip
