"""The sandbox's Zoom: its answers equal the payload files, and it refuses what Zoom refuses."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

from sandbox.simulator import simulate_meeting, simulate_webinar
from sandbox.zoom.backend import ZoomBackend, ZoomOptions
from sandbox.zoom.endpoints import ALL_SCOPES, ENDPOINTS
from sandbox.zoom.server import BACKEND, build_app, run_server
from sandbox.zoom.state import ZoomState

EXAMPLES = Path(__file__).parents[2] / "schemas/examples/zoom.rest"
WEBINAR, MEETING = "93577204816", "84215567031"
SLASHED, PLAIN = "/H7cZq0bS1uWm//5rXeTkQ==", "pT9/Qw3sRzGm4yBhK1xVdA=="
ONCE = "%2FH7cZq0bS1uWm%2F%2F5rXeTkQ%3D%3D"
TWICE = "%252FH7cZq0bS1uWm%252F%252F5rXeTkQ%253D%253D"
THRICE = TWICE.replace("%", "%25")
# Keys of a participant row that one of the endpoints does not show.
_REST_OF_A_ROW = {
    "registrant_id": "",
    "participant_user_id": "",
    "customer_key": "",
    "bo_mtg_id": "",
    "internal_user": False,
}


def example(name: str) -> dict[str, Any]:
    """A payload file."""
    loaded: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def sample_state() -> ZoomState:
    """An account that holds exactly what the payload files show; their second report page is two copies of a row."""
    report = example("report_webinar_participants")["participants"]
    participants = [_REST_OF_A_ROW | row for row in example("past_meeting_participants")["participants"]]
    return ZoomState.model_validate(
        {
            "users": example("users")["users"],
            "sessions": [
                {
                    "object_type": "webinar",
                    "details": {"id": int(WEBINAR), "host_id": "kR3vQpZlTN6wYb1mUxE0dA", "topic": "T", "type": 5},
                    "registrants": example("webinar_registrants")["registrants"],
                    "instances": [
                        {
                            "uuid": SLASHED,
                            "start_time": "2026-08-19T15:55:12Z",
                            "end_time": "2026-08-19T17:31:05Z",
                            "participants": [*({"internal_user": False} | row for row in (*report, *report[-2:]))],
                            "absentees": example("past_webinar_absentees")["registrants"],
                        }
                    ],
                },
                {
                    "object_type": "meeting",
                    "details": {"id": int(MEETING), "host_id": "kR3vQpZlTN6wYb1mUxE0dA", "topic": "M", "type": 2},
                    "instances": [
                        {
                            "uuid": PLAIN,
                            "start_time": "2026-08-12T14:00:04Z",
                            "end_time": "2026-08-12T15:02:41Z",
                            "participants": participants,
                        },
                    ],
                },
            ],
        }
    )


class Clock:
    """Seconds that move only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_787_200_000.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


class Zoom:
    """One sandbox, and a client that sends paths exactly as written."""

    def __init__(self, server: TestServer, session: aiohttp.ClientSession, clock: Clock) -> None:
        self.server = server
        self.session = session
        self.clock = clock
        self.headers: dict[str, str] = {}

    @property
    def backend(self) -> ZoomBackend:
        """The state behind the server."""
        return self.server.app[BACKEND]

    async def token(self, secret: str | None = None, **form: str) -> tuple[int, dict[str, Any]]:
        """`POST /oauth/token`."""
        secret = secret or self.backend.state.client_secret
        fields = {"grant_type": "account_credentials", "account_id": self.backend.state.account_id} | form
        basic = {"Authorization": "Basic " + b64encode(f"sandbox-client:{secret}".encode()).decode()}
        async with self.session.post(self.server.make_url("/oauth/token"), data=fields, headers=basic) as response:
            return response.status, await response.json()

    async def log_in(self) -> None:
        """Uses a fresh token from here on."""
        _, body = await self.token()
        self.headers = {"Authorization": f"Bearer {body['access_token']}"}

    async def get(self, path: str) -> tuple[int, Any]:
        """`GET /v2<path>`, not re-encoded."""
        status, body, _ = await self.get_with_headers(path)
        return status, body

    async def get_with_headers(self, path: str) -> tuple[int, Any, dict[str, str]]:
        """As `get`, with the answer's headers."""
        url = URL(f"{str(self.server.make_url('/')).rstrip('/')}/v2{path}", encoded=True)
        async with self.session.get(url, headers=self.headers) as response:
            return response.status, await response.json(), dict(response.headers)

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """A request to `/_sandbox`."""
        async with self.session.request(method, self.server.make_url(f"/_sandbox/{path}"), json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json()


async def start(options: ZoomOptions, session: aiohttp.ClientSession) -> Zoom:
    """A sandbox with the sample state, logged in."""
    clock = Clock()
    server = TestServer(build_app(options, clock=clock))
    await server.start_server()
    zoom = Zoom(server, session, clock)
    zoom.backend.state = sample_state()
    await zoom.log_in()
    return zoom


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def zoom(session: aiohttp.ClientSession) -> AsyncIterator[Zoom]:
    """A sandbox with default options."""
    zoom = await start(ZoomOptions(), session)
    yield zoom
    await zoom.server.close()


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


async def test_state_is_loaded_added_shown_and_reset(zoom: Zoom) -> None:
    """`PUT` replaces, `POST` adds, `DELETE` empties."""
    first = simulate_webinar(5, 1, starts_at=1_787_155_200).zoom
    second = simulate_meeting(5, 2, starts_at=1_787_155_200).zoom
    assert await zoom.control("PUT", "state", first.model_dump(mode="json")) == {"sessions": 1}
    assert await zoom.control("POST", "state", second.model_dump(mode="json")) == {"sessions": 2}
    assert ZoomState.model_validate(await zoom.control("GET", "state")) == first.merged(second)
    assert await zoom.control("DELETE", "state") == {"sessions": 0}


async def test_misspelt_state_and_fault_are_refused(zoom: Zoom) -> None:
    """A typo in a test must show."""
    for method, path, body in (("PUT", "state", {"webinars": []}), ("POST", "faults", {"kindd": "reset"})):
        async with zoom.session.request(method, zoom.server.make_url(f"/_sandbox/{path}"), json=body) as response:
            assert response.status == 400


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
    for endpoint in ENDPOINTS:
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
