"""The intake rule: any order and any number of repeats end in the same rows."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.brevo.decisions.intake import CommandIntake
from processors.brevo.decisions.ledger import (
    BREVO_PENDING,
    LEDGER,
    SUPPRESSIONS,
    ContactRow,
    EventRow,
    contact_key,
    event_key,
)
from processors.brevo.decisions.sending_rules import SendingRules
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Record
from schemas.brevo import CommandOutcome, CommandResult, ContactState, TrackEvent, UpsertContact
from schemas.codec import contact_id
from schemas.errors import DeadLetterError
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, BREVO_RESULTS
from tests.support.brevo_commands import MAYA, OCCURRED_AT, event, upsert
from tests.support.rules import record, run

MAYA_ID = contact_id(MAYA)
NAME = "zoom_webinar_attended"


def _command_record(command: UpsertContact | TrackEvent, offset: int, *, bulk: bool = False) -> Record:
    topic = BREVO_COMMANDS_BULK if bulk else BREVO_COMMANDS
    return record(topic.name, command.to_bytes(), key=command.contact_id.encode(), offset=offset)


def _result_record(
    command: UpsertContact | TrackEvent, outcome: CommandOutcome, answers: str | None, state: ContactState | None = None
) -> Record:
    result = CommandResult(
        command_id=command.command_id,
        contact_id=command.contact_id,
        kind=command.kind,
        revision=command.revision,
        outcome=outcome,
        name=command.name if isinstance(command, TrackEvent) else None,
        once_keys=command.once_keys if isinstance(command, TrackEvent) else (),
        answers=answers,
        detail="refused" if outcome == "rejected" else "",
        acknowledged=state,
        occurred_at=OCCURRED_AT,
        finished_at=OCCURRED_AT,
    )
    return record(BREVO_RESULTS.name, result.to_bytes(), key=command.contact_id.encode())


def _live(offset: int) -> str:
    return f"{BREVO_COMMANDS.name}@{offset}"


def _tables() -> dict[str, MemoryStore]:
    return {LEDGER: MemoryStore(), BREVO_PENDING: MemoryStore(), SUPPRESSIONS: MemoryStore()}


def _handled(records: Iterable[Record]) -> dict[str, MemoryStore]:
    stores = _tables()
    run(CommandIntake(SendingRules()), records, stores, turn=2)
    return stores


def _maya(stores: dict[str, MemoryStore]) -> ContactRow:
    data = stores[LEDGER].get(contact_key(MAYA_ID))
    return ContactRow.from_bytes(data) if data else ContactRow()


def _event_row(stores: dict[str, MemoryStore], once_key: str) -> EventRow | None:
    data = stores[LEDGER].get(event_key(MAYA_ID, NAME, once_key))
    return EventRow.from_bytes(data) if data else None


def _states(stores: dict[str, MemoryStore], *once_keys: str) -> list[str | None]:
    rows = [_event_row(stores, once_key) for once_key in once_keys]
    return [row.state if row else None for row in rows]


CAUSAL = [
    _command_record(upsert(1), 0),
    _command_record(upsert(2), 1),
    _command_record(upsert(2, lists=(17,)), 2),
    _command_record(upsert(2), 7, bulk=True),
    _command_record(upsert(3), 3),
    _command_record(event(("s1", "s2")), 4),
    _command_record(event(("s3",)), 5),
    _command_record(event(("s4",)), 6),
]
ANSWERS = [
    _result_record(upsert(1), "acknowledged", _live(0), ContactState(lists=(16,))),
    _result_record(upsert(2), "rejected", _live(2)),
    _result_record(event(("s1", "s2")), "intended", _live(4)),
    _result_record(event(("s1", "s2")), "acknowledged", _live(4)),
    _result_record(event(("s3",)), "intended", _live(5)),
    _result_record(event(("s3",)), "in_doubt", _live(5)),
    _result_record(event(("s4",)), "rejected", _live(6)),
]
FINAL_ANSWERS = [ANSWERS[0], ANSWERS[1], ANSWERS[3], ANSWERS[6]]


@given(st.permutations(CAUSAL + CAUSAL), st.permutations(ANSWERS + ANSWERS))
def test_intake_commands_and_their_answers_in_any_order_end_in_one_ledger(
    commands: list[Record], answers: list[Record]
) -> None:
    """Answers follow their commands; beyond that neither order nor repeats matter."""
    stores, expected = _handled(commands + answers), _handled(CAUSAL + ANSWERS)
    assert stores[LEDGER].rows == expected[LEDGER].rows
    assert stores[BREVO_PENDING].rows == expected[BREVO_PENDING].rows
    assert _maya(stores).rank == (3, 1, 3)
    assert _states(stores, "s1", "s2", "s3", "s4") == ["acknowledged", "acknowledged", "in_doubt", "rejected"]


@given(st.permutations(CAUSAL + CAUSAL + FINAL_ANSWERS + FINAL_ANSWERS))
def test_intake_final_answers_crossing_commands_end_in_one_ledger(records: list[Record]) -> None:
    """A final answer may even come before its command: the command then has nothing left to do."""
    stores, expected = _handled(records), _handled(CAUSAL + FINAL_ANSWERS)
    assert stores[BREVO_PENDING].rows == expected[BREVO_PENDING].rows
    assert _maya(stores) == _maya(expected)
    assert _states(stores, "s1", "s2", "s3", "s4") == _states(expected, "s1", "s2", "s3", "s4")


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=3, unique=True), min_size=1, max_size=6))
def test_intake_overlapping_events_are_never_open_twice_for_a_once_key(keys: list[list[str]]) -> None:
    """Whatever instances events stand for, no once key is in two of those that are sent."""
    stores = _handled(
        _command_record(event(tuple(once_keys), command_id=f"c{number}"), number)
        for number, once_keys in enumerate(keys)
    )
    opened = [_event_row(stores, key.decode().rsplit("/", 1)[1]) for key in stores[BREVO_PENDING].rows]
    senders = {row.command_id for row in opened if row}
    sent = [once for number, once_keys in enumerate(keys) if f"c{number}" in senders for once in once_keys]
    assert len(sent) == len(set(sent))
    assert sent


def test_intake_event_of_a_known_instance_marks_the_new_ones_and_sends_nothing() -> None:
    """Sent for one instance is sent for the occurrence."""
    stores = _handled([_command_record(event(("s1",)), 0), _command_record(event(("s1", "s2")), 1)])
    assert _states(stores, "s1", "s2") == ["pending", "suppressed"]
    assert list(stores[BREVO_PENDING].rows) == [event_key(MAYA_ID, NAME, "s1")]


def test_intake_event_of_a_backfill_is_suppressed_and_told_so_once() -> None:
    """For all of its instances, whether or not its record or its outcome comes again; nothing waits."""
    stores, old = _tables(), event(("s1", "s2"), origin="backfill")
    command = _command_record(old, 0, bulk=True)
    (told,) = run(CommandIntake(SendingRules()), [command], stores)
    result = CommandResult.from_bytes(told.value or b"")
    assert (told.topic, told.key) == (BREVO_RESULTS.name, command.key)
    assert (result.outcome, result.command_id, result.once_keys) == ("suppressed", old.command_id, old.once_keys)
    assert "back-fill" in result.detail
    kept = dict(stores[LEDGER].rows)
    answer = record(BREVO_RESULTS.name, told.value, key=command.key)
    assert run(CommandIntake(SendingRules()), [answer, command, answer], stores) == []
    assert stores[LEDGER].rows == kept
    assert _states(stores, "s1", "s2") == ["suppressed", "suppressed"]
    assert stores[BREVO_PENDING].rows == {}


def test_intake_upsert_that_comes_again_when_it_is_done_does_not_wait_again() -> None:
    """After a crash the same record is handled once more; what became of it is in the row."""
    command, state = _command_record(upsert(1), 5), ContactState(lists=(16,))
    stores = _handled([command, _result_record(upsert(1), "acknowledged", _live(5), state)])
    assert stores[BREVO_PENDING].rows == {}
    run(CommandIntake(SendingRules()), [command], stores)
    assert stores[BREVO_PENDING].rows == {}
    run(CommandIntake(SendingRules()), [_command_record(upsert(2), 6)], stores)
    assert list(stores[BREVO_PENDING].rows) == [contact_key(MAYA_ID)]


def test_intake_event_of_a_backfill_leaves_one_that_is_under_way_alone() -> None:
    """It was called for as it happened: that call goes on."""
    stores = _handled(
        [_command_record(event(("s1",)), 0), _command_record(event(("s1",), origin="backfill"), 0, bulk=True)]
    )
    assert _states(stores, "s1") == ["pending"]
    assert list(stores[BREVO_PENDING].rows) == [event_key(MAYA_ID, NAME, "s1")]


def test_intake_same_once_key_of_another_event_name_is_another_event() -> None:
    """Once per contact, name and instance."""
    stores = _handled(
        [_command_record(event(("s1",)), 0), _command_record(event(("s1",), name="zoom_webinar_registered"), 1)]
    )
    assert len(stores[BREVO_PENDING].rows) == 2


def test_intake_older_revision_after_a_newer_changes_nothing() -> None:
    """An older revision never overwrites a newer one, not even live over bulk."""
    newer, older = _command_record(upsert(2), 0, bulk=True), _command_record(upsert(1), 9)
    assert _handled([newer, older])[LEDGER].rows == _handled([newer])[LEDGER].rows


def test_intake_equal_revision_with_later_offset_replaces_the_pending_one() -> None:
    """A crash between outputs and state can repeat a revision with other content: the later offset wins."""
    stores = _handled([_command_record(upsert(1), 4), _command_record(upsert(1, lists=(17,)), 5)])
    row = _maya(stores)
    assert row.rank == (1, 1, 5)
    assert row.pending is not None
    assert UpsertContact.from_bytes(row.pending.command.encode()).lists == (17,)


def test_intake_answer_to_the_earlier_of_equal_revisions_leaves_the_later_open() -> None:
    """What was answered is the record, not the revision."""
    stores = _handled(
        [
            _command_record(upsert(1), 4),
            _command_record(upsert(1, lists=(17,)), 5),
            _result_record(upsert(1), "acknowledged", _live(4), ContactState(lists=(16,))),
        ]
    )
    row = _maya(stores)
    assert row.pending is not None
    assert row.state == ContactState(lists=(16,))
    assert contact_key(MAYA_ID) in stores[BREVO_PENDING].rows


def test_intake_acknowledged_upsert_keeps_the_state_and_nothing_open() -> None:
    """The row of an acknowledged contact is small: its state, no command."""
    state = ContactState(attributes={"MEETING_DURATION": 47}, lists=(16,), held=("FIRSTNAME",))
    stores = _handled([_command_record(upsert(1), 0), _result_record(upsert(1), "acknowledged", _live(0), state)])
    row = _maya(stores)
    assert (row.state, row.pending, row.done, row.rejected) == (state, None, (1, 1, 0), None)
    assert not stores[BREVO_PENDING].rows


def test_intake_rejected_upsert_keeps_the_earlier_state_and_the_reason() -> None:
    """A rejection says nothing about what Brevo held before."""
    stores = _handled(
        [
            _result_record(upsert(1), "acknowledged", _live(0), ContactState(lists=(16,))),
            _command_record(upsert(2), 1),
            _result_record(upsert(2), "rejected", _live(1)),
        ]
    )
    assert (_maya(stores).state, _maya(stores).rejected) == (ContactState(lists=(16,)), "refused")


def test_intake_event_keeps_its_command_until_it_is_final() -> None:
    """Who decides an event in doubt needs the command; a final row is small."""
    sent = event(("s1",))
    open_rows = _handled([_command_record(sent, 0), _result_record(sent, "in_doubt", _live(0))])
    row = _event_row(open_rows, "s1")
    assert row is not None
    assert row.waiting is not None
    assert open_rows[BREVO_PENDING].rows
    final = _handled([_command_record(sent, 0), _result_record(sent, "acknowledged", _live(0))])
    assert _event_row(final, "s1") == EventRow(
        state="acknowledged", command_id=sent.command_id, happened_at=sent.occurred_at
    )
    assert not final[BREVO_PENDING].rows


@pytest.mark.parametrize("outcome", ["acknowledged", "rejected", "in_doubt", "suppressed"])
def test_intake_intent_after_an_outcome_is_ignored(outcome: CommandOutcome) -> None:
    """An intent moves pending events only."""
    sent = event(("s1",))
    stores = _handled(
        [
            _command_record(sent, 0),
            _result_record(sent, outcome, _live(0)),
            _result_record(sent, "intended", _live(0)),
        ]
    )
    assert _states(stores, "s1") == [outcome]


@pytest.mark.parametrize(
    "bad",
    [
        record(BREVO_COMMANDS.name, None, key=MAYA_ID.encode()),
        record(BREVO_COMMANDS.name, upsert(1).to_bytes(), key=b"another contact"),
        record(BREVO_COMMANDS.name, event(()).to_bytes(), key=MAYA_ID.encode()),
        _result_record(event(("s1",)), "unchanged", _live(0)),
    ],
    ids=["no value", "wrong key", "no once keys", "unchanged event"],
)
def test_intake_senseless_record_is_a_dead_letter(bad: Record) -> None:
    """What cannot be kept exactly is not guessed at."""
    with pytest.raises(DeadLetterError):
        _handled([bad])
