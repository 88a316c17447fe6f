"""The Zoom client's access tokens: fetched once, renewed in time, and never shown."""

from __future__ import annotations

import asyncio
import logging

import pytest

from ops.zoom.answers import said
from runtime.outcome import NoAnswer
from schemas.errors import RetryLaterError
from tests.support.zoom_server import NOW, SECRET, Build, Reply, ZoomServer


async def test_token_under_twenty_concurrent_calls_is_fetched_once(zoom: ZoomServer, build: Build) -> None:
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


async def test_token_refused_with_124_under_many_calls_is_fetched_anew_once(zoom: ZoomServer, build: Build) -> None:
    """Whoever is refused with the old token takes the new one that somebody else already fetched."""
    client = build()
    zoom.will(Reply({"id": 0}))
    said(await client.details("meeting", "0"))
    zoom.stale = {"token-0"}
    zoom.will(*[Reply({"id": n}) for n in range(10)])
    await asyncio.gather(*[client.details("meeting", str(n)) for n in range(10)])
    assert zoom.tokens == ["token-0", "token-1"]


async def test_token_refused_twice_in_one_call_is_for_later(zoom: ZoomServer, build: Build) -> None:
    """One new token per call, then the call waits: no loop against Zoom."""
    zoom.stale = {"token-0", "token-1"}
    with pytest.raises(RetryLaterError):
        said(await build().details("meeting", "0"))
    assert zoom.bearers == ["token-0", "token-1"]


async def test_token_five_minutes_before_its_end_is_renewed(zoom: ZoomServer, build: Build) -> None:
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


async def test_token_that_cannot_be_renewed_is_used_to_its_end(zoom: ZoomServer, build: Build) -> None:
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


async def test_token_failure_is_shared_by_those_who_waited_for_it(zoom: ZoomServer, build: Build) -> None:
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
    zoom: ZoomServer, build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator has to act; the work is kept, and neither error nor log shows the secret."""
    zoom.token_script.append(Reply({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 400))
    caplog.set_level(logging.DEBUG)
    with pytest.raises(RetryLaterError, match="check account_id, client_id and client_secret") as raised:
        said(await build().details("meeting", "0"))
    assert raised.value.after_seconds == 300
    assert SECRET not in str(raised.value) + caplog.text
