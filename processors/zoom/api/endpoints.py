"""The endpoints that Rollcall uses: label, list, and the scopes that open them. PURE."""

# https://developers.zoom.us/docs/api/meetings/, /docs/api/users/ and /docs/api/marketplace/, checked 2026-11-21.

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from processors.zoom.api.limits import RateLabel
from schemas.attendance import ObjectType


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of request."""

    name: str
    """Method and path template, with one place at most: the label in metrics and messages."""
    label: RateLabel
    scopes: tuple[str, ...]
    """Any one is enough: the granular scope first, then the classic one, as an account-level token has them."""
    rows: str | None = None
    """The list in the answer; ``None`` when the answer is one object."""
    has: str = "id"
    """Where that is one object: a field that each good one has; ``""`` when a good answer has no body (204)."""
    paged: bool = True
    """False: the list comes in one piece, and Zoom documents no parameter for pages."""
    same_by: Literal["id", "all"] = "id"
    """What makes a row the same again. In reports `id` is the person, who has a row for every join."""
    none_codes: frozenset[int] = frozenset()
    """Codes that mean "there is none" here and something else elsewhere."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.name.partition(" ")[0]

    @property
    def template(self) -> str:
        """The path below the version, with a place for an id or UUID."""
        return self.name.partition(" ")[2]


PerType = Mapping[ObjectType, Endpoint]


def _both(make: Callable[[ObjectType], Endpoint]) -> PerType:
    kinds: tuple[ObjectType, ...] = ("meeting", "webinar")
    return {kind: make(kind) for kind in kinds}


def _scopes(kind: str, granular: str) -> tuple[str, ...]:
    return (f"{kind}:read:{granular}:admin", f"{kind}:read:admin")


USERS = Endpoint("GET /users", "medium", _scopes("user", "list_users"), "users")
USER = Endpoint("GET /users/{id}", "light", _scopes("user", "user"))
SESSIONS_OF_USER = _both(
    lambda kind: Endpoint(
        f"GET /users/{{id}}/{kind}s",
        "medium",
        _scopes(kind, f"list_{kind}s"),
        f"{kind}s",
        same_by="all",  # each occurrence of a recurring one is a row with the same id
    )
)
DETAILS = _both(lambda kind: Endpoint(f"GET /{kind}s/{{id}}", "light", _scopes(kind, kind)))
REGISTRANTS = _both(
    lambda kind: Endpoint(
        f"GET /{kind}s/{{id}}/registrants", "medium", _scopes(kind, "list_registrants"), "registrants"
    )
)
PANELISTS = Endpoint(
    "GET /webinars/{id}/panelists", "medium", _scopes("webinar", "list_panelists"), "panelists", paged=False
)
TRACKING_SOURCES = Endpoint(
    "GET /webinars/{id}/tracking_sources",
    "medium",
    _scopes("webinar", "list_tracking_sources"),
    "tracking_sources",
    paged=False,
)
PAST_MEETING = Endpoint("GET /past_meetings/{uuid}", "light", _scopes("meeting", "past_meeting"), has="uuid")
PAST_INSTANCES = _both(
    lambda kind: Endpoint(
        f"GET /past_{kind}s/{{id}}/instances",
        "medium" if kind == "meeting" else "light",
        _scopes(kind, "list_past_instances"),
        f"{kind}s",
        paged=False,
        same_by="all",
    )
)
HOSTED_BY = Endpoint(
    "GET /report/users/{id}/meetings",
    "heavy",
    ("report:read:user:admin", "report:read:admin"),
    "meetings",
    same_by="all",  # each instance of a recurring one is a row with the same id
)
ABSENTEES = Endpoint(
    "GET /past_webinars/{uuid}/absentees",
    "heavy",
    _scopes("webinar", "list_absentees"),
    "registrants",
    none_codes=frozenset({3000}),  # a webinar without registration
)
REPORT = _both(
    lambda kind: Endpoint(
        f"GET /report/{kind}s/{{uuid}}/participants",
        "heavy",
        (f"report:read:list_{kind}_participants:admin", "report:read:admin"),
        "participants",
        same_by="all",
    )
)
POLL_REPORT = _both(
    lambda kind: Endpoint(
        f"GET /report/{kind}s/{{uuid}}/polls",
        "heavy",
        (f"report:read:list_{kind}_polls:admin", "report:read:admin"),
        "questions",
        paged=False,
        same_by="all",
    )
)
QUESTION_REPORT = _both(
    lambda kind: Endpoint(
        f"GET /report/{kind}s/{{uuid}}/qa",
        "heavy",
        (f"report:read:{kind}_qna:admin", "report:read:admin"),
        "questions",
        paged=False,
        same_by="all",
    )
)
RECORDINGS = Endpoint(
    "GET /meetings/{uuid}/recordings",
    "light",
    ("cloud_recording:read:list_recording_files:admin", "recording:read:admin"),
    has="recording_files",
)
WEBHOOK_LOGS = Endpoint(
    "GET /marketplace/apps/{app}/webhook_logs",
    "medium",
    ("marketplace_app:read:admin", "marketplace_app:read"),
    "webhook_logs",
    same_by="all",
)
SUBSCRIPTIONS = Endpoint(
    "GET /marketplace/app/event_subscription",
    "medium",
    ("marketplace:read:event_subscription",),
    "event_subscriptions",
    same_by="all",
)
CREATE_SUBSCRIPTION = Endpoint(
    "POST /marketplace/app/event_subscription",
    "heavy",
    ("marketplace:write:event_subscription",),
    has="event_subscription_id",
)
SUBSCRIBE = Endpoint(
    "PATCH /marketplace/app/event_subscription/{subscription}",
    "medium",
    ("marketplace:update:event_subscription",),
    has="",
)
UNSUBSCRIBE = Endpoint(
    "DELETE /marketplace/app/event_subscription",
    "medium",
    ("marketplace:delete:event_subscription",),
    has="",
)
DELETE_SUBSCRIPTION = Endpoint(
    "DELETE /marketplace/app/event_subscription/{subscription}",
    "medium",
    ("marketplace:delete:event_subscription",),
    has="",
)

ENDPOINTS: tuple[Endpoint, ...] = (
    USERS,
    USER,
    *SESSIONS_OF_USER.values(),
    *DETAILS.values(),
    *REGISTRANTS.values(),
    PANELISTS,
    TRACKING_SOURCES,
    PAST_MEETING,
    *PAST_INSTANCES.values(),
    HOSTED_BY,
    ABSENTEES,
    *REPORT.values(),
    *POLL_REPORT.values(),
    *QUESTION_REPORT.values(),
    RECORDINGS,
    WEBHOOK_LOGS,
    SUBSCRIPTIONS,
    CREATE_SUBSCRIPTION,
    SUBSCRIBE,
    UNSUBSCRIBE,
    DELETE_SUBSCRIPTION,
)
"""Every one of them."""
