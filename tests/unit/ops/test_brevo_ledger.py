from __future__ import annotations

from ops.brevo.ledger import Ledger, suppressed, without_contact
from processors.brevo.decisions.ledger import ContactRow, EventRow, EventState, Waiting, event_key
from schemas.brevo import ContactState
from schemas.topics import BREVO_COMMANDS
from tests.support.brevo_commands import event

CONTACT = "d531406db5293edbe329ab0f94fd5a36"


def row(name: str, once_key: str, state: EventState, command_id: str) -> tuple[bytes, EventRow]:
    """An event's row under its key."""
    return event_key(CONTACT, name, once_key), EventRow(state=state, command_id=command_id)


def test_suppressed_counts_events_by_name_and_not_their_rows() -> None:
    """An event of two instances is one; one that was sent for another instance is none; a key may have slashes."""
    rows = dict(
        [
            row("zoom_webinar_attended", "zoom_webinar_attended|/a//==", "suppressed", "c1"),
            row("zoom_webinar_attended", "zoom_webinar_attended|b==", "suppressed", "c1"),
            row("zoom_webinar_attended", "zoom_webinar_attended|c==", "suppressed", "c2"),
            row("zoom_webinar_attended", "zoom_webinar_attended|d==", "acknowledged", "c3"),
            row("zoom_webinar_attended", "zoom_webinar_attended|e==", "suppressed", "c3"),
            row("zoom_webinar_no_show", "zoom_webinar_no_show|f==", "suppressed", "c4"),
            row("zoom_webinar_registered", "zoom_webinar_registered|1|r", "in_doubt", "c5"),
        ]
    )
    assert suppressed(rows) == {"zoom_webinar_attended": 2, "zoom_webinar_no_show": 1}


def test_events_wait_in_vain_only_for_a_contact_that_nothing_brings() -> None:
    """One that is known, refused, withheld or on its way lets its events go in the end."""
    command = event()
    waiting = Waiting(command=command.to_bytes().decode(), topic=BREVO_COMMANDS.name, offset=3, timestamp_ms=0)
    key = event_key(command.contact_id, command.name, command.once_keys[0])
    events = {key: EventRow(state="pending", command_id=command.command_id, waiting=waiting)}
    for row in (
        ContactRow(state=ContactState()),
        ContactRow(pending=waiting, rank=(1, 1, 0)),
        ContactRow(rejected="no address"),
        ContactRow(withheld="by rule"),
    ):
        assert without_contact(Ledger({command.contact_id: row}, events)) == []
    (found,) = without_contact(Ledger({}, events))
    assert (found.command, found.answers) == (command, "brevo.commands.v1@3")
    sent = {key: EventRow(state="acknowledged", command_id=command.command_id)}
    assert without_contact(Ledger({}, sent)) == []
