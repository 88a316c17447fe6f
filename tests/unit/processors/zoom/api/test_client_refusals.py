"""What the Zoom client makes of limits, refusals and answers that are none."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from ops.zoom.answers import ZoomRefusedError, said
from runtime.outcome import NoAnswer, Outcome
from schemas.errors import RetryLaterError, RollcallError
from tests.support.zoom_server import PER_SECOND, SECRET, Build, Reply, ZoomServer, page


@pytest.mark.parametrize("retry_after", ["0", "Wed, 12 Aug 2026 13:59:59 GMT", "2026-08-12T13:59:59Z"])
async def test_call_refused_with_429_waits_as_told_and_goes_on(
    zoom: ZoomServer, build: Build, registry: CollectorRegistry, retry_after: str
) -> None:
    """A short wait is sat out in place, in every form of the header."""
    limited = Reply({"code": 429, "message": PER_SECOND}, 429, {"Retry-After": retry_after})
    zoom.will(limited, limited, Reply({"id": 1}))
    assert said(await build().details("meeting", "1")) == {"id": 1}
    labels = {"endpoint": "GET /meetings/{id}", "reason": "limit"}
    assert registry.get_sample_value("rollcall_zoom_retries_total", labels) == 2


async def test_call_refused_with_429_again_and_again_is_for_later(zoom: ZoomServer, build: Build) -> None:
    """A limit that does not lift is the caller's to wait for."""
    zoom.will(*[Reply({"code": 429, "message": PER_SECOND}, 429, {"Retry-After": "0"}) for _ in range(9)])
    with pytest.raises(RetryLaterError):
        said(await build().details("meeting", "1"))
    assert len(zoom.raw_paths) == 5


async def test_call_refused_with_429_for_the_last_time_holds_the_others_too(zoom: ZoomServer, build: Build) -> None:
    """Whoever asks next with the same label would be refused as well."""
    limited = [Reply({"code": 429, "message": PER_SECOND}, 429, {"Retry-After": "0"}) for _ in range(4)]
    zoom.will(*limited, Reply({"code": 429, "message": PER_SECOND}, 429, {"Retry-After": "600"}))
    client = build()
    for _ in range(2):
        with pytest.raises(RetryLaterError):
            said(await client.details("meeting", "1"))
    assert len(zoom.raw_paths) == 5


async def test_call_refused_by_the_daily_limit_is_for_after_midnight_without_asking_again(
    zoom: ZoomServer, build: Build
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
    zoom: ZoomServer, build: Build, status: int
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
    zoom: ZoomServer, build: Build, status: int, code: int, outcome: Outcome
) -> None:
    """Zoom disables apps that repeat errors: what it refuses is asked once, also when the status is 200."""
    zoom.will(Reply({"code": code, "message": "words"}, status))
    with pytest.raises(ZoomRefusedError) as raised:
        said(await build().details("webinar", "1"))
    assert raised.value.outcome is outcome
    assert str(raised.value).startswith(f"Zoom refuses: {code}: words")
    assert len(zoom.raw_paths) == 1


async def test_call_without_the_scope_names_it(zoom: ZoomServer, build: Build) -> None:
    """The operator is told which scope to add: Zoom's word for it, else what the token lacks."""
    words = "Invalid access token, does not contain scopes:[webinar:read:webinar:admin]."
    zoom.will(Reply({"code": 4711, "message": words}, 400), Reply({"message": "not permitted"}, 403))
    client = build()
    with pytest.raises(ZoomRefusedError, match=r"lacks the scope webinar:read:webinar:admin: add it"):
        said(await client.details("webinar", "1"))
    with pytest.raises(ZoomRefusedError, match=r"lacks the scope meeting:read:meeting:admin or meeting:read:admin"):
        said(await client.details("meeting", "1"))


async def test_call_that_is_refused_is_for_later_with_its_cause(
    zoom: ZoomServer, build: Build, unused_tcp_port: int
) -> None:
    """Errors of aiohttp do not leave the client; what it says names them."""
    answer = await build(api_base_url=f"http://127.0.0.1:{unused_tcp_port}").details("meeting", "1")
    assert isinstance(answer, NoAnswer)
    assert (answer.outcome, answer.says) == (
        Outcome.RETRY,
        "Zoom does not answer GET /meetings/{id}: ClientConnectorError",
    )


async def test_call_without_an_answer_in_time_is_for_later(zoom: ZoomServer, build: Build) -> None:
    """Every request has a total timeout."""
    zoom.gate = asyncio.Event()
    answer = await build(timeout_seconds=0.05).details("meeting", "1")
    assert isinstance(answer, NoAnswer)
    assert answer.outcome is Outcome.RETRY
    zoom.gate.set()


async def test_call_answered_with_half_a_surrogate_pair_is_repaired(zoom: ZoomServer, build: Build) -> None:
    """One odd display name must not keep a list away."""
    body = rb'{"registrants": [{"id": "a", "first_name": "M\ud83d", "last_name": "\ud83d\ude00"}]}'
    zoom.will(Reply(body), page("registrants", []), page("registrants", []))
    rows = said(await build().registrants("meeting", "1"))
    assert (rows[0]["first_name"], rows[0]["last_name"]) == ("M�", "\N{GRINNING FACE}")


async def test_call_answered_with_200_and_no_json_is_for_later(zoom: ZoomServer, build: Build) -> None:
    """A captive proxy's page is no answer of Zoom."""
    zoom.will(Reply(b"<html>sign in</html>"))
    with pytest.raises(RetryLaterError):
        said(await build().details("meeting", "1"))


async def test_errors_of_every_kind_hold_neither_token_nor_secret(zoom: ZoomServer, build: Build) -> None:
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
