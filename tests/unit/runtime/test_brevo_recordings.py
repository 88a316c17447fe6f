from __future__ import annotations

import pytest
from pydantic import ValidationError

from runtime.brevo_models import RecordingSettings

CAMPAIGN: dict[str, object] = {"lists": [16], "subject": "The recording", "template": 41, "sender": {"id": 3}}


def by_campaign(**changes: object) -> dict[str, object]:
    """A section that works, unless the changes keep it from doing so."""
    return {"by": "campaign", "campaign": {**CAMPAIGN, **changes}}


@pytest.mark.parametrize(
    ("section", "error"),
    [
        ({"by": "template"}, "needs `template`"),
        ({"by": "fax"}, "template"),
        ({"question": "May we?", "answers": []}, "at least one of `answers`"),
        ({"to": ["attended", "late"]}, "no_show"),
        ({"sessions": ["podcast"]}, "webinar"),
        ({"by": "campaign"}, "campaign.lists.*campaign.subject.*exactly one.*campaign.sender"),
        (by_campaign(lists=[]), "campaign.lists"),
        (by_campaign(exclude_lists=[16]), "both in"),
        (by_campaign(subject=""), "campaign.subject"),
        (by_campaign(html="{{ params.share_url }}"), "exactly one of"),
        (by_campaign(template=None), "exactly one of"),
        (by_campaign(template=None, html="<p>Hello</p>"), "params.share_url"),
        (by_campaign(sender={}), "campaign.sender"),
        (by_campaign(sender={"name": "Ada"}), "campaign.sender"),
        (by_campaign(sender={"id": 3, "name": "Ada", "email": "ada@example.com"}), "campaign.sender"),
        (by_campaign(after_minutes=-1), "after_minutes"),
        ({**by_campaign(), "to": ["attended"]}, "a campaign goes to its lists"),
        ({**by_campaign(), "question": "May we?"}, "a campaign goes to its lists"),
    ],
)
def test_recordings_section_that_cannot_work_is_refused(section: dict[str, object], error: str) -> None:
    """With what there is to choose from, or what is missing."""
    with pytest.raises(ValidationError, match=error):
        RecordingSettings.model_validate(section)


def test_recordings_section_may_be_left_out() -> None:
    """Then everybody is told, by the event."""
    assert (RecordingSettings().by, RecordingSettings().question, RecordingSettings().trial) == ("event", None, False)
    assert RecordingSettings().to == ("attended", "left_early", "no_show")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exclude_lists": [18], "after_minutes": 0},
        {"template": None, "html": "<a href='{{ params.share_url }}'>Watch</a>"},
        {"sender": {"name": "Ada", "email": "ada@example.com"}},
    ],
    ids=str,
)
def test_campaign_that_can_be_made_is_accepted(changes: dict[str, object]) -> None:
    """By a template or text of its own, from a sender by id or by address."""
    assert RecordingSettings.model_validate(by_campaign(**changes)).by == "campaign"


def test_campaign_that_is_not_used_may_be_incomplete() -> None:
    """People prepare it before they switch it on."""
    assert RecordingSettings.model_validate({"campaign": {"lists": [16]}}).by == "event"
