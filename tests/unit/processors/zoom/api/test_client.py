"""The Zoom client against a real HTTP server that answers as a script says: what it asks, and lists in pages."""

from __future__ import annotations

import contextlib

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from ops.zoom.answers import ZoomRefusedError, said
from processors.zoom.api.client import ZoomClient
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.setup import ClientSetup
from schemas.errors import ConfigurationError, RetryLaterError
from tests.support.zoom_server import ACCOUNT, Build, Reply, ZoomServer, page


async def test_details_ask_for_previous_occurrences_with_a_bearer_token(zoom: ZoomServer, build: Build) -> None:
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
    zoom: ZoomServer, build: Build, uuid: str, segment: str
) -> None:
    """HTTP clients like to encode or decode once more; what counts is what the server sees."""
    zoom.will(Reply({"uuid": uuid}))
    said(await build().past_meeting(uuid))
    assert zoom.raw_paths == [f"/v2/past_meetings/{segment}"]


async def test_registrants_read_every_status_to_the_last_page_without_duplicates(
    zoom: ZoomServer, build: Build
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


async def test_users_keep_pending_ones_without_an_id(zoom: ZoomServer, build: Build) -> None:
    """A pending user has no id: its e-mail tells it apart."""
    pending = [{"email": "p@x.org", "status": "pending"}, {"email": "q@x.org", "status": "pending"}]
    zoom.will(page("users", pending), page("users", []), page("users", [{"id": "u", "email": "u@x.org"}]))
    assert said(await build().users()) == [*pending, {"id": "u", "email": "u@x.org", "status": "active"}]


async def test_panelists_are_asked_without_parameters(zoom: ZoomServer, build: Build) -> None:
    """The endpoint documents no query parameter."""
    zoom.will(Reply({"panelists": [{"id": "p"}], "total_records": 1}))
    assert said(await build().panelists("9")) == [{"id": "p"}]
    assert zoom.raw_paths == ["/v2/webinars/9/panelists"]


async def test_paging_when_the_page_token_expired_begins_again_at_page_one(
    zoom: ZoomServer, build: Build, registry: CollectorRegistry
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


async def test_paging_when_every_page_token_expires_gives_up_for_now(zoom: ZoomServer, build: Build) -> None:
    """A list that never ends in time is tried later, not for ever."""
    for _ in range(4):
        zoom.will(page("users", [{"id": "a"}], "t"), Reply({"code": 300, "message": "expired"}, 400))
    with pytest.raises(RetryLaterError):
        said(await build().users())
    assert len(zoom.queries) == 8


async def test_paging_when_a_page_token_repeats_stops(zoom: ZoomServer, build: Build) -> None:
    """A list without an end must not hold the account for ever."""
    zoom.will(page("users", [{"id": "a"}], "t"), page("users", [{"id": "b"}], "t"))
    with pytest.raises(RetryLaterError, match="comes again"):
        said(await build().users())


async def test_api_base_url_that_is_set_wins_over_the_tokens_api_url(zoom: ZoomServer, build: Build) -> None:
    """A proxy or sandbox that the operator names is used, whatever the token's answer says."""
    zoom.will(Reply({"id": 1}), Reply({"id": 1}))
    said(await build(api_base_url=f"{zoom.url}/proxy/").details("meeting", "1"))
    said(await build().details("meeting", "1"))
    assert [path.partition("?")[0] for path in zoom.raw_paths] == ["/proxy/meetings/1", "/v2/meetings/1"]


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
async def test_client_of_an_account_without_credentials_is_a_configuration_error(
    session: aiohttp.ClientSession, missing: str
) -> None:
    """Said before anything runs, with the account's id and where to find the values."""
    account = ACCOUNT.model_copy(update={missing: None})
    with pytest.raises(ConfigurationError, match="account acc has no client_id or no client_secret"):
        ZoomClient(account, ClientSetup(session, "pro", "https://zoom.us", ZoomMetrics(CollectorRegistry())))


async def test_requests_are_counted_by_endpoint_and_outcome(
    zoom: ZoomServer, build: Build, registry: CollectorRegistry
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
