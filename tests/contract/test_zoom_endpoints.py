"""Every endpoint that the client knows, against the sandbox's: one case each, generated from field lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ops.zoom.answers import ZoomRefusedError, said
from processors.zoom.api import requests
from processors.zoom.api.endpoints import ENDPOINTS, Endpoint
from processors.zoom.api.requests import Request
from runtime.outcome import Outcome
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.endpoints import match
from sandbox.zoom.state import ZoomState
from tests.support.zoom_sandbox import SandboxZoom, sandbox_zoom

WEBINAR, MEETING, USER = "93577204816", "84215567031", "kR3vQpZlTN6wYb1mUxE0dA"
UUIDS = {"webinar": "/H7cZq0bS1uWm//5rXeTkQ==", "meeting": "pT9/Qw3sRzGm4yBhK1xVdA=="}
START, END = "2026-08-12T14:00:04Z", "2026-08-12T15:00:00Z"
STATE = ZoomState()

# Field names as Zoom's specification lists them; what a row holds is invented from its name.
FIELDS: dict[str, str] = {
    "user": "id email first_name last_name display_name type status dept created_at last_login_time timezone",
    "details": "uuid id host_id topic type start_time duration timezone agenda created_at settings tracking_fields",
    "registrant": (
        "id first_name last_name email address city country zip state phone industry org job_title "
        "purchasing_time_frame role_in_purchase_process no_of_employees comments custom_questions status create_time "
        "join_url"
    ),
    "panelist": "id name email join_url virtual_background_id name_tag_id",
    "tracking source": "id source_name tracking_url visitor_count registration_count",
    "participant": (
        "id name user_id user_email join_time leave_time duration failover status internal_user registrant_id "
        "participant_user_id customer_key bo_mtg_id"
    ),
    "person": "name email first_name last_name question_details",
    "recordings": "uuid id account_id host_id topic start_time duration total_size recording_count recording_files",
    "webhook log": (
        "event status failed_reason_type user_id endpoint subscription_id request_headers request_body "
        "response_headers response_body date_time trace_id request_id retry_num"
    ),
    "subscription": (
        "event_subscription_id events event_subscription_name event_webhook_url subscription_scope created_source "
        "subscriber_id"
    ),
}
_PAST_ONLY = {"internal_user"}


def row(kind: str, number: int = 0, **known: Any) -> dict[str, Any]:
    """A row with every field of its list."""
    return {name: f"{name} {number}" for name in FIELDS[kind].split()} | known


def rows(kind: str, count: int, **known: Any) -> list[dict[str, Any]]:
    """Rows that differ in every invented field."""
    return [row(kind, number, **known) for number in range(count)]


def session(kind: str, object_id: str) -> dict[str, Any]:
    """A webinar or meeting with something behind each endpoint."""
    return {
        "object_type": kind,
        "details": row("details", id=int(object_id), host_id=USER, type=5 if kind == "webinar" else 2),
        "registrants": rows("registrant", 301, status="approved"),
        "panelists": rows("panelist", 2),
        "tracking_sources": rows("tracking source", 2),
        "recordings": row("recordings", recording_files=[{"id": "f1"}]),
        "instances": [
            {
                "uuid": UUIDS[kind],
                "start_time": START,
                "end_time": END,
                "participants": rows("participant", 301, duration=60, status="in_meeting"),
                "absentees": rows("registrant", 301, status="approved"),
                "polls": rows("person", 3, question_details=[]),
                "questions": rows("person", 2, question_details=[]),
            }
        ],
    }


def held() -> ZoomState:
    """An account that holds all of it."""
    return ZoomState.model_validate(
        {
            "users": [*rows("user", 301, status="active"), row("user", 999, id=USER, status="active")],
            "sessions": [session("webinar", WEBINAR), session("meeting", MEETING)],
            "subscriptions": rows("subscription", 2, subscription_scope="account", created_source="openapi"),
            "webhook_logs": rows("webhook log", 301, status=503, retry_num=0, date_time="2022-09-09T08:11:387Z"),
        }
    )


@dataclass(frozen=True)
class Case:
    """A request, and how many rows with which fields come of it."""

    request: Request
    count: int
    fields: set[str]


def fields(kind: str) -> set[str]:
    """The names of a list."""
    return set(FIELDS[kind].split())


LISTED = {"uuid", "id", "host_id", "topic", "type", "start_time", "duration", "timezone", "created_at"}
SPAN = (datetime(2026, 8, 12, tzinfo=UTC), datetime(2026, 8, 13, tzinfo=UTC))
READS = [
    Case(requests.users("active"), 302, fields("user")),
    Case(requests.user(USER), 1, fields("user") | {"account_id"}),
    Case(
        requests.sessions_of_user("meeting", USER, "previous_meetings", (date(2026, 8, 1), date(2026, 8, 31))),
        1,
        LISTED,
    ),
    Case(requests.sessions_of_user("webinar", USER), 1, LISTED),
    Case(requests.details("meeting", MEETING), 1, fields("details")),
    Case(requests.details("webinar", WEBINAR), 1, fields("details")),
    Case(requests.registrants("meeting", MEETING, "approved"), 301, fields("registrant")),
    Case(requests.registrants("webinar", WEBINAR, "approved"), 301, fields("registrant")),
    Case(requests.panelists(WEBINAR), 2, fields("panelist")),
    Case(requests.tracking_sources(WEBINAR), 2, fields("tracking source")),
    Case(
        requests.past_meeting(UUIDS["meeting"]),
        1,
        {"uuid", "id", "host_id", "type", "topic", "user_name", "user_email", "start_time", "end_time", "duration"}
        | {"total_minutes", "participants_count", "dept", "source", "has_meeting_summary"},
    ),
    Case(requests.past_instances("meeting", MEETING), 1, {"uuid", "start_time"}),
    Case(requests.past_instances("webinar", WEBINAR), 1, {"uuid", "start_time"}),
    Case(
        requests.hosted_by(USER, date(2026, 8, 1), date(2026, 8, 30)),
        2,
        {"uuid", "id", "type", "topic", "user_name", "user_email", "start_time", "end_time", "duration"}
        | {"total_minutes", "participants_count", "source"},
    ),
    Case(requests.absentees(UUIDS["webinar"]), 301, fields("registrant")),
    Case(requests.report("meeting", UUIDS["meeting"]), 301, fields("participant") - _PAST_ONLY),
    Case(requests.report("webinar", UUIDS["webinar"]), 301, fields("participant") - _PAST_ONLY),
    Case(requests.poll_report("meeting", UUIDS["meeting"]), 3, fields("person")),
    Case(requests.poll_report("webinar", UUIDS["webinar"]), 3, fields("person")),
    Case(requests.question_report("meeting", UUIDS["meeting"]), 2, fields("person")),
    Case(requests.question_report("webinar", UUIDS["webinar"]), 2, fields("person")),
    Case(requests.recordings(UUIDS["meeting"]), 1, fields("recordings")),
    Case(requests.webhook_logs(STATE.app_id, *SPAN), 301, fields("webhook log")),
    Case(requests.subscriptions(STATE.account_id, USER), 2, fields("subscription")),
]
WRITES = [
    requests.create_subscription(STATE.account_id, "Rollcall", "http://127.0.0.1:1/webhooks", ["meeting.started"]),
    requests.subscribe("event_subscription_id 0", STATE.account_id),
    requests.unsubscribe("event_subscription_id 0", STATE.account_id, [USER]),
    requests.delete_subscription("event_subscription_id 1"),
]


def name_of(case: Case | Request) -> str:
    """Method and path template."""
    return (case.request if isinstance(case, Case) else case).endpoint.name


@pytest.fixture
def options() -> ZoomOptions:
    """How the account is set up; tests override it."""
    return ZoomOptions(plan="business")


@pytest.fixture
async def zoom(options: ZoomOptions) -> AsyncIterator[SandboxZoom]:
    """A sandbox that holds something behind every endpoint."""
    async with sandbox_zoom(held(), options) as made:
        yield made


async def ask(zoom: SandboxZoom, request: Request) -> list[dict[str, Any]]:
    """All rows, or the one object as a list."""
    return said(await zoom.client.rows(request)) if request.endpoint.rows else [said(await zoom.client.one(request))]


def test_every_endpoint_has_a_case() -> None:
    """An endpoint without one would be untried."""
    assert {case.request.endpoint for case in READS} | {request.endpoint for request in WRITES} == set(ENDPOINTS)


@pytest.mark.parametrize("case", READS, ids=name_of)
async def test_endpoint_is_read_to_the_end_with_every_field(zoom: SandboxZoom, case: Case) -> None:
    """No parameter that Zoom does not know, all pages, each row once, no field lost."""
    found = await ask(zoom, case.request)
    assert len(found) == case.count
    assert all(case.fields <= set(row) for row in found)


@pytest.mark.parametrize("request_", [*(case.request for case in READS), *WRITES[1:]], ids=name_of)
@pytest.mark.parametrize("options", [ZoomOptions(plan="business", scopes=frozenset({"none:of:these"}))])
async def test_endpoint_without_its_scope_is_unavailable_and_names_it(zoom: SandboxZoom, request_: Request) -> None:
    """HTTP 400, code 4711."""
    with pytest.raises(ZoomRefusedError) as raised:
        await ask(zoom, request_)
    assert raised.value.outcome is Outcome.STOP
    assert any(scope in str(raised.value) for scope in request_.endpoint.scopes)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_endpoint_agrees_with_the_sandbox_on_label_scopes_and_list(endpoint: Endpoint) -> None:
    """Two tables, written apart from each other, say the same."""
    found = match(tuple(requests.Request(endpoint, "7").path.strip("/").split("/")), endpoint.method)
    assert found is not None, "the sandbox does not know it"
    theirs = found[0]
    assert endpoint.label == theirs.label
    assert set(endpoint.scopes) == set(theirs.scopes)
    assert endpoint.rows == theirs.list_key
    assert endpoint.paged == ("page_size" in theirs.parameters) or endpoint.rows is None


async def test_subscription_is_ended_and_left(zoom: SandboxZoom) -> None:
    """HTTP 204 without a body is a good answer."""
    for request in WRITES[1:]:
        assert said(await zoom.client.one(request)) == {}
    left = said(await zoom.client.rows(requests.subscriptions(STATE.account_id, USER)))
    assert [subscription["event_subscription_id"] for subscription in left] == ["event_subscription_id 0"]


async def test_subscription_whose_url_does_not_answer_is_refused(zoom: SandboxZoom) -> None:
    """HTTP 404, code 1701."""
    with pytest.raises(ZoomRefusedError, match="1701"):
        said(await zoom.client.one(WRITES[0]))


async def test_webhook_log_of_more_than_seven_days_is_refused(zoom: SandboxZoom) -> None:
    """HTTP 404, code 1502."""
    with pytest.raises(ZoomRefusedError, match="1502"):
        said(await zoom.client.rows(requests.webhook_logs(STATE.app_id, datetime(2026, 8, 1, tzinfo=UTC), SPAN[1])))


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 7, 1), date(2026, 8, 12)), (date(2020, 1, 1), date(2020, 1, 30))]
)
async def test_report_on_a_user_of_a_span_that_zoom_does_not_answer_is_refused(
    zoom: SandboxZoom, first: date, last: date
) -> None:
    """Longer than a month, or older than six of them: HTTP 400, code 300."""
    with pytest.raises(ZoomRefusedError, match="300"):
        said(await zoom.client.rows(requests.hosted_by(USER, first, last)))
