from __future__ import annotations

import doctest

import pytest

from ops.brevo import choosing
from ops.brevo.choosing import EventSelection
from ops.brevo.ledger import Open
from ops.selection.selection import SessionKey
from tests.support.brevo_commands import MAYA, event

LAUNCH = SessionKey("abc", "9100001", ("run-1", "run-2"))
DOUBTS = [
    Open(event(once=("a",), session="run-2"), "t@1"),
    Open(event(once=("b",), session="run-9"), "t@2"),
    Open(event(once=("c",), email="bo@example.com", session="run-1", name="zoom_recording_ready"), "t@3"),
    Open(event(once=("d",), email="bo@example.com"), "t@4"),
]


def test_what_becomes_of_an_event_examples_hold() -> None:
    """What Brevo has is never sent again."""
    found = doctest.testmod(choosing)
    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (EventSelection(), "abcd"),
        (EventSelection(session=LAUNCH), "ac"),
        (EventSelection(contact=DOUBTS[0].command.contact_id), "ab"),
        (EventSelection(name="zoom_recording_ready"), "c"),
        (EventSelection(session=LAUNCH, contact=DOUBTS[0].command.contact_id), "a"),
        (EventSelection(command_id=DOUBTS[1].command.command_id), "b"),
    ],
)
def test_event_selection_takes_what_meets_every_condition(selection: EventSelection, expected: str) -> None:
    """A run of the session is as good as another."""
    assert "".join(event.command.once_keys[0] for event in selection.of(DOUBTS)) == expected
    assert DOUBTS[0].command.email == MAYA
