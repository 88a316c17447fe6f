"""What a contact needs next."""

from __future__ import annotations

from datetime import timedelta

from processors.brevo.decisions.ledger import (
    ContactRow,
    EventRow,
    EventState,
    Waiting,
    contact_of,
    event_key,
    parse_command,
    rank_of_answer,
)
from processors.brevo.decisions.open_work import EventWork, UpsertWork, next_work
from schemas.brevo import ContactState, TrackEvent, UpsertContact
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK
from tests.support.brevo_commands import OCCURRED_AT, event, upsert

KNOWN = ContactRow(state=ContactState(), done=(1, 1, 0))


def _waiting(command: UpsertContact | TrackEvent) -> Waiting:
    text = command.to_bytes().decode()
    return Waiting(command=text, topic=BREVO_COMMANDS.name, offset=3, timestamp_ms=0)


def _rows(*events: TrackEvent, state: EventState = "pending") -> dict[bytes, EventRow]:
    return {
        event_key(command.contact_id, command.name, command.once_keys[0]): EventRow(
            state=state, command_id=command.command_id, waiting=_waiting(command)
        )
        for command in events
    }


def test_next_work_upsert_goes_before_events() -> None:
    """An event may start an automation that reads the contact's attributes."""
    pending = KNOWN.model_copy(update={"pending": _waiting(upsert(2)), "rank": (2, 1, 3)})
    work = next_work(pending, _rows(event()), parse_command)
    assert isinstance(work, UpsertWork)
    assert work.command == upsert(2)


def test_next_work_events_by_date_then_name() -> None:
    """The order in which things happened."""
    late = event(("s2",), event_date=OCCURRED_AT + timedelta(seconds=1), name="a")
    early_b, early_c = event(("s1",), name="b"), event(("s3",), name="c")
    work = next_work(KNOWN, _rows(late, early_c, early_b), parse_command)
    assert isinstance(work, EventWork)
    assert work.command.name == "b"


def test_next_work_event_of_an_unacknowledged_contact_waits() -> None:
    """Nobody says what Brevo does with an event of a contact that it does not know."""
    assert next_work(ContactRow(), _rows(event()), parse_command) is None


def test_next_work_event_in_doubt_is_left_to_people_and_blocks_nothing() -> None:
    """The next event of the contact goes on."""
    second = event(("s2",), event_date=OCCURRED_AT + timedelta(days=1))
    work = next_work(KNOWN, _rows(event(), state="in_doubt") | _rows(second), parse_command)
    assert isinstance(work, EventWork)
    assert work.command == second
    assert next_work(KNOWN, _rows(event(), state="in_doubt"), parse_command) is None


def test_next_work_event_of_a_rejected_contact_says_why() -> None:
    """It follows its contact."""
    work = next_work(ContactRow(rejected="bad address", done=(1, 1, 0)), _rows(event()), parse_command)
    assert isinstance(work, EventWork)
    assert work.contact_rejected == "bad address"


def test_rank_of_answer_names_priority_and_offset() -> None:
    """Live counts above bulk at equal revisions; an answer that does not say is below all."""
    assert rank_of_answer(5, f"{BREVO_COMMANDS.name}@17") == (5, 1, 17)
    assert rank_of_answer(5, f"{BREVO_COMMANDS_BULK.name}@17") == (5, 0, 17)
    assert rank_of_answer(5, None) < rank_of_answer(5, f"{BREVO_COMMANDS_BULK.name}@0")


def test_contact_of_row_keys_is_the_part_before_the_first_slash() -> None:
    """Once keys hold uuids with slashes."""
    assert contact_of(event_key("abc", "name", "x/y==")) == "abc"
    assert contact_of(b"abc") == "abc"
