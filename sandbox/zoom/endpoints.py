"""The endpoints the sandbox knows: path, rate label, scopes, query parameters, page size. PURE.

From https://developers.zoom.us/docs/api/ (docs/reference/zoom.md, checked 2026-11-21). With an account-level token
Zoom wants the `:admin` form of a scope; the classic or the granular one suffices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ServedLabel = Literal["light", "medium", "heavy", "resource-intensive"]
ServedSubject = Literal["account", "user", "meeting", "webinar", "app", "subscription"]
PAGED = frozenset({"page_size", "next_page_token"})


@dataclass(frozen=True)
class ServedEndpoint:
    """One request below `/v2`, a `GET` unless told."""

    path: str
    """`{}` stands for the one identifier."""
    subject: ServedSubject
    label: ServedLabel
    scopes: tuple[str, ...]
    """Any one of them is enough; the last is the granular one, which Zoom names when it is missing."""
    list_key: str | None = None
    """Key of the rows; ``None``: a single document."""
    parameters: frozenset[str] = frozenset()
    max_page_size: int = 300
    paid: bool = False
    """True: not on a free plan."""
    method: str = "GET"
    required: frozenset[str] = frozenset()
    """Query parameters that must be given."""

    @property
    def segments(self) -> tuple[str, ...]:
        """The path cut at its slashes."""
        return tuple(self.path.strip("/").split("/"))


def _classic(kind: str, granular: str) -> tuple[str, ...]:
    return (f"{kind}:read:admin", f"{kind}:read:{granular}:admin")


def _participants(kind: ServedSubject, path: str, scope: str) -> ServedEndpoint:
    return ServedEndpoint(
        path, kind, "medium", _classic(kind, scope), list_key="participants", parameters=PAGED, paid=True
    )


def _report(kind: ServedSubject) -> ServedEndpoint:
    return ServedEndpoint(
        f"/report/{kind}s/{{}}/participants",
        kind,
        "heavy",
        ("report:read:admin", f"report:read:list_{kind}_participants:admin"),
        list_key="participants",
        parameters=PAGED | {"include_fields"},
        paid=True,
    )


def _registrants(kind: ServedSubject, *more: str) -> ServedEndpoint:
    return ServedEndpoint(
        f"/{kind}s/{{}}/registrants",
        kind,
        "medium",
        _classic(kind, "list_registrants"),
        list_key="registrants",
        parameters=PAGED | {"status", "occurrence_id", *more},
    )


def _details(kind: ServedSubject) -> ServedEndpoint:
    return ServedEndpoint(
        f"/{kind}s/{{}}",
        kind,
        "light",
        _classic(kind, kind),
        parameters=frozenset({"occurrence_id", "show_previous_occurrences"}),
    )


def _person_report(kind: ServedSubject, what: str, scope: str) -> ServedEndpoint:
    return ServedEndpoint(
        f"/report/{kind}s/{{}}/{what}", kind, "heavy", ("report:read:admin", f"report:read:{scope}:admin"), "questions"
    )


def _instances(kind: ServedSubject, label: ServedLabel) -> ServedEndpoint:
    return ServedEndpoint(
        f"/past_{kind}s/{{}}/instances", kind, label, _classic(kind, "list_past_instances"), list_key=f"{kind}s"
    )


SERVED_ENDPOINTS: tuple[ServedEndpoint, ...] = (
    ServedEndpoint(
        "/users",
        "account",
        "medium",
        _classic("user", "list_users"),
        list_key="users",
        parameters=PAGED | {"status", "role_id", "include_fields", "license"},
    ),
    ServedEndpoint("/users/{}", "user", "light", _classic("user", "user")),
    ServedEndpoint(
        "/users/{}/meetings",
        "user",
        "medium",
        _classic("meeting", "list_meetings"),
        list_key="meetings",
        parameters=PAGED | {"type", "from", "to", "timezone"},
    ),
    ServedEndpoint(
        "/users/{}/webinars",
        "user",
        "medium",
        _classic("webinar", "list_webinars"),
        list_key="webinars",
        parameters=PAGED | {"type"},
    ),
    _details("meeting"),
    _details("webinar"),
    _registrants("meeting"),
    _registrants("webinar", "tracking_source_id"),
    ServedEndpoint(
        "/webinars/{}/panelists", "webinar", "medium", _classic("webinar", "list_panelists"), list_key="panelists"
    ),
    ServedEndpoint("/past_meetings/{}", "meeting", "light", _classic("meeting", "past_meeting")),
    _participants("meeting", "/past_meetings/{}/participants", "list_past_participants"),
    _participants("webinar", "/past_webinars/{}/participants", "list_past_participants"),
    ServedEndpoint(
        "/past_webinars/{}/absentees",
        "webinar",
        "heavy",
        _classic("webinar", "list_absentees"),
        list_key="registrants",
        parameters=PAGED | {"occurrence_id"},
    ),
    _report("meeting"),
    _report("webinar"),
    ServedEndpoint(
        "/meetings/{}/recordings",
        "meeting",
        "light",
        ("recording:read:admin", "cloud_recording:read:list_recording_files:admin"),
        parameters=frozenset({"include_fields", "ttl"}),
    ),
    ServedEndpoint(
        "/webinars/{}/tracking_sources",
        "webinar",
        "medium",
        _classic("webinar", "list_tracking_sources"),
        list_key="tracking_sources",
    ),
    ServedEndpoint(
        "/report/users/{}/meetings",
        "user",
        "heavy",
        ("report:read:admin", "report:read:user:admin"),
        list_key="meetings",
        parameters=PAGED | {"from", "to", "type"},
        required=frozenset({"from", "to"}),
        paid=True,
    ),
    _instances("meeting", "medium"),
    _instances("webinar", "light"),
    _person_report("meeting", "polls", "list_meeting_polls"),
    _person_report("webinar", "polls", "list_webinar_polls"),
    _person_report("meeting", "qa", "meeting_qna"),
    _person_report("webinar", "qa", "webinar_qna"),
)
_SUBSCRIPTIONS = "/marketplace/app/event_subscription"
_ONE_SUBSCRIPTION = f"{_SUBSCRIPTIONS}/{{}}"
MARKETPLACE: tuple[ServedEndpoint, ...] = (
    ServedEndpoint(
        "/marketplace/apps/{}/webhook_logs",
        "app",
        "medium",
        ("marketplace_app:read", "marketplace_app:read:admin"),
        list_key="webhook_logs",
        parameters=PAGED | {"from", "to", "event", "type", "retry_num"},
    ),
    ServedEndpoint(
        _SUBSCRIPTIONS,
        "account",
        "medium",
        ("marketplace:read:event_subscription",),
        list_key="event_subscriptions",
        parameters=PAGED | {"user_id", "account_id", "subscription_scope"},
        required=frozenset({"user_id", "account_id"}),
    ),
    ServedEndpoint(_SUBSCRIPTIONS, "account", "heavy", ("marketplace:write:event_subscription",), method="POST"),
    ServedEndpoint(
        _SUBSCRIPTIONS,
        "account",
        "medium",
        ("marketplace:delete:event_subscription",),
        method="DELETE",
        parameters=frozenset({"event_subscription_id", "account_id", "user_ids"}),
        required=frozenset({"event_subscription_id", "account_id"}),
    ),
    ServedEndpoint(
        _ONE_SUBSCRIPTION, "subscription", "medium", ("marketplace:update:event_subscription",), method="PATCH"
    ),
    ServedEndpoint(
        _ONE_SUBSCRIPTION, "subscription", "medium", ("marketplace:delete:event_subscription",), method="DELETE"
    ),
)
"""About the app itself."""
_EVENT_SCOPES = frozenset({"meeting:read:participant:admin", "cloud_recording:read:recording:admin"})
"""Of the events whose scopes Zoom's documentation shows."""
ALL_SCOPES: frozenset[str] = _EVENT_SCOPES | {endpoint.scopes[-1] for endpoint in (*SERVED_ENDPOINTS, *MARKETPLACE)}
"""Every granular scope that some endpoint or event asks for."""


def match(segments: tuple[str, ...], method: str = "GET") -> tuple[ServedEndpoint, str | None] | None:
    """The endpoint of a path and its identifier, still encoded; ``None`` when there is none."""
    for endpoint in (*SERVED_ENDPOINTS, *MARKETPLACE):
        template = endpoint.segments
        if len(template) != len(segments) or endpoint.method != method:
            continue
        if all(want in ("{}", have) for want, have in zip(template, segments, strict=True)):
            return endpoint, segments[template.index("{}")] if "{}" in template else None
    return None
