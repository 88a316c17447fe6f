"""A session's campaign: what Brevo is told, and what its status says."""

from __future__ import annotations

from typing import Any

import pytest

from processors.brevo.decisions.campaigns import Trace, campaign_body, campaign_named, trace_of
from runtime.brevo_models import Campaign
from runtime.calls import Answer
from schemas.brevo import SendCampaign

COMMAND = SendCampaign.model_validate(
    {
        "command_id": "c1",
        "contact_id": "session-952",
        "email": "",
        "revision": 1,
        "session": "/s1==",
        "reason": "recording",
        "occurred_at": "2026-11-20T17:00:00Z",
        "event_date": "2026-11-20T17:00:00Z",
        "once_keys": ("session_recording|/s1==",),
        "properties": {"topic": "R" * 300, "share_url": "https://zoom.example.com/rec/share/INVENTED"},
    }
)


def test_body_with_text_of_its_own_and_a_sender_by_address() -> None:
    """One source of content, no time of sending, and a name that is not as long as the topic."""
    html = "<a href='{{ params.share_url }}'>Watch</a>"
    sender = {"name": "Ada", "email": "ada@example.com"}
    chosen = Campaign.model_validate({"lists": [16], "subject": "It is there", "html": html, "sender": sender})
    assert campaign_body(COMMAND, chosen) == {
        "name": f"Zoom recording /s1== {'R' * 80}",
        "subject": "It is there",
        "sender": sender,
        "htmlContent": html,
        "recipients": {"listIds": [16], "exclusionListIds": []},
        "params": COMMAND.properties,
        "tag": "zoom-recording",
    }


@pytest.mark.parametrize(
    ("held", "trace"),
    [
        ({"status": "draft"}, "not_done"),
        ({"status": "queued"}, "done"),
        ({"status": "in_process"}, "done"),
        ({"status": "sent"}, "done"),
        ({"status": "suspended"}, "unknown"),
        ({"status": "archive"}, "unknown"),
        ({"id": 7}, "unknown"),
        (None, "unknown"),
    ],
)
def test_status_says_whether_it_was_sent(held: Any, trace: Trace) -> None:
    """Only a draft certainly was not; whatever is not known may have been."""
    assert trace_of(held) == trace


def test_campaign_is_found_by_its_whole_name_and_a_sent_one_first() -> None:
    """A draft beside it is what a lost answer left behind."""
    rows = [
        {"id": 9, "name": "Roadmap 2", "status": "sent"},
        {"id": 8, "name": "Roadmap", "status": "draft"},
        {"id": 7, "name": "Roadmap", "status": "sent"},
        {"name": "Roadmap", "status": "sent"},
    ]
    found = campaign_named(Answer(200, {"count": 4, "campaigns": rows}), "Roadmap")
    assert found is not None
    assert found["id"] == 7


@pytest.mark.parametrize("body", [None, {"count": 0}, {"campaigns": []}, {"campaigns": ["x"]}])
def test_listing_without_it_finds_none(body: Any) -> None:
    """Brevo leaves `campaigns` out where there are none."""
    assert campaign_named(Answer(200, body), "Roadmap") is None
