"""What comes next for a contact: a row per case."""

from __future__ import annotations

from typing import Any

import pytest

from processors.brevo.decisions.ledger import ContactRow, EventRow, EventState, Rank, Waiting, parse_command
from processors.brevo.decisions.next_action import (
    AccountAtBrevo,
    Action,
    ContactCall,
    ContactPhase,
    Finish,
    JoinImport,
    Posted,
    PostedEvent,
    PostedUpsert,
    Standing,
    Wait,
    next_action,
)
from schemas.brevo import AttributeValue, Command, ContactState
from schemas.topics import BREVO_COMMANDS
from tests.support.brevo_commands import event, upsert

RANK: Rank = (1, 1, 0)
OLDER: Rank = (0, 1, 0)
KEY = b"c/zoom_webinar_attended/s1"
STATE = ContactState()
YES = AttributeValue(type="boolean", value=True)


def _waiting(command: Command) -> Waiting:
    return Waiting(command=command.to_bytes().decode(), topic=BREVO_COMMANDS.name, offset=0, timestamp_ms=0)


def _row(
    done: Rank | None = None, awaited: tuple[int, ...] = (), *, unsure: bool = False, **changes: Any
) -> ContactRow:
    pending, state = _waiting(upsert(**changes)), STATE if done else None
    return ContactRow(pending=pending, rank=RANK, done=done, awaited=awaited, state=state, unsure=unsure)


def _events(state: EventState) -> dict[bytes, EventRow]:
    return {KEY: EventRow(state=state, command_id="e", waiting=_waiting(event()))}


WRITTEN = ContactRow(done=RANK, state=STATE)
NONE: dict[bytes, EventRow] = {}
IDLE = Standing()
OVERTAKEN = Standing(once_more=False)


def _posted(posted: Posted) -> Standing:
    return Standing(posted=posted)


TABLE: list[tuple[str, ContactRow, dict[bytes, EventRow], Standing, AccountAtBrevo, type[Action] | Action]] = [
    ("nothing", ContactRow(), NONE, IDLE, AccountAtBrevo(), Finish.FINISH),
    ("new upsert", _row(), NONE, IDLE, AccountAtBrevo(), JoinImport),
    ("upsert before events", _row(), _events("pending"), IDLE, AccountAtBrevo(), JoinImport),
    ("alone", _row(), NONE, Standing(alone=True), AccountAtBrevo(), ContactCall),
    ("no list", _row(lists=()), NONE, IDLE, AccountAtBrevo(), ContactCall),
    ("technical list", _row(lists=()), NONE, IDLE, AccountAtBrevo(technical_list=9), JoinImport),
    ("boolean", _row(attributes={"GUEST": YES}), NONE, IDLE, AccountAtBrevo(), ContactCall),
    ("busy", _row(), NONE, Standing(ContactPhase.BUSY), AccountAtBrevo(), Wait.UNDER_WAY),
    ("unconfirmed", _row(), NONE, _posted(PostedUpsert(RANK)), AccountAtBrevo(), Wait.UNCONFIRMED),
    ("older confirmed", _row(done=OLDER), NONE, _posted(PostedUpsert(OLDER)), AccountAtBrevo(), JoinImport),
    ("confirmed", WRITTEN, NONE, _posted(PostedUpsert(RANK)), AccountAtBrevo(), Finish.FINISH),
    ("awaits its list", _row(RANK, (99,)), NONE, IDLE, AccountAtBrevo({99}), Finish.FINISH),
    ("events meanwhile", _row(RANK, (99,)), _events("pending"), IDLE, AccountAtBrevo({99}), ContactCall),
    ("list returned", _row(RANK, (99,)), NONE, IDLE, AccountAtBrevo(), JoinImport),
    ("joining unconfirmed", _row(RANK, (99,)), NONE, _posted(PostedUpsert(RANK)), AccountAtBrevo(), Wait.UNCONFIRMED),
    ("overtaken", _row(RANK, unsure=True), NONE, OVERTAKEN, AccountAtBrevo(), Finish.FINISH),
    ("events of the overtaken", _row(RANK, unsure=True), _events("pending"), OVERTAKEN, AccountAtBrevo(), ContactCall),
    ("newer of the overtaken", _row(OLDER, unsure=True), NONE, OVERTAKEN, AccountAtBrevo(), JoinImport),
    ("once more", _row(RANK, unsure=True), _events("pending"), IDLE, AccountAtBrevo(), JoinImport),
    (
        "once more unconfirmed",
        _row(RANK, unsure=True),
        NONE,
        _posted(PostedUpsert(RANK)),
        AccountAtBrevo(),
        Wait.UNCONFIRMED,
    ),
    ("event", WRITTEN, _events("pending"), IDLE, AccountAtBrevo(), ContactCall),
    ("event of a former owner", WRITTEN, _events("intended"), IDLE, AccountAtBrevo(), ContactCall),
    ("event before its contact", ContactRow(), _events("pending"), IDLE, AccountAtBrevo(), Finish.FINISH),
    ("event in doubt", WRITTEN, _events("in_doubt"), IDLE, AccountAtBrevo(), Finish.FINISH),
    ("event unconfirmed", WRITTEN, _events("intended"), _posted(PostedEvent(KEY)), AccountAtBrevo(), Wait.UNCONFIRMED),
]


@pytest.mark.parametrize(
    ("row", "events", "standing", "account", "expected"), [case[1:] for case in TABLE], ids=[case[0] for case in TABLE]
)
def test_next_action(
    row: ContactRow,
    events: dict[bytes, EventRow],
    standing: Standing,
    account: AccountAtBrevo,
    expected: type[Action] | Action,
) -> None:
    """Rows, and what is under way, decide; nothing else does."""
    action = next_action(row, events, standing, account, parse_command)
    assert action is expected or (isinstance(expected, type) and isinstance(action, expected))
