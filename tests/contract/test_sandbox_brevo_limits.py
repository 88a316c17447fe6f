"""The sandbox's limits, and faults of its answers: lost, late, by chance."""

from __future__ import annotations

import aiohttp
import pytest

from sandbox.brevo import Options, serving
from tests.support.brevo_client import KEY, MAYA, Client


async def test_limit_of_contacts_answers_429_with_headers_and_leaves_events_alone() -> None:
    """Ten calls a second to `/contacts`, counted apart from `/events`; the account's hourly bucket is small."""
    async with serving(Options(api_key=KEY)) as brevo, aiohttp.ClientSession(headers={"api-key": KEY}) as session:
        brevo.state.clock = lambda: 1_000.25
        client = Client(session, brevo)
        statuses = [(await client.call("GET", "/v3/contacts"))[0] for _ in range(11)]
        assert statuses == [200] * 10 + [429]
        async with session.get(f"{brevo.url}/contacts") as response:
            headers = {name: response.headers[name] for name in response.headers if name.startswith("x-sib")}
        assert headers == {
            "x-sib-ratelimit-limit": "10",
            "x-sib-ratelimit-remaining": "0",
            "x-sib-ratelimit-reset": "1",
        }
        event = {"event_name": "e", "identifiers": {"email_id": MAYA}}
        assert (await client.call("POST", "/v3/events", event))[0] == 204
        async with session.get(f"{brevo.url}/account") as response:
            assert response.headers["x-sib-ratelimit-limit"] == "100"
            assert response.headers["x-sib-ratelimit-reset"] == "2600"
        brevo.state.clock = lambda: 1_001.0
        assert (await client.call("GET", "/v3/contacts"))[0] == 200


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
async def test_reset_loses_the_answer_and_applies_only_after(client: Client, kind: str) -> None:
    """The connection breaks both times; only with `reset_after` did the event happen."""
    await client.fault(kind=kind, path_prefix="/v3/events", count=1)
    event = {"event_name": "e", "identifiers": {"email_id": MAYA}}
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.call("POST", "/v3/events", event)
    assert len((await client.state())["events"]) == (1 if kind == "reset_after" else 0)
    assert (await client.call("POST", "/v3/events", event))[0] == 204


@pytest.mark.parametrize("applied", [False, True])
async def test_timeout_hangs_and_applies_as_told(client: Client, *, applied: bool) -> None:
    """A caller's own time-out ends the wait; the state tells whether the call took effect."""
    await client.fault(kind="timeout", applied=applied, count=1)
    with pytest.raises(TimeoutError):
        await client.session.post(
            f"{client.brevo.url}/contacts", json={"email": MAYA}, timeout=aiohttp.ClientTimeout(total=0.2)
        )
    assert len((await client.state())["contacts"]) == int(applied)


@pytest.mark.parametrize(("kind", "status"), [("500", 500), ("html", 524)])
async def test_server_error_can_have_applied_the_call(client: Client, kind: str, status: int) -> None:
    """A 5xx says nothing of whether it happened."""
    await client.fault(kind=kind, applied=True, count=1, method="POST")
    async with client.session.post(f"{client.brevo.url}/contacts", json={"email": MAYA}) as response:
        assert response.status == status
    state = await client.state()
    assert len(state["contacts"]) == 1
    assert state["calls"]["statuses"] == {"POST /v3/contacts": {str(status): 1}}


async def test_dropped_attributes_look_like_success(client: Client) -> None:
    """The call succeeds and no attribute is kept; lists are."""
    await client.fault(kind="drop_attributes", path_prefix="/v3/contacts", count=1)
    body = {"email": MAYA, "attributes": {"NO_SHOWS": 1}, "listIds": [18]}
    assert (await client.call("POST", "/v3/contacts", body))[0] == 201
    (contact,) = (await client.state())["contacts"]
    assert (contact["attributes"], contact["listIds"]) == ({}, [18])


async def test_faults_by_chance_repeat_with_their_seed(client: Client) -> None:
    """The same seed and the same calls meet the same faults."""
    runs = []
    for _ in range(2):
        await client.call("DELETE", "/_sandbox/state")
        await client.fault(kind="500", probability=0.5, seed=7)
        runs.append([(await client.call("GET", "/v3/contacts"))[0] for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


async def test_fault_that_makes_no_sense_is_refused(client: Client) -> None:
    """An unknown kind or a 429 that was applied is a mistake of the test."""
    for fault in ({"kind": "506"}, {"kind": "429", "applied": True}, {"kind": "500", "counts": 1}):
        async with client.session.post(f"{client.brevo.address}/_sandbox/faults", json=fault) as response:
            assert response.status == 400
    assert (await client.call("GET", "/_sandbox/faults"))[1] == {"faults": []}
