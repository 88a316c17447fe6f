"""The sandbox's Zoom: tokens, scopes, plans, limits and the faults that can be switched on."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.endpoints import ALL_SCOPES
from tests.support.zoom_paths import (
    MEETING,
    WEBINAR,
    Zoom,
    start,
)


async def test_token_answers_name_scopes_life_and_the_sandbox_itself(zoom: Zoom) -> None:
    """The form of Zoom's server-to-server token."""
    status, body = await zoom.token()
    assert status == 200
    assert body["expires_in"] == 3_599
    assert body["scope"].split() == sorted(ALL_SCOPES)
    assert body["api_url"] == str(zoom.server.make_url("/")).rstrip("/")


@pytest.mark.parametrize(
    ("form", "secret", "error"),
    [
        ({}, "wrong", "invalid_client"),
        ({"grant_type": "client_credentials"}, None, "unsupported_grant_type"),
        ({"account_id": "another"}, None, "invalid_request"),
    ],
)
async def test_token_is_refused_with_zooms_words(
    zoom: Zoom, form: dict[str, str], secret: str | None, error: str
) -> None:
    """HTTP 400 with `reason` and `error`."""
    status, body = await zoom.token(secret, **form)
    assert (status, body["error"]) == (400, error)


async def test_unknown_and_expired_tokens_answer_124(zoom: Zoom) -> None:
    """401 with code 124."""
    zoom.clock.now += 3_599
    assert (await zoom.get("/users"))[1]["code"] == 124
    zoom.headers = {"Authorization": "Bearer nonsense"}
    status, body = await zoom.get("/users")
    assert (status, body["code"]) == (401, 124)


async def test_missing_scope_is_named_with_code_4711(session: aiohttp.ClientSession) -> None:
    """The message holds the scope to add."""
    zoom = await start(ZoomOptions(scopes=frozenset({"webinar:read:admin"})), session)
    assert (await zoom.get(f"/webinars/{WEBINAR}"))[0] == 200
    status, body = await zoom.get(f"/report/webinars/{WEBINAR}/participants")
    assert (status, body["code"]) == (400, 4711)
    assert "[report:read:list_webinar_participants:admin]" in body["message"]
    await zoom.server.close()


async def test_missing_plan_is_an_error_under_http_200(session: aiohttp.ClientSession) -> None:
    """Zoom documents code 200 under HTTP 200."""
    zoom = await start(ZoomOptions(webinar_plan=False, plan="free"), session)
    for path in (f"/webinars/{WEBINAR}", f"/past_meetings/{MEETING}/participants"):
        status, body = await zoom.get(path)
        assert (status, body["code"]) == (200, 200)
    await zoom.server.close()


@pytest.mark.parametrize(("plan", "heavy"), [("free", 1), ("pro", 10), ("business", 40)])
async def test_rate_limit_answers_429_with_headers_and_ends_with_the_second(
    session: aiohttp.ClientSession, plan: Any, heavy: int
) -> None:
    """Limits per plan and label; the next second is free again."""
    zoom = await start(ZoomOptions(plan=plan), session)
    path = f"/report/webinars/{WEBINAR}/participants"
    answers = [await zoom.get_with_headers(path) for _ in range(heavy + 1)]
    assert [status for status, _, _ in answers] == [200] * heavy + [429]
    _, body, headers = answers[-1]
    assert body["code"] == 429
    assert (headers["X-RateLimit-Category"], headers["X-RateLimit-Limit"]) == ("Heavy", str(heavy))
    assert (headers["X-RateLimit-Remaining"], headers["X-RateLimit-Type"]) == ("0", "QPS")
    zoom.clock.now += 1
    assert (await zoom.get(path))[0] == 200
    await zoom.server.close()


async def test_daily_limit_has_its_own_type_and_message(session: aiohttp.ClientSession) -> None:
    """A free plan has 1,000 heavy requests a day; the scale makes it one."""
    zoom = await start(ZoomOptions(plan="pro", limit_scale=1 / 30_000), session)
    path = f"/report/webinars/{WEBINAR}/participants"
    assert (await zoom.get(path))[0] == 200
    zoom.clock.now += 1
    status, body, headers = await zoom.get_with_headers(path)
    assert (status, headers["X-RateLimit-Type"]) == (429, "Daily-limit")
    assert "daily rate limit" in body["message"]
    await zoom.server.close()


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("seconds", "7"),
        ("http_date", "Thu, 20 Aug 2026 04:26:47 GMT"),
        ("iso_date", "2026-08-20T04:26:47Z"),
        ("none", None),
    ],
)
async def test_fault_gives_retry_after_in_each_of_its_forms(zoom: Zoom, form: str, wanted: str | None) -> None:
    """Seconds, an HTTP date, an ISO date, or nothing; once, then the true answer."""
    fault = {"endpoint": "/webinars/{}", "status": 429, "retry_after": form, "retry_after_seconds": 7}
    await zoom.control("POST", "faults", fault)
    status, body, headers = await zoom.get_with_headers(f"/webinars/{WEBINAR}")
    assert (status, body["code"], headers.get("Retry-After")) == (429, 429, wanted)
    assert (await zoom.get(f"/webinars/{WEBINAR}"))[0] == 200


@pytest.mark.parametrize(("kind", "count"), [("empty", 0), ("missing_rows", 2), ("zero_durations", 5)])
async def test_fault_makes_a_report_look_unready(zoom: Zoom, kind: str, count: int) -> None:
    """Empty, half of the rows, or durations of 0."""
    await zoom.control("POST", "faults", {"endpoint": "/report/*", "kind": kind})
    _, body = await zoom.get(f"/report/webinars/{WEBINAR}/participants")
    assert len(body["participants"]) == count
    assert all((row["duration"] == 0) == (kind == "zero_durations") for row in body["participants"])


async def test_fault_can_break_the_connection(zoom: Zoom) -> None:
    """The client sees no answer at all."""
    await zoom.control("POST", "faults", {"kind": "reset", "times": 2})
    with pytest.raises(aiohttp.ClientError):
        await zoom.get("/users")


async def test_tokens_and_pages_can_be_made_to_expire(zoom: Zoom) -> None:
    """A control for tests that cannot wait an hour."""
    await zoom.control("POST", "expire", {"what": "access_tokens"})
    assert (await zoom.get("/users"))[0] == 401


async def test_misspelt_state_and_fault_are_refused(zoom: Zoom) -> None:
    """A typo in a test must show."""
    for method, path, body in (("PUT", "state", {"webinars": []}), ("POST", "faults", {"kindd": "reset"})):
        async with zoom.session.request(method, zoom.server.make_url(f"/_sandbox/{path}"), json=body) as response:
            assert response.status == 400
