"""A command is parsed once, however often it is looked at: when it comes, and once more by whoever takes it over."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from aiohttp import web

from processors.brevo.decisions.ledger import ContactRow, EventRow, Waiting
from processors.brevo.decisions.open_commands import OpenCommands
from processors.engine.view import Record
from schemas.brevo import BREVO_COMMAND, OnceCommand, UpsertContact
from schemas.topics import BREVO_COMMANDS
from tests.support.brevo_commands import event, upsert
from tests.support.scripted_brevo import Call, ScriptedBrevo
from tests.support.sink import Sink

MANY = 600
"""More than are worked on at once."""
LISTS = {16: "connectors.zoom.lists.meeting_participants"}


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each command was parsed, by its id; there is no other way to parse one."""
    counts: Counter[str] = Counter()
    parse = BREVO_COMMAND.validate_json

    def counting(data: bytes | str) -> Any:
        command = parse(data)
        counts[command.command_id] += 1
        return command

    monkeypatch.setattr(BREVO_COMMAND, "validate_json", counting)
    return counts


def _crowd(number: int) -> list[UpsertContact | OnceCommand]:
    """An upsert and an event for each of many contacts, each command under an id of its own."""
    made: list[UpsertContact | OnceCommand] = []
    for person in range(number):
        email = f"p{person:04}@example.com"
        made += [upsert(1, email=email), event(email=email)]
    return [command.model_copy(update={"command_id": f"c{place}"}) for place, command in enumerate(made)]


@pytest.mark.parametrize("bulk_threshold", [200, 10 * MANY])
async def test_crowd_parses_each_command_once(
    bench: tuple[Sink, ScriptedBrevo], parsed: Counter[str], bulk_threshold: int
) -> None:
    """By imports and by calls of their own."""
    sink, brevo = bench
    sink.start(held=True, bulk_threshold=bulk_threshold, list_keys=LISTS)
    sink.send(*_crowd(MANY))
    sink.engine.turn()
    await sink.settled()
    assert len(brevo.events) == MANY
    assert len(parsed) == 2 * MANY
    assert set(parsed.values()) == {1}


async def test_takeover_parses_each_open_command_once_more(
    bench: tuple[Sink, ScriptedBrevo], parsed: Counter[str]
) -> None:
    """A worker that ends leaves the rows alone."""
    sink, brevo = bench

    async def script(_call: Call) -> web.Response | None:
        return web.Response(status=503) if broken else None

    broken, brevo.script = True, script
    sink.start(list_keys=LISTS)
    sink.send(*_crowd(20))
    await sink.engine.until(lambda: len(brevo.calls) > 40)
    assert set(parsed.values()) == {1}
    await sink.engine.crash()
    broken = False
    sink.start(list_keys=LISTS)
    await sink.settled()
    assert set(parsed.values()) == {2}


def _waiting(command: UpsertContact | OnceCommand, offset: int) -> Waiting:
    record = Record(BREVO_COMMANDS.name, 0, offset, 0, command.contact_id.encode(), command.to_bytes())
    return Waiting.of(record)


def test_open_commands_keep_what_the_rows_wait_for(parsed: Counter[str]) -> None:
    """An older revision, and an event that has ended, are let go."""
    commands, first, second, told = OpenCommands(), upsert(1), upsert(2), event()
    older, newer, sent = _waiting(first, 0), _waiting(second, 1), _waiting(told, 2)
    for waiting, command in ((older, first), (newer, second), (sent, told)):
        commands.keep(0, waiting, command)
    pending = EventRow(state="pending", command_id=told.command_id, waiting=sent)
    commands.look_at(0, first.contact_id, ContactRow(pending=newer), [pending])
    assert len(commands) == 2
    assert commands.reader(0, first.contact_id)(newer) is second
    commands.look_at(0, first.contact_id, ContactRow(), [])
    assert len(commands) == 0
    assert not parsed


def test_open_commands_of_a_long_backlog_are_bounded(parsed: Counter[str]) -> None:
    """Who was looked at last is kept; the others are read from their rows again."""
    commands, people = OpenCommands(most=3), [upsert(email=f"p{n}@example.com", command_id=f"c{n}") for n in range(5)]
    for offset, command in enumerate(people):
        commands.keep(0, _waiting(command, offset), command)
    assert len(commands) == 3
    for offset in (4, 0):
        contact = people[offset].contact_id
        assert commands.reader(0, contact)(_waiting(people[offset], offset)) == people[offset]
    assert parsed == {"c0": 1}
    commands.revoke(0)
    assert len(commands) == 0


def test_command_of_a_topic_that_was_made_anew_is_not_the_kept_one() -> None:
    """Offsets begin again; Kafka's time does not."""
    commands, old, new = OpenCommands(), upsert(1), upsert(1, attributes={})
    commands.keep(0, _waiting(old, 0), old)
    later = _waiting(new, 0).model_copy(update={"timestamp_ms": 1})
    assert commands.reader(0, new.contact_id)(later) == new
