"""How two states of one contact differ, and what a switch makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from ops.rebuild.compare import FactChange, events_not_sent, fact_changes, score_change, switched
from processors.engagement.assessment import Assessor
from processors.engagement.row_bytes import session_key
from processors.engagement.state import ContactRows, Head, SessionRow
from schemas.instants import as_datetime
from tests.support.tracking import configuration

CONTACT = "c0ffee"
KEY = session_key(CONTACT, "acc", "uuid")
ROW = SessionRow(
    session_uuid="uuid", revision=3, retracted=False, account_id="acc", object_type="webinar", status="attended",
    ended_at=1_800_003_600, length_seconds=3_600, attended_seconds=3_000, late_seconds=60,
    first_join_at=1_800_000_060, topic="T", name="N", interaction=None, events_due=("attended",),
)  # fmt: skip


def _rows(row: SessionRow | None, head: Head | None = None) -> ContactRows:
    return ContactRows(head or Head(5, "a@example.com", "s", "u"), {} if row is None else {KEY: row}, {}, {})


def _changes(live: SessionRow | None, rebuilt: SessionRow | None) -> list[FactChange]:
    return list(fact_changes(CONTACT, _rows(live), _rows(rebuilt)))


def test_equal_facts_are_no_difference_however_often_they_were_told() -> None:
    """Revisions count records, and events what was once called for."""
    assert _changes(ROW, ROW._replace(revision=1, events_due=())) == []
    assert _changes(None, ROW._replace(retracted=True)) == []


@pytest.mark.parametrize(
    ("live", "rebuilt", "kind", "fields"),
    [
        (ROW, ROW._replace(status="left_early"), "changed", {"status": ("attended", "left_early")}),
        (ROW, None, "gone", {}),
        (None, ROW, "new", {}),
        (ROW, ROW._replace(retracted=True), "gone", {}),
    ],
)
def test_a_difference_names_what_people_are_shown(
    live: SessionRow | None, rebuilt: SessionRow | None, kind: str, fields: dict[str, Any]
) -> None:
    """Before and after."""
    (change,) = _changes(live, rebuilt)
    assert (change.kind, change.name) == (kind, "uuid")
    assert fields.items() <= change.fields.items()
    assert change.is_later(as_datetime(ROW.ended_at))
    assert not change.is_later(as_datetime(ROW.ended_at + 1))


def test_events_that_only_the_other_state_calls_for_are_counted() -> None:
    """Nobody sends them; those of what was taken back nobody misses."""
    called = ROW._replace(status="no_show", events_due=("attended", "no_show"))
    assert events_not_sent(_rows(ROW), _rows(called)) == {"no_show": 1}
    assert not events_not_sent(_rows(ROW), _rows(called._replace(retracted=True)))


def test_switched_takes_back_what_only_the_live_state_has() -> None:
    """So that Brevo's lists are left; and whoever is in the live state alone is still known to be at Brevo."""
    live = _rows(ROW)
    rows = switched(live, _rows(None, Head()))
    assert rows.sessions[KEY].retracted
    assert (rows.head.email, rows.head.upsert_digest) == ("a@example.com", "u")
    assert switched(live, _rows(ROW)).sessions == live.sessions


def test_a_score_differs_by_its_numbers_or_its_reckoning_and_is_none_without_results() -> None:
    """Against the record that stands."""
    rows, old, new = _rows(ROW), Assessor(configuration()), Assessor(configuration(scoring={"model_version": "2"}))
    scored, _ = old.assess(rows)
    assert scored is not None
    told = old.contact_score(CONTACT, "a@example.com", 5, scored)
    assert score_change(CONTACT, told, rows, old, 9) is None
    change = score_change(CONTACT, told, rows, new, 9)
    assert change is not None
    assert not change.shows
    assert change.rebuilt is not None
    assert change.rebuilt.revision == 9
    gone = score_change(CONTACT, told, switched(rows, _rows(None)), old, 9)
    assert gone is not None
    assert (gone.rebuilt, gone.shows) == (None, True)
    assert score_change(CONTACT, None, _rows(None), old, 9) is None
