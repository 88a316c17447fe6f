"""What has to change so that Zoom sends the wanted events."""

from __future__ import annotations

from typing import Any

import pytest

from ops.zoom.subscription import SubscriptionPlan, plan, sent_to
from processors.zoom.features import FEATURES, events_of, missing_scopes, unsent_events
from runtime.models import Configuration

URL = "https://hooks.example.com/webhooks/zoom"
WANTED = ("meeting.started", "meeting.ended", "recording.completed")


def row(name: str, *events: str, source: str = "openapi", url: str = URL) -> dict[str, Any]:
    """A subscription as Zoom lists it."""
    return {
        "event_subscription_id": name,
        "events": list(events),
        "event_webhook_url": url,
        "created_source": source,
    }


def configuration(**zoom: Any) -> Configuration:
    """One account; the sections of the file beside it under their names."""
    sections = {name: zoom.pop(name) for name in ("sessions", "zoom_api") if name in zoom}
    return Configuration.model_validate({"connectors": {"zoom": {"account_id": "acc", **zoom}}, **sections})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], SubscriptionPlan(WANTED, WANTED)),
        ([row("a", *WANTED)], SubscriptionPlan(())),
        ([row("a", *WANTED, url=URL + "/")], SubscriptionPlan(())),
        ([row("a", *WANTED, url="https://other.example.com/webhooks/zoom")], SubscriptionPlan(WANTED, WANTED)),
        ([row("a", "meeting.started", source="default"), row("b", *WANTED[1:])], SubscriptionPlan(())),
        ([row("a", "meeting.ended", "x.y")], SubscriptionPlan((WANTED[0], WANTED[2]), (*WANTED, "x.y"), ("a",))),
        (
            [row("a", "meeting.ended", source="default")],
            SubscriptionPlan((WANTED[0], WANTED[2]), (WANTED[0], WANTED[2])),
        ),
        (
            [row("a", WANTED[0], source="default"), row("b", WANTED[1]), row("c", "x.y")],
            SubscriptionPlan((WANTED[2],), (WANTED[1], WANTED[2], "x.y"), ("b", "c")),
        ),
    ],
)
def test_plan_sends_each_wanted_event_once_and_keeps_others(
    rows: list[dict[str, Any]], expected: SubscriptionPlan
) -> None:
    """What was made in the Marketplace stays; what is ours is replaced as a whole."""
    assert plan(rows, URL, WANTED) == expected


def test_sent_to_groups_by_address_and_leaves_out_other_apps_paths() -> None:
    """Two subscriptions of one address are one."""
    rows = [row("a", "x.y"), row("b", "x.z"), row("c", "x.y", url="https://example.com/else")]
    assert sent_to(rows, "/webhooks/zoom") == {URL: {"x.y", "x.z"}}


def test_events_follow_what_is_switched_on() -> None:
    """Each once, none of what is off."""
    everything, meetings = configuration(), configuration(sync={"webinars": False, "recordings": False})
    events = events_of(everything.accounts[0], everything)
    assert len(events) == len(set(events))
    assert {"meeting.participant_left", "webinar.registration_cancelled", "recording.completed"} <= set(events)
    assert all(event.startswith("meeting.") for event in events_of(meetings.accounts[0], meetings))


def test_missing_scopes_are_named_with_the_features_that_need_them() -> None:
    """The classic scope does as well as the granular one."""
    file = configuration(sync={"webinars": False, "recordings": False}, sessions={"report_checks": []})
    account = file.accounts[0]
    assert set(missing_scopes(account, file, frozenset({"meeting:read:admin"}))) == {"user:read:list_users:admin"}
    assert missing_scopes(account, file, frozenset({"meeting:read:admin", "user:read:admin"})) == {}
    everything = missing_scopes(account, file, frozenset())
    assert everything["meeting:read:list_registrants:admin"] == "sync.participants"


def test_missing_scopes_of_a_login_may_lack_admin_and_of_the_app_may_not() -> None:
    """An account-level token has the `:admin` form alone."""
    granted = frozenset({"meeting:read", "user:read"})
    switches = {"sync": {"webinars": False, "recordings": False}, "sessions": {"report_checks": []}}
    person, app = configuration(oauth="user", **switches), configuration(**switches)
    assert missing_scopes(person.accounts[0], person, granted) == {}
    assert missing_scopes(app.accounts[0], app, granted)


def test_reports_and_interaction_need_their_scopes_only_when_they_are_on() -> None:
    """Nobody has to grant what is off."""
    off = configuration(sessions={"report_checks": []})
    on = configuration(sessions={"report_checks": ["5m"]}, zoom_api={"interaction": True})
    assert not any("report:" in scope for scope in missing_scopes(off.accounts[0], off, frozenset()))
    scopes = set(missing_scopes(on.accounts[0], on, frozenset()))
    assert {"report:read:list_webinar_participants:admin", "report:read:webinar_qna:admin"} <= scopes


def test_events_of_interaction_are_chat_messages() -> None:
    """Polls and questions have no event."""
    on = configuration(sync={"webinars": False, "recordings": False}, zoom_api={"interaction": True})
    off = configuration(sync={"webinars": False, "recordings": False})
    added = set(events_of(on.accounts[0], on)) - set(events_of(off.accounts[0], off))
    assert added == {"meeting.chat_message_sent"}


@pytest.mark.parametrize(
    ("granted", "unsent"),
    [
        ({"meeting:read:participant:admin", "cloud_recording:read:recording:admin"}, {}),
        ({"meeting:read:admin", "recording:read:admin"}, {}),
        ({"meeting:read:admin"}, {"recording.completed": "cloud_recording:read:recording:admin"}),
        ({"cloud_recording:read:recording"}, {"meeting.participant_joined": "meeting:read:participant:admin",
                                              "recording.completed": "cloud_recording:read:recording:admin"}),
    ],
)  # fmt: skip
def test_unsent_events_are_those_whose_scope_is_lacking(granted: set[str], unsent: dict[str, str]) -> None:
    """The app's own token has the `:admin` form alone; the classic scope does as well."""
    file = configuration(sync={"webinars": False})
    assert unsent_events(file.accounts[0], file, frozenset(granted)) == unsent


def test_unsent_events_of_what_is_off_are_none() -> None:
    """Nobody misses what is not asked for."""
    file = configuration(sync={"participants": False, "recordings": False})
    assert unsent_events(file.accounts[0], file, frozenset()) == {}


def test_features_have_names_of_their_own() -> None:
    """They are told to people."""
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
