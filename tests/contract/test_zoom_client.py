"""The Zoom client against the sandbox's Zoom: every endpoint it reads, and the faults that the sandbox can show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from ops.zoom.answers import ZoomRefusedError, said
from processors.zoom.api.client import ZoomClient
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.setup import ClientSetup
from runtime.models import ZoomAccount
from runtime.outcome import Outcome
from sandbox.zoom.backend import ZoomBackend, ZoomOptions
from sandbox.zoom.control import BACKEND
from sandbox.zoom.faults import ZoomFault
from sandbox.zoom.server import build_app
from sandbox.zoom.state import ZoomState
from schemas.errors import RetryLaterError

WEBINAR, MEETING = "93577204816", "84215567031"
PLAIN, LIVE = "pT9/Qw3sRzGm4yBhK1xVdA==", "aB3dEf5hIj7lMn9pQr1tUw=="
SLASHED = "/H7cZq0bS1uWm//5rXeTkQ=="


def registrant(number: int, status: str) -> dict[str, Any]:
    """One registrant as Zoom lists it."""
    return {"id": f"{status}-{number}", "email": f"{status}{number}@example.com", "status": status}


def joins(count: int) -> list[dict[str, Any]]:
    """Rows of a report: one person who came back again and again, and the first two rows once more."""
    rows = [
        {
            "id": "u1",
            "user_id": str(33_554_432 + number),
            "registrant_id": "r1",
            "user_email": "ines@example.com",
            "join_time": "2026-08-12T14:00:04Z",
            "leave_time": "2026-08-12T15:00:00Z",
            "duration": 3596,
            "status": "in_meeting",
        }
        for number in range(count)
    ]
    return [*rows, *rows[:2]]


STATE = ZoomState.model_validate(
    {
        "users": [
            {"id": "u1", "email": "ines@example.com", "status": "active"},
            {"id": "u2", "email": "gone@example.com", "status": "inactive"},
            {"email": "pending.person@example.com", "status": "pending"},
        ],
        "sessions": [
            {
                "object_type": "webinar",
                "details": {"id": int(WEBINAR), "host_id": "u1", "topic": "Demo", "type": 5},
                "registrants": [
                    *(registrant(n, "approved") for n in range(650)),
                    registrant(0, "pending"),
                    registrant(0, "denied"),
                ],
                "panelists": [{"id": "p1", "email": "speaker@example.com", "name": "Noor Halvorsen"}],
                "instances": [
                    {
                        "uuid": PLAIN,
                        "start_time": "2026-08-12T14:00:04Z",
                        "end_time": "2026-08-12T15:00:00Z",
                    },
                    {
                        "uuid": SLASHED,
                        "start_time": "2026-08-12T14:00:04Z",
                        "end_time": "2026-08-12T15:00:00Z",
                        "participants": joins(601),
                        "absentees": [registrant(n, "approved") for n in range(301)],
                    },
                    {"uuid": LIVE, "start_time": "2026-08-12T16:00:04Z"},
                ],
            },
            {
                "object_type": "meeting",
                "details": {"id": int(MEETING), "host_id": "u1", "topic": "Kick-off", "type": 2},
                "registrants": [registrant(1, "approved")],
                "instances": [
                    {
                        "uuid": SLASHED,
                        "start_time": "2026-08-12T14:00:04Z",
                        "end_time": "2026-08-12T15:00:00Z",
                    }
                ],
            },
        ],
    }
)


class Zoom:
    """The sandbox, and a client of it."""

    def __init__(self, backend: ZoomBackend, client: ZoomClient) -> None:
        self.backend = backend
        self.client = client


async def start(options: ZoomOptions, session: aiohttp.ClientSession) -> tuple[Zoom, TestServer]:
    """A sandbox with `STATE` and a client that knows its address from the token alone."""
    app = build_app(options)
    server = TestServer(app)
    await server.start_server()
    backend = app[BACKEND]
    backend.state = STATE
    account = ZoomAccount.model_validate(
        {
            "account_id": STATE.account_id,
            "client_id": STATE.client_id,
            "client_secret": STATE.client_secret,
        }
    )
    url = str(server.make_url("/"))
    setup = ClientSetup(session, "business", url, ZoomMetrics(CollectorRegistry()), jitter=lambda: 0.0)
    return Zoom(backend, ZoomClient(account, setup)), server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session as the composition root makes it."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def options() -> ZoomOptions:
    """How the account is set up; tests override it."""
    return ZoomOptions(plan="business")


@pytest.fixture
async def zoom(options: ZoomOptions, session: aiohttp.ClientSession) -> AsyncIterator[Zoom]:
    """The sandbox with one webinar, one meeting and three users."""
    made, server = await start(options, session)
    yield made
    await server.close()


@pytest.mark.parametrize("occurrence_id", [None, "1786543200000"])
async def test_details_of_webinar_and_meeting_are_read(zoom: Zoom, occurrence_id: str | None) -> None:
    """`GET /webinars/{id}` and `GET /meetings/{id}`: no parameter that Zoom does not know."""
    assert (said(await zoom.client.details("webinar", WEBINAR, occurrence_id)))["topic"] == "Demo"
    assert (said(await zoom.client.details("meeting", MEETING, occurrence_id)))["topic"] == "Kick-off"


async def test_details_of_nothing_are_missing(zoom: Zoom) -> None:
    """HTTP 404, code 3001."""
    with pytest.raises(ZoomRefusedError) as raised:
        said(await zoom.client.details("webinar", "1"))
    assert raised.value.outcome is Outcome.MISSING
    assert str(raised.value).startswith("Zoom refuses: 3001: ")


async def test_registrants_of_a_webinar_are_read_in_every_status_and_page(zoom: Zoom) -> None:
    """`GET /webinars/{id}/registrants` shows approved ones alone unless told."""
    rows = said(await zoom.client.registrants("webinar", WEBINAR))
    assert len({row["id"] for row in rows}) == len(rows) == 652
    assert {row["status"] for row in rows} == {"approved", "pending", "denied"}
    assert zoom.backend.requests["/webinars/{}/registrants 200"] == 5


async def test_registrants_of_a_meeting_are_read(zoom: Zoom) -> None:
    """`GET /meetings/{id}/registrants`."""
    assert [row["id"] for row in said(await zoom.client.registrants("meeting", MEETING))] == ["approved-1"]


async def test_panelists_are_read(zoom: Zoom) -> None:
    """`GET /webinars/{id}/panelists`, which takes no parameter."""
    assert [row["id"] for row in said(await zoom.client.panelists(WEBINAR))] == ["p1"]


async def test_users_are_read_in_every_status(zoom: Zoom) -> None:
    """`GET /users`; the pending one has no id."""
    rows = said(await zoom.client.users())
    assert {(row.get("id"), row["status"]) for row in rows} == {
        ("u1", "active"),
        ("u2", "inactive"),
        (None, "pending"),
    }


async def test_past_meeting_of_a_uuid_with_slashes_is_found(zoom: Zoom) -> None:
    """`GET /past_meetings/{uuid}`: Zoom finds this one only when it is encoded twice."""
    assert (said(await zoom.client.past_meeting(SLASHED)))["uuid"] == SLASHED


async def test_report_has_every_join_once(zoom: Zoom) -> None:
    """`GET /report/webinars/{uuid}/participants`: `id` is the person, so it does not make two rows the same."""
    rows = said(await zoom.client.report("webinar", SLASHED))
    assert len({row["user_id"] for row in rows}) == len(rows) == 601
    assert {row["registrant_id"] for row in rows} == {"r1"}
    assert zoom.backend.requests["/report/webinars/{}/participants 200"] == 3


async def test_report_of_a_meeting_without_participants_is_empty(zoom: Zoom) -> None:
    """`GET /report/meetings/{uuid}/participants`: Zoom has no rows of a meeting with one participant."""
    assert said(await zoom.client.report("meeting", SLASHED)) == []


async def test_report_of_a_session_that_is_not_over_is_missing(zoom: Zoom) -> None:
    """HTTP 404, code 3001, as for one that never was."""
    with pytest.raises(ZoomRefusedError, match="3001") as raised:
        said(await zoom.client.report("webinar", LIVE))
    assert raised.value.outcome is Outcome.MISSING


async def test_absentees_are_read_to_the_end(zoom: Zoom) -> None:
    """`GET /past_webinars/{uuid}/absentees`: the list's key is `registrants`."""
    rows = said(await zoom.client.absentees(SLASHED))
    assert len({row["id"] for row in rows}) == len(rows) == 301


async def test_absentees_of_a_webinar_without_registration_are_missing(zoom: Zoom) -> None:
    """HTTP 400, code 3000, which elsewhere means that the wrong endpoint was asked."""
    with pytest.raises(ZoomRefusedError, match="3000") as raised:
        said(await zoom.client.absentees(PLAIN))
    assert raised.value.outcome is Outcome.MISSING


@pytest.mark.parametrize("options", [ZoomOptions(plan="business", scopes=frozenset({"user:read:admin"}))])
async def test_call_without_its_scope_is_unavailable_and_names_it(zoom: Zoom) -> None:
    """HTTP 400, code 4711."""
    with pytest.raises(ZoomRefusedError, match="webinar:read:list_registrants:admin") as raised:
        said(await zoom.client.registrants("webinar", WEBINAR))
    assert raised.value.outcome is Outcome.STOP
    assert len(said(await zoom.client.users())) == 3


@pytest.mark.parametrize("options", [ZoomOptions(plan="business", webinar_plan=False)])
async def test_call_without_a_webinar_plan_is_unavailable_although_http_says_200(zoom: Zoom) -> None:
    """HTTP 200, code 200."""
    with pytest.raises(ZoomRefusedError) as raised:
        said(await zoom.client.registrants("webinar", WEBINAR))
    assert raised.value.outcome is Outcome.STOP
    assert str(raised.value).startswith("Zoom refuses: 200: ")


async def test_access_token_that_ended_is_fetched_anew_once(zoom: Zoom) -> None:
    """HTTP 401, code 124."""
    said(await zoom.client.users())
    zoom.backend.tokens.expire_all()
    assert len(said(await zoom.client.users())) == 3
    assert zoom.backend.requests["/oauth/token 200"] == 2


@pytest.mark.parametrize("options", [ZoomOptions(plan="business", page_token_seconds=0)])
async def test_page_tokens_that_always_end_too_soon_are_for_later(zoom: Zoom) -> None:
    """HTTP 400, code 300 with a page token; a list of one page is read all the same."""
    with pytest.raises(RetryLaterError):
        said(await zoom.client.registrants("webinar", WEBINAR))
    assert len(said(await zoom.client.registrants("meeting", MEETING))) == 1


@pytest.mark.parametrize("form", ["seconds", "http_date", "iso_date"])
async def test_limit_is_waited_for_in_every_form_of_retry_after(zoom: Zoom, form: str) -> None:
    """HTTP 429."""
    fault = {"endpoint": "/users", "status": 429, "retry_after": form, "retry_after_seconds": 0}
    zoom.backend.faults.add(ZoomFault.model_validate(fault))
    assert len(said(await zoom.client.users())) == 3
    assert zoom.backend.requests["/users 429"] == 1


@pytest.mark.parametrize("kind", ["answer", "html", "reset"])
async def test_trouble_on_zooms_side_is_for_later_and_passes(zoom: Zoom, kind: str) -> None:
    """5xx with or without a body of Zoom's, and connections that break."""
    zoom.backend.faults.add(ZoomFault.model_validate({"endpoint": "/users", "kind": kind, "times": 9}))
    with pytest.raises(RetryLaterError):
        said(await zoom.client.users())
    zoom.backend.faults.clear()
    assert len(said(await zoom.client.users())) == 3


async def test_token_service_that_is_down_is_for_later_and_passes(zoom: Zoom) -> None:
    """No token, no call."""
    zoom.backend.faults.add(ZoomFault.model_validate({"endpoint": "/oauth/token"}))
    with pytest.raises(RetryLaterError):
        said(await zoom.client.users())
    assert len(said(await zoom.client.users())) == 3
