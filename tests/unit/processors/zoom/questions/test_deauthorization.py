"""What follows when somebody takes our app out of a Zoom account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from processors.attendance.intake.deauthorized import parse_deauthorized
from processors.engine.memory_store import MemoryStore
from processors.engine.turn_view import TurnView
from processors.engine.view import Record
from processors.zoom.questions.pending import LOOKUPS_PENDING, RequestIntake, unpack_pending
from schemas.audit import AuditEntry
from schemas.errors import DeadLetterError
from schemas.instants import as_datetime
from schemas.topics import AUDIT, LOOKUPS

EXAMPLE = Path(__file__).parents[5] / "schemas/examples/zoom.events.raw.v1/app_deauthorized__plain.json"


def event(**changes: Any) -> dict[str, Any]:
    """Zoom's own example, changed."""
    loaded: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
    loaded["payload"].update(changes)
    return loaded


def test_deauthorized_is_read_from_the_payloads_own_time() -> None:
    """The fraction of a second is cut off."""
    message = parse_deauthorized(event(deauthorization_time="2026-09-01T10:15:20.632Z"))
    assert message.at == as_datetime(1_788_257_720)
    assert message.request_id == f"deauthorized|{message.account_id}|1788257720"


def test_deauthorized_without_its_time_is_read_from_the_odd_event_ts() -> None:
    """A date with a blank in its middle, although the field is typed a number."""
    assert parse_deauthorized(event(deauthorization_time="")).at == as_datetime(1_788_257_720)


@pytest.mark.parametrize("changes", [{"account_id": ""}, {"deauthorization_time": "soon"}])
def test_deauthorized_that_says_too_little_is_a_dead_letter(changes: dict[str, Any]) -> None:
    """Without an account or a time nothing can be dropped."""
    with pytest.raises(DeadLetterError):
        parse_deauthorized(event(**changes))


def test_intake_keeps_a_row_and_writes_an_audit_entry() -> None:
    """Both in one turn; a repeat has the same entry id."""
    message = parse_deauthorized(event())
    store = MemoryStore()
    view = TurnView(0, {LOOKUPS_PENDING: store})
    record = Record(LOOKUPS.name, 0, 0, 0, message.account_id.encode(), message.to_bytes())
    RequestIntake().handle(record, view)
    view.commit(record)
    ((_, value),) = view.changes[LOOKUPS_PENDING].items()
    assert value is not None
    assert unpack_pending(value) == message
    ((output, _),) = view.outbox
    assert output.topic == AUDIT.name
    assert output.value is not None
    entry = AuditEntry.from_bytes(output.value)
    assert (entry.entry_id, entry.subject) == (message.request_id, message.account_id)
    assert output.key == entry.operator.encode()
