"""What a preview says of a contact and of an event."""

from __future__ import annotations

from processors.brevo.decisions.preview import event_preview, in_words, upsert_preview
from processors.brevo.decisions.wanted import Known
from schemas.brevo import AttributeValue, CommandResult
from tests.support.brevo_commands import OCCURRED_AT, event, upsert

REFUSED = CommandResult(
    command_id=event().command_id,
    contact_id=event().contact_id,
    kind="event",
    revision=1,
    outcome="rejected",
    name=event().name,
    once_keys=event().once_keys,
    detail="Brevo refuses the request",
    occurred_at=OCCURRED_AT,
    finished_at=OCCURRED_AT,
)


def test_refused_event_says_when_and_why() -> None:
    """In the words of its result."""
    said = in_words(event_preview(event(), "rejected", REFUSED))
    assert "was refused zoom_webinar_attended" in said
    assert "at 2026-11-20T17:00:00Z (Brevo refuses the request)" in said


def test_event_that_waits_again_says_nothing_of_its_refusal() -> None:
    """A resync has begun it anew: the older result is no word about it any more."""
    preview = event_preview(event(), "pending", REFUSED)
    assert (preview["fate"], preview["at"], preview["why"]) == ("would send", None, "")


def test_identifier_is_shown_as_if_nobody_else_had_it() -> None:
    """With what else would be set; a number without a country is one with the operator's region alone."""
    phone = {"SMS": AttributeValue(type="text", value="06 12 34 56 78"), **upsert().attributes}
    known = Known(exists=True, lists=frozenset({16}))
    preview = upsert_preview(upsert(attributes=phone), known, "FR")
    assert preview["sets"] == {"MEETING_DURATION": 47, "SMS": "33612345678"}
    assert upsert_preview(upsert(attributes=phone), known)["left_out"] == ["SMS"]
