"""The intake rule of `look-up`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processors.engine.memory_store import MemoryStore
from processors.erasure.erasing import ErasingRule
from processors.erasure.marks import MARKS
from processors.zoom.questions.erasure import LookupCleaner
from processors.zoom.questions.pending import LOOKUPS_PENDING, MARKED, Pending, RequestIntake, unpack_pending
from schemas.codec import contact_id
from schemas.errors import DeadLetterError
from schemas.instants import as_datetime
from schemas.lookups import LookupRequest, LookupSettled
from schemas.topics import LOOKUPS, LOOKUPS_BULK
from tests.support.erasures import order, rows_with, swept
from tests.support.rules import record, run

REQUEST = LookupRequest(
    request_id="r1",
    lookup="registrants",
    account_id="acc",
    object_id="93577204816",
    object_type="webinar",
    emails=("maya.okafor@example.com",),
    requested_at=as_datetime(1_786_543_200),
)
SETTLED = LookupSettled(request_id="r1", account_id="acc")


def test_intake_of_a_request_writes_a_pending_row_with_its_priority() -> None:
    """The row holds all that is needed to ask after a restart."""
    stores = {LOOKUPS_PENDING: MemoryStore()}
    other = REQUEST.model_copy(update={"request_id": "r2"})
    run(
        RequestIntake(),
        [
            record(LOOKUPS.name, REQUEST.to_bytes(), key=b"acc"),
            record(LOOKUPS_BULK.name, other.to_bytes(), key=b"acc"),
        ],
        stores,
    )
    rows = {key: unpack_pending(value) for key, value in stores[LOOKUPS_PENDING].rows.items()}
    assert rows == {b"r1": Pending("live", REQUEST), b"r2": Pending("bulk", other)}


@pytest.mark.parametrize("turn", [1, 9])
def test_intake_of_a_repeated_request_changes_nothing(turn: int) -> None:
    """Deliveries repeat; the first one stands until it is settled."""
    stores = {LOOKUPS_PENDING: MemoryStore()}
    repeated = REQUEST.model_copy(update={"requested_at": as_datetime(1_786_543_999)})
    run(
        RequestIntake(),
        [record(LOOKUPS.name, REQUEST.to_bytes(), key=b"acc"), record(LOOKUPS.name, repeated.to_bytes(), key=b"acc")],
        stores,
        turn=turn,
    )
    assert unpack_pending(stores[LOOKUPS_PENDING].rows[b"r1"]) == Pending("live", REQUEST)


def test_intake_of_settled_removes_the_row_and_a_later_request_waits_again() -> None:
    """Settling twice is no error, and an id may be asked again."""
    stores = {LOOKUPS_PENDING: MemoryStore()}
    request = record(LOOKUPS.name, REQUEST.to_bytes(), key=b"acc")
    settled = record(LOOKUPS.name, SETTLED.to_bytes(), key=b"acc")
    run(RequestIntake(), [request, settled, settled], stores)
    assert stores[LOOKUPS_PENDING].rows == {}
    run(RequestIntake(), [request], stores)
    assert list(stores[LOOKUPS_PENDING].rows) == [b"r1"]


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (None, b"acc", "without a value"),
        (b"{", b"acc", "no look-up request: the record: json_invalid"),
        (b'{"kind": "other"}', b"acc", "union_tag_invalid"),
        (REQUEST.to_bytes().replace(b'"registrants"', b'"maya.okafor@example.com"'), b"acc", "literal_error"),
        (REQUEST.to_bytes(), b"other", "key is not its account_id"),
        (REQUEST.to_bytes(), None, "key is not its account_id"),
    ],
)
def test_intake_of_what_is_no_request_is_a_dead_letter_without_addresses(
    value: bytes | None, key: bytes | None, reason: str
) -> None:
    """The reason says which field is wrong, never what it holds."""
    with pytest.raises(DeadLetterError, match=reason) as raised:
        run(RequestIntake(), [record(LOOKUPS.name, value, key=key)], {LOOKUPS_PENDING: MemoryStore()})
    assert "@" not in str(raised.value)


ERASED = REQUEST.requested_at + timedelta(hours=1)
MAYA, NOAH = "maya.okafor@example.com", "noah@example.com"
ASKED = REQUEST.model_copy(update={"lookup": "identities", "emails": (MAYA, NOAH)})


def test_waiting_request_asks_about_the_others_once_somebody_is_forgotten() -> None:
    """One that waits loses the address, and so does one that was on its way; the question itself stays."""
    stores = {LOOKUPS_PENDING: MemoryStore()}
    rule = ErasingRule(RequestIntake(), "look-up", MARKED, LookupCleaner())
    run(rule, [record(LOOKUPS.name, ASKED.to_bytes(), key=b"acc")], stores)
    swept(rule, stores, order(MAYA, ERASED))
    late = ASKED.model_copy(update={"request_id": "r2"})
    run(rule, [record(LOOKUPS.name, late.to_bytes(), key=b"acc")], stores)
    waiting = [
        unpack_pending(value) for key, value in stores[LOOKUPS_PENDING].rows.items() if not key.startswith(MARKS)
    ]
    assert [pending.request.emails for pending in waiting if isinstance(pending, Pending)] == [(NOAH,), (NOAH,)]
    assert not rows_with(stores, MAYA, contact_id(MAYA))
