"""The Zoom client against a real HTTP server that answers as a script says."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from ops.zoom.answers import ZoomRefusedError, said
from processors.zoom.api.client import ZoomClient
from processors.zoom.api.metrics import ZoomMetrics
from runtime.models import ZoomAccount
from runtime.outcome import NoAnswer, Outcome
from schemas.errors import ConfigurationError, RetryLaterError, RollcallError

SECRET = "client-secret-of-a-test"
ACCOUNT = ZoomAccount.model_validate({"account_id": "acc", "client_id": "cid", "client_secret": SECRET})
NOW = 1_786_543_200.0  # 2026-08-12T14:00:00Z
PER_SECOND = "You have reached the maximum per-second rate limit for this API. Try again later."


@dataclass
class Reply:
    """One scripted answer."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class ScriptedZoom:
    """Answers API calls with a script, in order, and hands out numbered tokens."""

    def __init__(self) -> None:
        self.script: deque[Reply] = deque()
        self.token_script: deque[Reply] = deque()
        self.raw_paths: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.bearers: list[str] = []
        self.tokens: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.stale: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.url = ""

    def will(self, *replies: Reply) -> None:
        """Add answers."""
        self.script.extend(replies)

    async def token(self, request: web.Request) -> web.Response:
        """`POST /oauth/token`."""
        if self.gate is not None:
            await self.gate.wait()
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append({"authorization": request.headers["Authorization"], **form})
        if self.token_script:
            reply = self.token_script.popleft()
            return web.json_response(reply.body, status=reply.status, headers=reply.headers)
        secret = f"token-{len(self.tokens)}"
        self.tokens.append(secret)
        return web.json_response(
            {"access_token": secret, "expires_in": 3599, "scope": "user:read:admin", "api_url": self.url}
        )

    async def api(self, request: web.Request) -> web.Response:
        """Any call below `/v2`."""
        bearer = request.headers["Authorization"].removeprefix("Bearer ")
        self.raw_paths.append(request.raw_path)
        self.queries.append(dict(request.query))
        self.bearers.append(bearer)
        if bearer in self.stale:
            return web.json_response({"code": 124, "message": "Access token is expired."}, status=401)
        reply = self.script.popleft()
        if isinstance(reply.body, bytes):
            return web.Response(body=reply.body, status=reply.status, headers=reply.headers)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)


@pytest.fixture
async def zoom() -> AsyncIterator[ScriptedZoom]:
    """A scripted Zoom on a free port."""
    scripted = ScriptedZoom()
    app = web.Application()
    app.router.add_post("/oauth/token", scripted.token)
    app.router.add_get("/v2/{path:.*}", scripted.api)
    app.router.add_get("/proxy/{path:.*}", scripted.api)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session as the composition root makes it."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def registry() -> CollectorRegistry:
    """The figures of one test."""
    return CollectorRegistry()


Build = Callable[..., ZoomClient]


@pytest.fixture
def build(zoom: ScriptedZoom, session: aiohttp.ClientSession, registry: CollectorRegistry) -> Build:
    """Makes clients for the scripted Zoom."""
    metrics = ZoomMetrics(registry)

    def make(**changes: Any) -> ZoomClient:
        settings: dict[str, Any] = {
            "plan": "business",
            "api_base_url": None,
            "oauth_base_url": zoom.url,
            "metrics": metrics,
            "clock": lambda: NOW,
            "jitter": lambda: 0.0,
        }
        return ZoomClient(ACCOUNT, session, **{**settings, **changes})

    return make


def page(key: str, rows: list[dict[str, Any]], token: str = "") -> Reply:
    """One page of a list."""
    return Reply({key: rows, "page_size": 300, "next_page_token": token})


async def test_details_ask_for_previous_occurrences_with_a_bearer_token(zoom: ScriptedZoom, build: Build) -> None:
    """A recurring session's past occurrences are left out unless asked for."""
    zoom.will(Reply({"id": 1, "topic": "Demo"}))
    assert said(await build().details("webinar", "93577204816", "1648194360000")) == {"id": 1, "topic": "Demo"}
    assert zoom.raw_paths[0].startswith("/v2/webinars/93577204816?")
    assert zoom.queries == [{"show_previous_occurrences": "true", "occurrence_id": "1648194360000"}]
    assert zoom.bearers == ["token-0"]


@pytest.mark.parametrize(
    ("uuid", "segment"),
    [
        ("pT9/Qw3sRzGm4yBhK1xVdA==", "pT9%2FQw3sRzGm4yBhK1xVdA%3D%3D"),
        ("/H7cZq0bS1uWm//5rXeTkQ==", "%252FH7cZq0bS1uWm%252F%252F5rXeTkQ%253D%253D"),
        ("abc+DEF//ghiJKLmnoPQRsw==", "abc%252BDEF%252F%252FghiJKLmnoPQRsw%253D%253D"),
        ("plainUuidNoSlash00AAAA==", "plainUuidNoSlash00AAAA%3D%3D"),
    ],
)
async def test_past_meeting_of_a_uuid_arrives_encoded_on_the_wire(
    zoom: ScriptedZoom, build: Build, uuid: str, segment: str
) -> None:
    """HTTP clients like to encode or decode once more; what counts is what the server sees."""
    zoom.will(Reply({"uuid": uuid}))
    said(await build().past_meeting(uuid))
    assert zoom.raw_paths == [f"/v2/past_meetings/{segment}"]


async def test_registrants_read_every_status_to_the_last_page_without_duplicates(
    zoom: ScriptedZoom, build: Build
) -> None:
    """Zoom lists approved ones alone unless told; a row that moved between pages or lists counts once, as last seen."""
    zoom.will(
        page("registrants", [{"id": "a", "email": "a@x.org", "status": "pending"}]),
        page("registrants", [{"id": "b", "email": "b@x.org"}, {"id": "c", "email": "c@x.org"}], "next"),
        page("registrants", [{"id": "c", "email": "c@x.org"}, {"id": "a", "email": "a@x.org"}]),
        page("registrants", [{"id": "d", "email": "d@x.org"}]),
    )
    rows = said(await build().registrants("webinar", "1", "77"))
    assert {row["id"]: row["status"] for row in rows} == {
        "a": "approved",
        "b": "approved",
        "c": "approved",
        "d": "denied",
    }
    assert len(rows) == 4
    fixed = {"page_size": "300", "occurrence_id": "77"}
    assert zoom.queries == [
        {**fixed, "status": "pending"},
        {**fixed, "status": "approved"},
        {**fixed, "status": "approved", "next_page_token": "next"},
        {**fixed, "status": "denied"},
    ]


async def test_users_keep_pending_ones_without_an_id(zoom: ScriptedZoom, build: Build) -> None:
    """A pending user has no id: its e-mail tells it apart."""
    pending = [{"email": "p@x.org", "status": "pending"}, {"email": "q@x.org", "status": "pending"}]
    zoom.will(page("users", pending), page("users", []), page("users", [{"id": "u", "email": "u@x.org"}]))
    assert said(await build().users()) == [*pending, {"id": "u", "email": "u@x.org", "status": "active"}]


async def test_panelists_are_asked_without_parameters(zoom: ScriptedZoom, build: Build) -> None:
    """The endpoint documents no query parameter."""
    zoom.will(Reply({"panelists": [{"id": "p"}], "total_records": 1}))
    assert said(await build().panelists("9")) == [{"id": "p"}]
    assert zoom.raw_paths == ["/v2/webinars/9/panelists"]


async def test_paging_when_the_page_token_expired_begins_again_at_page_one(
    zoom: ScriptedZoom, build: Build, registry: CollectorRegistry
) -> None:
    """A page token lives 15 minutes; what was read of the old list is not mixed into the new one."""
    expired = Reply({"code": 300, "message": "The next page token is invalid or expired."}, 400)
    zoom.will(page("users", [{"id": "gone"}], "t1"), expired, page("users", [{"id": "a"}], "t2"))
    zoom.will(page("users", [{"id": "b"}]), page("users", []), page("users", []))
    rows = said(await build().users())
    assert [row["id"] for row in rows] == ["a", "b"]
    assert [query.get("next_page_token") for query in zoom.queries] == [None, "t1", None, "t2", None, None]
    labels = {"endpoint": "GET /users", "reason": "page"}
    assert registry.get_sample_value("rollcall_zoom_retries_total", labels) == 1


async def test_paging_when_every_page_token_expires_gives_up_for_now(zoom: ScriptedZoom, build: Build) -> None:
    """A list that never ends in time is tried later, not for ever."""
    for _ in range(4):
        zoom.will(page("users", [{"id": "a"}], "t"), Reply({"code": 300, "message": "expired"}, 400))
    with pytest.raises(RetryLaterError):
        said(await build().users())
    assert len(zoom.queries) == 8


async def test_paging_when_a_page_token_repeats_stops(zoom: ScriptedZoom, build: Build) -> None:
    """A list without an end must not hold the account for ever."""
    zoom.will(page("users", [{"id": "a"}], "t"), page("users", [{"id": "b"}], "t"))
    with pytest.raises(RetryLaterError, match="comes again"):
        said(await build().users())


async def test_token_under_twenty_concurrent_calls_is_fetched_once(zoom: ScriptedZoom, build: Build) -> None:
    """In older Zoom accounts a second token ends the first: only one caller fetches."""
    zoom.gate = asyncio.Event()
    zoom.will(*[Reply({"id": n}) for n in range(20)])
    client = build()
    calls = [asyncio.create_task(client.details("meeting", str(n))) for n in range(20)]
    zoom.gate.set()
    assert len(await asyncio.gather(*calls)) == 20
    assert zoom.tokens == ["token-0"]
    assert zoom.forms[0] == {
        "authorization": "Basic Y2lkOmNsaWVudC1zZWNyZXQtb2YtYS10ZXN0",
        "grant_type": "account_credentials",
        "account_id": "acc",
    }


async def test_token_refused_with_124_under_many_calls_is_fetched_anew_once(zoom: ScriptedZoom, build: Build) -> None:
    """Whoever is refused with the old token takes the new one that somebody else already fetched."""
    client = build()
    zoom.will(Reply({"id": 0}))
    said(await client.details("meeting", "0"))
    zoom.stale = {"token-0"}
    zoom.will(*[Reply({"id": n}) for n in range(10)])
    await asyncio.gather(*[client.details("meeting", str(n)) for n in range(10)])
    assert zoom.tokens == ["token-0", "token-1"]


async def test_token_refused_twice_in_one_call_is_for_later(zoom: ScriptedZoom, build: Build) -> None:
    """One new token per call, then the call waits: no loop against Zoom."""
    zoom.stale = {"token-0", "token-1"}
    with pytest.raises(RetryLaterError):
        said(await build().details("meeting", "0"))
    assert zoom.bearers == ["token-0", "token-1"]


async def test_token_five_minutes_before_its_end_is_renewed(zoom: ScriptedZoom, build: Build) -> None:
    """A token that would end during a call is not used for it."""
    now = [NOW]
    client = build(clock=lambda: now[0])
    zoom.will(*[Reply({"id": n}) for n in range(3)])
    said(await client.details("meeting", "0"))
    now[0] += 3_599 - 301
    said(await client.details("meeting", "1"))
    now[0] += 2
    said(await client.details("meeting", "2"))
    assert zoom.bearers == ["token-0", "token-0", "token-1"]


async def test_token_that_cannot_be_renewed_is_used_to_its_end(zoom: ScriptedZoom, build: Build) -> None:
    """An outage of the token service alone need not stop anything for five minutes."""
    now = [NOW]
    client = build(clock=lambda: now[0])
    zoom.will(Reply({"id": 0}), Reply({"id": 1}))
    said(await client.details("meeting", "0"))
    now[0] += 3_599 - 200
    zoom.token_script.extend([Reply({}, 503), Reply({}, 503)])
    said(await client.details("meeting", "1"))
    now[0] += 200
    with pytest.raises(RetryLaterError):
        said(await client.details("meeting", "2"))
    assert zoom.bearers == ["token-0", "token-0"]


async def test_token_failure_is_shared_by_those_who_waited_for_it(zoom: ScriptedZoom, build: Build) -> None:
    """Ten callers do not make ten attempts on a token service that is down."""
    zoom.gate = asyncio.Event()
    zoom.token_script.extend(Reply({}, 503) for _ in range(10))
    client = build()
    calls = [asyncio.create_task(client.details("meeting", str(n))) for n in range(10)]
    await asyncio.sleep(0)
    zoom.gate.set()
    results = await asyncio.gather(*calls)
    assert all(isinstance(result, NoAnswer) for result in results)
    assert len(zoom.forms) == 1


async def test_token_with_wrong_credentials_says_what_to_do_and_no_secret(
    zoom: ScriptedZoom, build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator has to act; the work is kept, and neither error nor log shows the secret."""
    zoom.token_script.append(Reply({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 400))
    caplog.set_level(logging.DEBUG)
    with pytest.raises(RetryLaterError, match="check account_id, client_id and client_secret") as raised:
        said(await build().details("meeting", "0"))
    assert raised.value.after_seconds == 300
    assert SECRET not in str(raised.value) + caplog.text


async def test_api_base_url_that_is_set_wins_over_the_tokens_api_url(zoom: ScriptedZoom, build: Build) -> None:
    """A proxy or sandbox that the operator names is used, whatever the token's answer says."""
    zoom.will(Reply({"id": 1}), Reply({"id": 1}))
    said(await build(api_base_url=f"{zoom.url}/proxy/").details("meeting", "1"))
    said(await build().details("meeting", "1"))
    assert [path.partition("?")[0] for path in zoom.raw_paths] == ["/proxy/meetings/1", "/v2/meetings/1"]


@pytest.mark.parametrize("retry_after", ["0", "Wed, 12 Aug 2026 13:59:59 GMT", "2026-08-12T13:59:59Z"])
async def test_call_refused_with_429_waits_as_told_and_goes_on(
    zoom: ScriptedZoom, build: Build, registry: CollectorRegistry, retry_after: str
) -> None:
    """A short wait is sat out in place, in every form of the header."""
    limited = Reply({"code": 429, "message": PER_SECOND}, 429, {"Retry-After": retry_after})
    zoom.will(limited, limited, Reply({"id": 1}))
    assert said(await build().details("meeting", "1")) == {"id": 1}
    labels = {"endpoint": "GET /meetings/{id}", "reason": "limit"}
    assert registry.get_sample_value("rollcall_zoom_retries_total", labels) == 2


async def test_call_refused_with_429_again_and_again_is_for_later(zoom: ScriptedZoom, build: Build) -> None:
    """A limit that does not lift is the caller's to wait for."""
    zoom.will(*[Reply({"code": 429, "message": PER_SECOND}, 429, {"Retry-After": "0"}) for _ in range(9)])
    with pytest.raises(RetryLaterError):
        said(await build().details("meeting", "1"))
    assert len(zoom.raw_paths) == 5


async def test_call_refused_with_429_for_the_last_time_holds_the_others_too(zoom: ScriptedZoom, build: Build) -> None:
    """Whoever asks next with the same label would be refused as well."""
    limited = [Reply({"code": 429, "message": PER_SECOND}, 429, {"Retry-After": "0"}) for _ in range(4)]
    zoom.will(*limited, Reply({"code": 429, "message": PER_SECOND}, 429, {"Retry-After": "600"}))
    client = build()
    for _ in range(2):
        with pytest.raises(RetryLaterError):
            said(await client.details("meeting", "1"))
    assert len(zoom.raw_paths) == 5


async def test_call_refused_by_the_daily_limit_is_for_after_midnight_without_asking_again(
    zoom: ScriptedZoom, build: Build
) -> None:
    """Zoom is not asked again before the day is over."""
    message = "You have reached the maximum daily rate limit for this API."
    zoom.will(Reply({"code": 429, "message": message}, 429))
    client = build()
    for _ in range(3):
        with pytest.raises(RetryLaterError) as raised:
            said(await client.details("meeting", "1"))
        assert raised.value.after_seconds == 36_000
    assert len(zoom.raw_paths) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_call_answered_with_5xx_is_for_later_with_the_wait_that_was_told(
    zoom: ScriptedZoom, build: Build, status: int
) -> None:
    """Zoom's trouble is not ours to judge; its Retry-After is passed on."""
    zoom.will(Reply(b"<html>", status, {"Retry-After": "12"}))
    with pytest.raises(RetryLaterError) as raised:
        said(await build().details("meeting", "1"))
    assert raised.value.after_seconds == 12


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (404, 3001, Outcome.MISSING),
        (404, 1001, Outcome.MISSING),
        (400, 200, Outcome.STOP),
        (200, 200, Outcome.STOP),
        (400, 300, Outcome.REJECT),
        (401, 1010, Outcome.REJECT),
        (400, 3000, Outcome.REJECT),
    ],
)
async def test_call_refused_for_good_is_made_once_and_tells_code_and_message(
    zoom: ScriptedZoom, build: Build, status: int, code: int, outcome: Outcome
) -> None:
    """Zoom disables apps that repeat errors: what it refuses is asked once, also when the status is 200."""
    zoom.will(Reply({"code": code, "message": "words"}, status))
    with pytest.raises(ZoomRefusedError) as raised:
        said(await build().details("webinar", "1"))
    assert raised.value.outcome is outcome
    assert str(raised.value).startswith(f"Zoom refuses: {code}: words")
    assert len(zoom.raw_paths) == 1


async def test_call_without_the_scope_names_it(zoom: ScriptedZoom, build: Build) -> None:
    """The operator is told which scope to add: Zoom's word for it, else what the token lacks."""
    words = "Invalid access token, does not contain scopes:[webinar:read:webinar:admin]."
    zoom.will(Reply({"code": 4711, "message": words}, 400), Reply({"message": "Forbidden"}, 403))
    client = build()
    with pytest.raises(ZoomRefusedError, match=r"lacks the scope webinar:read:webinar:admin: add it"):
        said(await client.details("webinar", "1"))
    with pytest.raises(ZoomRefusedError, match=r"lacks the scope meeting:read:meeting:admin or meeting:read:admin"):
        said(await client.details("meeting", "1"))


async def test_call_that_is_refused_is_for_later_with_its_cause(
    zoom: ScriptedZoom, build: Build, unused_tcp_port: int
) -> None:
    """Errors of aiohttp do not leave the client; what it says names them."""
    answer = await build(api_base_url=f"http://127.0.0.1:{unused_tcp_port}").details("meeting", "1")
    assert isinstance(answer, NoAnswer)
    assert (answer.outcome, answer.says) == (
        Outcome.RETRY,
        "Zoom does not answer GET /meetings/{id}: ClientConnectorError",
    )


async def test_call_without_an_answer_in_time_is_for_later(zoom: ScriptedZoom, build: Build) -> None:
    """Every request has a total timeout."""
    zoom.gate = asyncio.Event()
    answer = await build(timeout_seconds=0.05).details("meeting", "1")
    assert isinstance(answer, NoAnswer)
    assert answer.outcome is Outcome.RETRY
    zoom.gate.set()


async def test_call_answered_with_half_a_surrogate_pair_is_repaired(zoom: ScriptedZoom, build: Build) -> None:
    """One odd display name must not keep a list away."""
    body = rb'{"registrants": [{"id": "a", "first_name": "M\ud83d", "last_name": "\ud83d\ude00"}]}'
    zoom.will(Reply(body), page("registrants", []), page("registrants", []))
    rows = said(await build().registrants("meeting", "1"))
    assert (rows[0]["first_name"], rows[0]["last_name"]) == ("M�", "\N{GRINNING FACE}")


async def test_call_answered_with_200_and_no_json_is_for_later(zoom: ScriptedZoom, build: Build) -> None:
    """A captive proxy's page is no answer of Zoom."""
    zoom.will(Reply(b"<html>sign in</html>"))
    with pytest.raises(RetryLaterError):
        said(await build().details("meeting", "1"))


async def test_errors_of_every_kind_hold_neither_token_nor_secret(zoom: ScriptedZoom, build: Build) -> None:
    """Errors end in logs and dead letters."""
    client = build()
    for reply in (Reply({"code": 3001, "message": "x"}, 404), Reply({}, 503), Reply({"code": 4711}, 400)):
        zoom.will(reply)
        try:
            said(await client.details("meeting", "1"))
        except RollcallError as error:
            shown = f"{error!r} {error.__cause__!r} {vars(error)}"
            assert SECRET not in shown
            assert "token-0" not in shown
        else:
            pytest.fail("no error")


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
async def test_client_of_an_account_without_credentials_is_a_configuration_error(
    session: aiohttp.ClientSession, missing: str
) -> None:
    """Said before anything runs, with the account's id and where to find the values."""
    account = ACCOUNT.model_copy(update={missing: None})
    with pytest.raises(ConfigurationError, match="account acc has no client_id or no client_secret"):
        ZoomClient(account, session, "pro", None, "https://zoom.us", ZoomMetrics(CollectorRegistry()))


async def test_requests_are_counted_by_endpoint_and_outcome(
    zoom: ScriptedZoom, build: Build, registry: CollectorRegistry
) -> None:
    """The label is the endpoint's template: no ids."""
    zoom.will(Reply({"id": 1}), Reply({"code": 3001, "message": "none"}, 404))
    client = build()
    said(await client.details("meeting", "1"))
    with contextlib.suppress(ZoomRefusedError):
        said(await client.details("meeting", "2"))
    for outcome in ("done", "missing"):
        labels = {"endpoint": "GET /meetings/{id}", "outcome": outcome}
        assert registry.get_sample_value("rollcall_zoom_requests_total", labels) == 1
    assert registry.get_sample_value("rollcall_zoom_tokens_total", {"outcome": "fetched"}) == 1
