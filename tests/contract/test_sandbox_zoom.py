"""The sandbox's Zoom: its answers equal the payload files, and it refuses what Zoom refuses."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox.simulator import simulate_meeting, simulate_webinar
from sandbox.zoom.endpoints import SERVED_ENDPOINTS
from sandbox.zoom.server import run_server
from sandbox.zoom.state import ZoomState
from tests.support.zoom_paths import (
    MEETING,
    ONCE,
    PLAIN,
    SLASHED,
    THRICE,
    TWICE,
    WEBINAR,
    Zoom,
    example,
    sample_state,
)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("webinar_registrants", f"/webinars/{WEBINAR}/registrants?page_size=300"),
        ("past_webinar_absentees", f"/past_webinars/{TWICE}/absentees?page_size=300"),
        ("past_meeting_participants", f"/past_meetings/{MEETING}/participants?page_size=300"),
        (
            "report_webinar_participants",
            f"/report/webinars/{TWICE}/participants?page_size=3&include_fields=registrant_id",
        ),
    ],
)
async def test_answer_equals_the_payload_file(zoom: Zoom, name: str, path: str) -> None:
    """Every key and value, in the order of the file; only the page token is random."""
    status, body = await zoom.get(path)
    wanted = example(name)
    assert status == 200
    assert bool(body["next_page_token"]) == bool(wanted["next_page_token"])
    wanted["next_page_token"] = body["next_page_token"]
    assert json.dumps(body) == json.dumps(wanted)


async def test_users_answer_equals_the_payload_file_over_both_statuses(zoom: Zoom) -> None:
    """Active is the default; pending users are listed apart and have no id."""
    wanted = example("users")
    _, active = await zoom.get("/users?page_size=300")
    _, pending = await zoom.get("/users?page_size=300&status=pending")
    assert [*active["users"], *pending["users"]] == wanted["users"]
    assert list(active) == list(wanted)


@pytest.mark.parametrize("simulate", [simulate_webinar, simulate_meeting])
async def test_simulated_rows_have_the_keys_of_the_payload_files(zoom: Zoom, simulate: Any) -> None:
    """A simulated world answers in the same shape as the documented samples."""
    world = simulate(30, 7, starts_at=1_787_155_200)
    await zoom.control("PUT", "state", world.zoom.model_dump(mode="json"))
    await zoom.log_in()
    kind, object_id = world.event.object_type, world.event.object_id
    pairs = {
        f"/{kind}s/{object_id}/registrants": ("webinar_registrants", "registrants"),
        f"/past_{kind}s/{object_id}/participants": ("past_meeting_participants", "participants"),
        f"/report/{kind}s/{object_id}/participants?include_fields=registrant_id": (
            "report_webinar_participants",
            "participants",
        ),
        "/users": ("users", "users"),
    }
    for path, (name, key) in pairs.items():
        status, body = await zoom.get(path)
        assert status == 200
        assert body[key], path
        wanted = set(example(name)[key][0])
        assert all(set(row) == wanted for row in body[key]), path


async def test_report_without_include_fields_shows_no_registrant_id(zoom: Zoom) -> None:
    """`registrant_id` has to be asked for."""
    _, body = await zoom.get(f"/report/webinars/{WEBINAR}/participants")
    assert all("registrant_id" not in row for row in body["participants"])


async def test_paging_walks_through_all_rows_and_binds_its_token_to_the_query(zoom: Zoom) -> None:
    """A token is refused with another page size and accepted with the same query."""
    path = f"/report/webinars/{WEBINAR}/participants?page_size="
    _, first = await zoom.get(f"{path}3")
    token = first["next_page_token"]
    status, refused = await zoom.get(f"{path}2&next_page_token={token}")
    assert (status, refused["code"]) == (400, 300)
    _, second = await zoom.get(f"{path}3&next_page_token={token}")
    assert len(second["participants"]) == 2
    assert second["next_page_token"] == ""


async def test_page_token_expires_after_15_minutes_with_code_300(zoom: Zoom) -> None:
    """Zoom's life of a page token."""
    path = f"/report/webinars/{WEBINAR}/participants?page_size=3"
    _, first = await zoom.get(path)
    zoom.clock.now += 899
    assert (await zoom.get(f"{path}&next_page_token={first['next_page_token']}"))[0] == 200
    zoom.clock.now += 1
    status, body = await zoom.get(f"{path}&next_page_token={first['next_page_token']}")
    assert (status, body["code"]) == (400, 300)


@pytest.mark.parametrize(
    ("segment", "status", "code"),
    [(TWICE, 200, None), (ONCE, 404, 3001), (THRICE, 404, 3001), (SLASHED, 404, 2300), (WEBINAR, 200, None)],
)
async def test_uuid_with_slashes_is_found_only_when_encoded_twice(
    zoom: Zoom, segment: str, status: int, code: int | None
) -> None:
    """Once is not enough for a uuid that begins with `/` or contains `//`, three times is too much."""
    answered, body = await zoom.get(f"/past_webinars/{segment}/participants")
    assert (answered, body.get("code")) == (status, code)


async def test_uuid_with_one_inner_slash_is_found_when_encoded_once(zoom: Zoom) -> None:
    """The ordinary case."""
    status, body = await zoom.get("/past_meetings/pT9%2FQw3sRzGm4yBhK1xVdA%3D%3D")
    assert (status, body["uuid"], body["duration"]) == (200, PLAIN, 63)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/webinars/1", 404, 3001),
        ("/users/nobody", 404, 1001),
        (f"/webinars/{WEBINAR}/participants", 404, 2300),
        ("/webhooks", 404, 2300),
        (f"/webinars/{WEBINAR}/registrants?page_sise=300", 400, 300),
        (f"/webinars/{WEBINAR}/registrants?page_size=301", 400, 300),
        (f"/webinars/{WEBINAR}/registrants?status=cancelled", 400, 300),
        (f"/webinars/{WEBINAR}/panelists?page_size=300", 400, 300),
        (f"/meetings/{WEBINAR}", 400, 3000),
        (f"/meetings/{MEETING}/recordings", 404, 3301),
    ],
)
async def test_request_that_zoom_would_refuse_is_refused(zoom: Zoom, path: str, status: int, code: int) -> None:
    """Unknown paths, parameters, values and ids answer with Zoom's codes."""
    answered, body = await zoom.get(path)
    assert (answered, body["code"]) == (status, code)


async def test_live_session_has_no_report_yet(zoom: Zoom) -> None:
    """404 with code 3001 until the end is known."""
    state = sample_state().model_dump()
    state["sessions"][0]["instances"][0]["end_time"] = None
    await zoom.control("PUT", "state", state)
    status, body = await zoom.get(f"/report/webinars/{TWICE}/participants")
    assert (status, body["code"]) == (404, 3001)


async def test_registrants_are_the_approved_ones_unless_asked(zoom: Zoom) -> None:
    """Pending and denied ones are invisible by default."""
    await zoom.control("PUT", "state", simulate_webinar(50, 7, starts_at=1_787_155_200).zoom.model_dump(mode="json"))
    await zoom.log_in()
    object_id = zoom.backend.state.sessions[0].id
    for query, wanted in (("", "approved"), ("?status=pending", "pending"), ("?status=denied", "denied")):
        _, body = await zoom.get(f"/webinars/{object_id}/registrants{query}")
        assert {row["status"] for row in body["registrants"]} == {wanted}


async def test_state_is_loaded_added_shown_and_reset(zoom: Zoom) -> None:
    """`PUT` replaces, `POST` adds, `DELETE` empties."""
    first = simulate_webinar(5, 1, starts_at=1_787_155_200).zoom
    second = simulate_meeting(5, 2, starts_at=1_787_155_200).zoom
    assert await zoom.control("PUT", "state", first.model_dump(mode="json")) == {"sessions": 1}
    assert await zoom.control("POST", "state", second.model_dump(mode="json")) == {"sessions": 2}
    assert ZoomState.model_validate(await zoom.control("GET", "state")) == first.merged(second)
    assert await zoom.control("DELETE", "state") == {"sessions": 0}


async def test_page_shows_what_it_holds_and_loads_nothing_from_elsewhere(zoom: Zoom) -> None:
    """Its own CSS, no other host, and names are escaped."""
    state = sample_state().model_dump()
    state["sessions"][0]["details"] |= {"topic": "<script>alert(1)</script>", "start_time": "2026-08-19T16:00:00Z"}
    state["sessions"][1]["details"] |= {"start_time": "2026-08-12T14:00:00Z"}
    await zoom.control("PUT", "state", state)
    async with zoom.session.get(zoom.server.make_url("/")) as response:
        text = await response.text()
    assert "lucia.brandvold@example.com" in text
    assert "<script>" not in text
    assert "http://" not in text
    assert "https://" not in text


async def test_every_endpoint_of_the_table_has_an_answer(zoom: Zoom) -> None:
    """No endpoint is declared without rows behind it."""
    for endpoint in SERVED_ENDPOINTS:
        name = {"account": "", "user": "kR3vQpZlTN6wYb1mUxE0dA", "meeting": MEETING, "webinar": WEBINAR}
        days = "?from=2026-08-01&to=2026-08-30" if endpoint.required else ""
        status, body = await zoom.get(f"{endpoint.path.replace('{}', name[endpoint.subject])}{days}")
        assert status == 200 or body["code"] == 3301, endpoint.path
        assert endpoint.list_key is None or isinstance(body[endpoint.list_key], list)


LOGS = f"/marketplace/apps/{ZoomState().app_id}/webhook_logs"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-08-10T00:00:00Z&to=2026-08-09T00:00:00Z", 1501),
        ("from=2026-08-01T00:00:00Z&to=2026-08-10T00:00:00Z", 1502),
        ("from=yesterday", 1503),
        ("from=2100-01-01T00:00:00Z", 1504),
    ],
)
async def test_log_of_webhooks_of_a_span_that_zoom_does_not_show_is_refused(zoom: Zoom, query: str, code: int) -> None:
    """404 with the code that Zoom's page gives."""
    status, body = await zoom.get(f"{LOGS}?{query}")
    assert (status, body["code"]) == (404, code)


async def test_lists_about_the_app_tell_no_totals(zoom: Zoom) -> None:
    """A page size and a token alone, as the published contract has it."""
    _, body = await zoom.get(LOGS)
    assert set(body) == {"page_size", "next_page_token", "webhook_logs"}


@pytest.mark.parametrize("what", ["polls", "qa"])
async def test_interaction_is_one_document_about_its_instance(zoom: Zoom, what: str) -> None:
    """With `id`, `uuid` and `start_time`, and no total."""
    _, body = await zoom.get(f"/report/webinars/{WEBINAR}/{what}")
    assert set(body) == {"id", "uuid", "start_time", "questions"}


async def test_challenge_is_signed_with_the_secret_that_was_given() -> None:
    """So that the ingress of an installation beside it can prove itself."""
    async with (
        run_server(webhook_secret="another-webhook-secret") as url,
        aiohttp.ClientSession() as client,
        client.get(f"{url}/_sandbox/state") as answer,
    ):
        assert (await answer.json())["webhook_secret"] == "another-webhook-secret"
