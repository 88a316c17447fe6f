"""What each feature needs of Zoom, as data: events to subscribe to, endpoints whose scopes the app must have. PURE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from processors.zoom.api import endpoints
from processors.zoom.api.endpoints import Endpoint
from runtime.models import Configuration, ZoomAccount
from schemas.attendance import ObjectType


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that Rollcall does with a Zoom account."""

    name: str
    """The key of the configuration that switches it on."""
    is_enabled: Callable[[ZoomAccount, Configuration], bool]
    events: tuple[str, ...] = ()
    """As https://developers.zoom.us/docs/api/webhooks/ names them, checked 2026-11-21."""
    endpoints: tuple[Endpoint, ...] = ()


def _live(kind: ObjectType) -> tuple[str, ...]:
    names = (
        "started",
        "ended",
        "participant_joined",
        "participant_left",
        "participant_role_changed",
        "participant_bind",
        "registration_created",
        "registration_approved",
        "registration_cancelled",
        "registration_denied",
    )
    return tuple(f"{kind}.{name}" for name in names)


FEATURES: tuple[Feature, ...] = (
    Feature("oauth: user", lambda account, _: account.oauth == "user", endpoints=(endpoints.USER,)),
    Feature(
        "sync.participants",
        lambda account, _: account.sync.participants,
        (*_live("meeting"), "meeting.converted_to_webinar"),
        (
            endpoints.DETAILS["meeting"],
            endpoints.REGISTRANTS["meeting"],
            endpoints.PAST_MEETING,
            endpoints.USERS,
        ),
    ),
    Feature(
        "sync.webinars",
        lambda account, _: account.sync.webinars,
        (
            *_live("webinar"),
            "webinar.created",
            "webinar.updated",
            "webinar.deleted",
            "webinar.converted_to_meeting",
        ),
        (
            endpoints.DETAILS["webinar"],
            endpoints.REGISTRANTS["webinar"],
            endpoints.PANELISTS,
            endpoints.USERS,
        ),
    ),
    Feature(
        "sessions.report_checks (meetings)",
        lambda account, configuration: account.sync.participants and bool(configuration.sessions.report_checks),
        endpoints=(endpoints.REPORT["meeting"],),
    ),
    Feature(
        "sessions.report_checks (webinars)",
        lambda account, configuration: account.sync.webinars and bool(configuration.sessions.report_checks),
        endpoints=(endpoints.REPORT["webinar"], endpoints.ABSENTEES),
    ),
    Feature(
        "sync.recordings",
        lambda account, _: account.sync.recordings,
        ("recording.completed",),
        (endpoints.RECORDINGS,),
    ),
    Feature(
        "zoom_api.interaction (meetings)",
        lambda account, configuration: account.sync.participants and configuration.zoom_api.interaction,
        ("meeting.chat_message_sent",),
        (endpoints.POLL_REPORT["meeting"], endpoints.QUESTION_REPORT["meeting"]),
    ),
    Feature(
        "zoom_api.interaction (webinars)",
        lambda account, configuration: account.sync.webinars and configuration.zoom_api.interaction,
        ("webinar.chat_message_sent",),
        (endpoints.POLL_REPORT["webinar"], endpoints.QUESTION_REPORT["webinar"]),
    ),
)


EVENT_SCOPES: Mapping[str, tuple[str, ...]] = {
    "meeting.participant_joined": ("meeting:read:participant:admin", "meeting:read:admin"),
    "recording.completed": ("cloud_recording:read:recording:admin", "recording:read:admin"),
}
"""Any one is enough, the granular scope first. Zoom says that each event needs one of its own and shows these two
(https://developers.zoom.us/docs/api/webhooks/, checked 2026-11-22)."""


def enabled(account: ZoomAccount, configuration: Configuration) -> tuple[Feature, ...]:
    """The features that an account has switched on."""
    return tuple(feature for feature in FEATURES if feature.is_enabled(account, configuration))


def events_of(account: ZoomAccount, configuration: Configuration) -> tuple[str, ...]:
    """The events that they need, each once."""
    return tuple(dict.fromkeys(event for feature in enabled(account, configuration) for event in feature.events))


def missing_scopes(account: ZoomAccount, configuration: Configuration, granted: frozenset[str]) -> dict[str, str]:
    """The scopes that a token lacks, each with the features that need it.

    A person's login has a scope with or without `:admin`; the app's own has the former alone.
    """
    missing: dict[str, list[str]] = {}
    for feature in enabled(account, configuration):
        for endpoint in feature.endpoints:
            if not _is_granted(account, endpoint.scopes, granted):
                names = missing.setdefault(endpoint.scopes[0], [])
                names += [feature.name] if feature.name not in names else []
    return {scope: ", ".join(names) for scope, names in missing.items()}


def unsent_events(account: ZoomAccount, configuration: Configuration, granted: frozenset[str]) -> dict[str, str]:
    """Needed events that Zoom does not send to an app with a token's scopes, each with the scope that it lacks.

    Zoom says nothing when it leaves them out. Only events of `EVENT_SCOPES` can be told.
    """
    return {
        event: EVENT_SCOPES[event][0]
        for event in events_of(account, configuration)
        if event in EVENT_SCOPES and not _is_granted(account, EVENT_SCOPES[event], granted)
    }


def _is_granted(account: ZoomAccount, scopes: tuple[str, ...], granted: frozenset[str]) -> bool:
    accepted = set(scopes)
    if account.oauth == "user":
        accepted |= {scope.removesuffix(":admin") for scope in scopes}
    return bool(granted & accepted)
