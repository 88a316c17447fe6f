from __future__ import annotations

from processors.engagement.state import SessionRow, merged_registration, merged_session
from schemas.attendance import Result
from tests.support.contact_facts import no_show, registration, result


def row(fact: Result) -> SessionRow:
    """The row of a first fact."""
    return merged_session(None, fact, "attended")


def test_merged_session_older_revision_does_not_overwrite() -> None:
    """An older revision changes nothing but the events it calls for."""
    newer = merged_session(None, no_show(revision=2), None)
    merged = merged_session(newer, result(revision=1), "attended")
    assert merged.status == "no_show"
    assert merged.revision == 2
    assert merged.events_due == ("attended",)


def test_merged_session_equal_revision_overwrites() -> None:
    """Of equal revisions the one that comes later stands."""
    assert merged_session(row(result()), result(attended_seconds=60), None).attended_seconds == 60


def test_merged_session_without_first_join_has_no_lateness() -> None:
    """Nobody is late who was not there while it was live."""
    assert row(result(first_join_at=None, late_seconds=0)).late_seconds is None


def test_merged_registration_older_revision_does_not_overwrite() -> None:
    """A cancellation stands against an approval that arrives after it but is older."""
    cancelled = merged_registration(None, registration(registration_status="cancelled", revision=2), None)
    assert merged_registration(cancelled, registration(), "registered").status == "cancelled"
    assert merged_registration(cancelled, registration(revision=3), "registered").status == "approved"


def test_merged_session_newer_revision_keeps_events_due() -> None:
    """What was called for once stays known, each kind once, in order."""
    corrected = merged_session(row(result()), no_show(revision=2), "no_show")
    assert merged_session(corrected, result(revision=3), "attended").events_due == ("attended", "no_show")
