"""What a hostile or broken server in Zoom's or Brevo's place can do to us: cost a bounded answer, and be waited for."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from ops.check.frame import Context
from ops.check.zoom import zoom_checks
from ops.zoom.answers import ZoomRefusedError, said
from processors.brevo.api.client import BrevoClient
from processors.zoom.api import paging, requests
from processors.zoom.api.client import ZoomClient
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.setup import ClientSetup
from runtime.answers import LONGEST_ANSWER_BYTES
from runtime.models import Configuration, ZoomAccount
from schemas.errors import RetryLaterError
from tests.support.hostile import MEBIBYTE, Behaviour, Hostile, explode, hostile_server, pages, stream

ACCOUNT = ZoomAccount.model_validate(
    {"account_id": "acc", "client_id": "cid", "client_secret": "s", "webhook": {"secret_token": ["hook-secret"]}}
)
MOST_MEMORY = 4 * LONGEST_ANSWER_BYTES
"""The answer, the growth of what it is gathered in, and what aiohttp has read ahead."""


@pytest.fixture
async def hostile() -> AsyncIterator[Hostile]:
    """A hostile server."""
    async with hostile_server() as server:
        yield server


@pytest.fixture
async def zoom(hostile: Hostile) -> AsyncIterator[ZoomClient]:
    """A client that takes it for Zoom."""
    async with aiohttp.ClientSession() as session:
        yield ZoomClient(ACCOUNT, ClientSetup(session, "business", hostile.url, ZoomMetrics(CollectorRegistry())))


@pytest.fixture
async def brevo(hostile: Hostile) -> AsyncIterator[BrevoClient]:
    """A client that takes it for Brevo."""
    client = BrevoClient(SecretStr("xkeysib-x"), hostile.url)
    yield client
    await client.close()


async def peak_of(call: Callable[[], Awaitable[object]]) -> int:
    """Bytes that were in memory at most, above those from before."""
    tracemalloc.start()
    try:
        await call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("behaviour", [explode, stream])
async def test_answer_of_zoom_without_an_end_costs_a_bounded_one(
    hostile: Hostile, zoom: ZoomClient, behaviour: Behaviour
) -> None:
    """It is waited for like an outage."""
    hostile.behaviour = behaviour

    async def ask() -> None:
        with pytest.raises(RetryLaterError):
            said(await zoom.details("webinar", "93577204816"))

    assert await peak_of(ask) < MOST_MEMORY


@pytest.mark.parametrize("behaviour", [explode, stream])
async def test_answer_of_the_token_service_without_an_end_costs_a_bounded_one(
    hostile: Hostile, zoom: ZoomClient, behaviour: Behaviour
) -> None:
    """So does an access token."""
    hostile.behaviour, hostile.gives_tokens = behaviour, False

    async def ask() -> None:
        with pytest.raises(RetryLaterError):
            said(await zoom.token())

    assert await peak_of(ask) < MOST_MEMORY


@pytest.mark.parametrize("behaviour", [explode, stream])
async def test_answer_of_brevo_without_an_end_is_a_broken_connection(
    hostile: Hostile, brevo: BrevoClient, behaviour: Behaviour
) -> None:
    """An event is in doubt after it, and a contact is written again."""
    hostile.behaviour = behaviour

    async def ask() -> None:
        assert (await brevo.read_contact("maya.okafor@example.com")).failure == "reset"

    assert await peak_of(ask) < MOST_MEMORY


@pytest.mark.parametrize("behaviour", [explode, stream])
async def test_report_without_an_end_is_not_read(hostile: Hostile, brevo: BrevoClient, behaviour: Behaviour) -> None:
    """Half a report would hide refused addresses."""
    hostile.behaviour = behaviour

    async def ask() -> None:
        assert await brevo.read_report(f"{hostile.url}/report.csv") is None

    assert await peak_of(ask) < MOST_MEMORY


async def test_check_of_a_hostile_ingress_is_bounded_too(hostile: Hostile) -> None:
    """The commands read answers as the processes do."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        configuration = Configuration.model_validate({"connectors": {"zoom": [ACCOUNT]}})
        context = Context(configuration, session, hostile.url, stack)
        check = next(finding for finding in await zoom_checks(context) if finding.name == "webhook secret")

        async def ask() -> None:
            assert (await check.run()).level == "fail"

        assert await peak_of(ask) < MOST_MEMORY


async def test_list_of_ever_new_pages_ends(hostile: Hostile, zoom: ZoomClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list has at most 5,000 pages; here 50, since the rate limit applies to them."""
    monkeypatch.setattr(paging, "MOST_PAGES", 50)
    hostile.behaviour = pages(1)
    with pytest.raises(RetryLaterError, match="has no end"):
        said(await zoom.rows(requests.users("active")))
    assert hostile.asked.count("/v2/users") == 50


async def test_list_of_large_pages_ends_before_memory_does(hostile: Hostile, zoom: ZoomClient) -> None:
    """64 MiB of JSON is more than Zoom's longest list has."""
    hostile.behaviour = pages(15 * MEBIBYTE)
    with pytest.raises(RetryLaterError, match="has no end"):
        said(await zoom.rows(requests.users("active")))
    assert hostile.asked.count("/v2/users") == 5


@pytest.mark.parametrize("status", [429, 503])
async def test_wait_that_is_told_is_a_day_at_most(hostile: Hostile, zoom: ZoomClient, status: int) -> None:
    """No `Retry-After` puts an account to sleep for years."""

    async def later(_: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=status, headers={"Retry-After": "99999999999"})

    hostile.behaviour = later
    with pytest.raises(RetryLaterError) as told:
        said(await zoom.details("webinar", "93577204816"))
    assert told.value.after_seconds is not None
    assert told.value.after_seconds <= 86_400 * 1.1  # and up to a tenth of jitter


@pytest.mark.parametrize("object_id", [".", "..", "", "9" * 256])
async def test_id_that_means_something_to_a_path_is_not_asked_about(
    hostile: Hostile, zoom: ZoomClient, object_id: str
) -> None:
    """`/v2/report/webinars/../participants` is another endpoint."""
    with pytest.raises(ZoomRefusedError, match="no id"):
        said(await zoom.report("webinar", object_id))
    assert not hostile.asked


async def test_report_that_comes_in_pieces_is_read_to_its_end(hostile: Hostile, brevo: BrevoClient) -> None:
    """Each address that was refused counts, also the last one."""
    report = "".join(f"refused.person.{number:06}@example.com\n" for number in range(12_000))

    async def in_pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for start in range(0, len(report), 30_000):
            await response.write(report[start : start + 30_000].encode())
            await asyncio.sleep(0.01)
        return response

    hostile.behaviour = in_pieces
    assert await brevo.read_report(f"{hostile.url}/report.csv") == report


async def test_report_that_breaks_off_is_not_read(hostile: Hostile, brevo: BrevoClient) -> None:
    """What is missing may name somebody."""

    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"first.person@example.com\n")
        assert request.transport is not None
        request.transport.close()
        return response

    hostile.behaviour = broken
    assert await brevo.read_report(f"{hostile.url}/report.csv") is None


async def test_report_leads_nowhere_else(hostile: Hostile, brevo: BrevoClient) -> None:
    """Neither a redirect nor an address in the clear makes us ask a machine of somebody else's choice."""
    async with hostile_server("127.0.0.2") as inner:

        async def elsewhere(_: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"{inner.url}/admin")

        hostile.behaviour = elsewhere
        assert await brevo.read_report(f"{hostile.url}/report.csv") is None
        assert await brevo.read_report(f"{inner.url}/report.csv") is None
        assert await brevo.read_report("file:///etc/passwd") is None
        assert inner.asked == []


async def test_report_of_the_real_brevo_is_read_over_tls_alone(hostile: Hostile) -> None:
    """With the real address, loopback in the clear is somebody's trick."""
    real = BrevoClient(SecretStr("xkeysib-x"), "https://api.brevo.com/v3")
    try:
        assert await real.read_report(f"{hostile.url}/report.csv") is None
    finally:
        await real.close()
    assert hostile.asked == []
