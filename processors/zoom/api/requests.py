"""What can be asked of Zoom, as values: endpoint, id and parameters. PURE.

`ZoomClient.rows` reads a request whose endpoint has a list, `ZoomClient.one` any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from processors.zoom.api import endpoints
from processors.zoom.api.endpoints import Endpoint
from processors.zoom.api.paths import fill
from schemas.attendance import ObjectType
from schemas.instants import format_instant

RegistrantStatus = Literal["pending", "approved", "denied"]
UserStatus = Literal["pending", "inactive", "active"]
Listing = Literal["scheduled", "live", "upcoming", "upcoming_meetings", "previous_meetings"]
"""Of a user's meetings; webinars know `scheduled` and `upcoming` alone."""
LOG_TYPES: Mapping[str, str] = {"all": "1", "failed": "2", "delivered": "3"}


@dataclass(frozen=True, slots=True)
class Request:
    """One question or order."""

    endpoint: Endpoint
    segment: str = ""
    """The id or UUID in the path, not encoded."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Not encoded."""
    body: Mapping[str, Any] | None = None
    """Of a POST or PATCH."""

    @property
    def path(self) -> str:
        """Complete and encoded."""
        return fill(self.endpoint.template, self.segment)


def users(status: UserStatus) -> Request:
    """The account's users of one status; a pending one has no `id`."""
    return Request(endpoints.USERS, query={"status": status})


def user(user_id: str = "me") -> Request:
    """One user, with the `account_id`; `me` is whoever let the app in, and nobody for an account-level token."""
    return Request(endpoints.USER, user_id)


def sessions_of_user(
    object_type: ObjectType, user_id: str, listing: Listing = "scheduled", span: tuple[date, date] | None = None
) -> Request:
    """A user's meetings or webinars; a span of days, both included, for `previous_meetings` and `upcoming_meetings`."""
    days = {"from": span[0].isoformat(), "to": span[1].isoformat()} if span else {}
    return Request(endpoints.SESSIONS_OF_USER[object_type], user_id, {"type": listing, **days})


def details(object_type: ObjectType, object_id: str, occurrence_id: str | None = None) -> Request:
    """A webinar or meeting; all occurrences of a recurring one, past ones too."""
    query = {"show_previous_occurrences": "true", **_occurrence(occurrence_id)}
    return Request(endpoints.DETAILS[object_type], object_id, query)


def registrants(
    object_type: ObjectType, object_id: str, status: RegistrantStatus, occurrence_id: str | None = None
) -> Request:
    """Who registered, of one status: Zoom lists approved ones alone unless told."""
    return Request(endpoints.REGISTRANTS[object_type], object_id, {**_occurrence(occurrence_id), "status": status})


def panelists(webinar_id: str) -> Request:
    """Who speaks in a webinar."""
    return Request(endpoints.PANELISTS, webinar_id)


def tracking_sources(webinar_id: str) -> Request:
    """Where registrations for a webinar came from."""
    return Request(endpoints.TRACKING_SOURCES, webinar_id)


def past_meeting(uuid: str) -> Request:
    """One instance of a meeting that is over."""
    return Request(endpoints.PAST_MEETING, uuid)


def past_instances(object_type: ObjectType, object_id: str) -> Request:
    """Every instance of a webinar or meeting that is over: `uuid` and `start_time`."""
    return Request(endpoints.PAST_INSTANCES[object_type], object_id)


def hosted_by(user_id: str, first: date, last: date) -> Request:
    """A user's meetings and webinars that are over; at most a month, within the last six."""
    return Request(endpoints.HOSTED_BY, user_id, {"type": "past", "from": first.isoformat(), "to": last.isoformat()})


def absentees(uuid: str) -> Request:
    """Who registered for an instance of a webinar and stayed away."""
    return Request(endpoints.ABSENTEES, uuid)


def report(object_type: ObjectType, uuid: str) -> Request:
    """Who took part, one row per join, with `registrant_id`."""
    return Request(endpoints.REPORT[object_type], uuid, {"include_fields": "registrant_id"})


def poll_report(object_type: ObjectType, uuid: str) -> Request:
    """Answers to polls, one row per person."""
    return Request(endpoints.POLL_REPORT[object_type], uuid)


def question_report(object_type: ObjectType, uuid: str) -> Request:
    """Questions and answers, one row per person."""
    return Request(endpoints.QUESTION_REPORT[object_type], uuid)


def recordings(uuid: str) -> Request:
    """The cloud recording of an instance, with its `recording_files`."""
    return Request(endpoints.RECORDINGS, uuid)


def webhook_logs(
    app_id: str,
    start: datetime,
    end: datetime,
    kind: Literal["all", "failed", "delivered"] = "failed",
    retry: int | None = None,
) -> Request:
    """Zoom's log of its deliveries to the app, of at most 7 days; `retry` 0 to 3 is the number of the attempt."""
    query = {
        "from": format_instant(int(start.timestamp())),
        "to": format_instant(int(end.timestamp())),
        "type": LOG_TYPES[kind],
        **({} if retry is None else {"retry_num": str(retry)}),
    }
    return Request(endpoints.WEBHOOK_LOGS, app_id, query)


def subscriptions(account_id: str, user_id: str) -> Request:
    """The app's event subscriptions for an account; Zoom wants a user of it named, too."""
    query = {"account_id": account_id, "user_id": user_id, "subscription_scope": "account"}
    return Request(endpoints.SUBSCRIPTIONS, query=query)


def create_subscription(account_id: str, name: str, url: str, events: Sequence[str]) -> Request:
    """A new event subscription for a whole account; Zoom validates the URL before it answers."""
    body = {
        "events": list(events),
        "event_subscription_name": name,
        "event_webhook_url": url,
        "subscription_scope": "account",
        "account_id": account_id,
    }
    return Request(endpoints.CREATE_SUBSCRIPTION, body=body)


def subscribe(subscription_id: str, account_id: str, user_ids: Sequence[str] = ()) -> Request:
    """Put an account, or up to ten of its users, under a subscription."""
    body = {"account_id": account_id, **({"user_ids": list(user_ids)} if user_ids else {})}
    return Request(endpoints.SUBSCRIBE, subscription_id, body=body)


def unsubscribe(subscription_id: str, account_id: str, user_ids: Sequence[str] = ()) -> Request:
    """The reverse of `subscribe`."""
    users_of_it = {"user_ids": ",".join(user_ids)} if user_ids else {}
    query = {"event_subscription_id": subscription_id, "account_id": account_id, **users_of_it}
    return Request(endpoints.UNSUBSCRIBE, query=query)


def delete_subscription(subscription_id: str) -> Request:
    """End a subscription for all."""
    return Request(endpoints.DELETE_SUBSCRIPTION, subscription_id)


def _occurrence(occurrence_id: str | None) -> dict[str, str]:
    return {"occurrence_id": occurrence_id} if occurrence_id else {}
