"""The commands: what differs as a table, and setting it right."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from ops.audit import audit_entry
from ops.options import Json, Reason, Yes, agreed
from ops.posting import posting
from ops.topics.cluster import TopicAdmin, topic_admin
from ops.topics.comparison import FoundTopic, TopicDifference, differences, strangers
from processors.engine.naming import APP_ID, rebuild_topic
from runtime.configuration import load_for_display
from runtime.environment import config_path
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from runtime.models import Kafka
from runtime.states import States, read_states
from runtime.wanted_topics import WantedTopic, wanted_topics
from schemas.audit import ActState
from schemas.topics import all_topics

Lose = Annotated[
    bool, typer.Option("--lose", help="Also what makes Kafka delete or refuse records: shorter retention, deletion.")
]
_ACTS = {
    "create": "created by apply",
    "set": "set by apply",
    "lose": "loses: apply --lose",
    "by_hand": "see below",
}


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("plan", epilog="Example:  rollcall topics plan")(plan)
    group.command("apply", epilog="Example:  rollcall topics apply --reason 'retention after the move'")(apply)


@dataclass(frozen=True, slots=True)
class _State:
    connection: KafkaConnection
    kafka: Kafka
    wanted: Sequence[WantedTopic]
    found: dict[str, FoundTopic]
    beside: tuple[str, ...]
    """How names begin that are of states beside the live one."""

    @property
    def differences(self) -> list[TopicDifference]:
        return list(differences(self.wanted, self.found, self.kafka))

    @property
    def strangers(self) -> list[str]:
        names = strangers(self.wanted, self.found, self.connection.topic_prefix)
        return [name for name in names if not name.startswith(self.beside)]


def plan(as_json: Json = False) -> None:
    """Show how the topics on the cluster differ from what they shall be; nothing is changed.

    Partitions, replicas, retention, compaction, sizes and min.insync.replicas of every topic and changelog. Exit code
    1: something differs.
    """
    configure_command_logging("ERROR")
    state = asyncio.run(_look())
    if as_json:
        typer.echo(orjson.dumps(_document(state)).decode())
    else:
        _show(state)
    if state.differences:
        raise typer.Exit(FOUND_WRONG)


def apply(lose: Lose = False, reason: Reason = "", yes: Yes = False, as_json: Json = False) -> None:
    """Create what is missing and set what differs, after a question; it is noted in the audit topic.

    Never changes partitions or replicas of a topic that is there, never deletes a topic, and leaves alone what others
    have set. Exit code 1: something still differs.
    """
    configure_command_logging("ERROR")
    state = asyncio.run(_look())
    acts = {"create", "set", *(("lose",) if lose else ())}
    due = [difference for difference in state.differences if difference.act in acts]
    if not as_json:
        _show(state)
    question = f"Change {len(due)} {'thing' if len(due) == 1 else 'things'} on {state.connection.bootstrap_servers}?"
    if due and agreed(question, yes=yes):
        asyncio.run(_change(state, due, reason))
        state = asyncio.run(_look())
        if not as_json:
            typer.echo(f"done: {len(due)} changed, {len(state.differences)} left")
    if as_json:
        typer.echo(orjson.dumps(_document(state)).decode())
    if state.differences:
        raise typer.Exit(FOUND_WRONG)


async def _look() -> _State:
    # The tables are named by the worker's agents, and Faust takes a second.
    from processors.agents import changelogs  # noqa: PLC0415

    connection = KafkaConnection.from_environment(os.environ)
    kafka = load_for_display(config_path(os.environ), os.environ).kafka
    states = await read_states(connection)
    wanted = wanted_topics(connection.topic_prefix, kafka, changelogs(states.live.state))
    beside = _beside(connection.topic_prefix, states)
    async with topic_admin(connection) as admin:
        return _State(connection, kafka, wanted, await admin.found([topic.name for topic in wanted]), beside)


def _beside(prefix: str, states: States) -> tuple[str, ...]:
    """How the names of the topics begin that belong to states which are not live; `rollcall rebuild` looks after them.

    Changelogs of states are called like those of the live one, with the state's name in it.
    """
    rebuilt = tuple(f"{prefix}{rebuild_topic(name, '')}" for name in (*states.rebuilt, *states.live.positions))
    return (*rebuilt, f"{prefix}{APP_ID}-") if states.rebuilt else ()


async def _change(state: _State, due: Sequence[TopicDifference], reason: str) -> None:
    done: list[TopicDifference] = []
    try:
        if created := [difference for difference in due if difference.act == "create"]:
            await _create(state)
            done += created
        async with topic_admin(state.connection) as admin:
            async for changed in _set(admin, [difference for difference in due if difference.act != "create"]):
                done += changed
    finally:
        # What was changed is noted, even where the cluster refuses the rest.
        result: ActState = "done" if len(done) == len(due) else "stopped"
        details = {f"{step.topic} {step.what}": f"{step.found} -> {step.wanted}" for step in done}
        if done:
            async with posting(state.connection) as to_kafka:
                await to_kafka.note(audit_entry("topics.apply", "topics", details, reason, result=result))


async def _create(state: _State) -> None:
    from runtime.topics import ensure_topics  # noqa: PLC0415 (a help page needs no Kafka client)

    # Topics with another number of partitions are told, and are no reason to leave the others missing.
    missing = {topic.name for topic in state.wanted if topic.name not in state.found}
    prefix = state.connection.topic_prefix
    names = [name.removeprefix(prefix) for name in missing]
    known = {topic.name for topic in all_topics()}
    kafka = state.kafka.model_copy(update={"create_topics": True})
    tables = [name for name in names if name not in known]
    await ensure_topics(state.connection, kafka, names=names, changelogs=tables)


async def _set(admin: TopicAdmin, due: Sequence[TopicDifference]) -> AsyncIterator[list[TopicDifference]]:
    """Topic by topic; what was set of each."""
    for topic in dict.fromkeys(difference.topic for difference in due):
        changes = [difference for difference in due if difference.topic == topic]
        await admin.change(topic, changes)
        yield changes


def _document(state: _State) -> dict[str, object]:
    return {
        "topics": len(state.wanted),
        "differences": [asdict(difference) for difference in state.differences],
        "not_ours": state.strangers,
    }


def _show(state: _State) -> None:
    console = Console(highlight=False, soft_wrap=True)
    found = state.differences
    if not found:
        console.print(f"all {len(state.wanted)} topics are as they shall be")
    missing = [difference.topic for difference in found if difference.act == "create"]
    if missing:
        console.print(f"missing, and {_ACTS['create']} with {state.kafka.partitions} partitions each:")
        console.print(*(f"  {topic}" for topic in missing), sep="\n", markup=False)
    if len(found) > len(missing):
        table = Table("topic", "what", "is", "shall be", "", box=None, padding=(0, 2, 0, 0), show_edge=False)
        for step in found:
            if step.act != "create":
                table.add_row(step.topic, step.what, step.found or "not set", step.wanted, _ACTS[step.act])
        console.print(table)
    for advice in dict.fromkeys(f"{difference.what}: {difference.advice}" for difference in found if difference.advice):
        console.print(advice, markup=False)
    for name in state.strangers:
        console.print(f"{name}: has the prefix and is no topic of ours; left alone", markup=False)
