"""The Brevo client against the sandbox Brevo, which answers as the real one is known to."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.answers import classify
from runtime.outcome import Outcome
from sandbox.brevo import Options, RunningBrevo, serving
from sandbox.brevo.faults import BrevoFault, FaultKind
from schemas.errors import FatalError

KEY = "xkeysib-sandbox"


@pytest.fixture
async def brevo() -> AsyncIterator[RunningBrevo]:
    """The guide's account, its limits scaled up."""
    async with serving(Options(limit_factor=1_000).with_demo()) as running:
        yield running


@pytest.fixture
async def client(brevo: RunningBrevo) -> AsyncIterator[BrevoClient]:
    """A client with the right key."""
    client = BrevoClient(SecretStr(KEY), brevo.url + "/", answer_seconds=0.5)
    yield client
    await client.close()


@pytest.mark.parametrize(
    "email", ["maya.okafor@example.com", "a/b?c#d@example.com", "plus+tag%40@example.com", "o'neil&co=1@example.com"]
)
async def test_client_any_address_names_its_own_contact(client: BrevoClient, email: str) -> None:
    """Addresses are percent-encoded in paths: the SDK's are not, and then ask for another contact."""
    body = {"email": email, "updateEnabled": True, "attributes": {"WEBINAR_NAME": "Spring"}, "listIds": [16]}
    assert (await client.create_contact(body)).status == 201
    assert (await client.create_contact(body)).status == 204
    assert (await client.update_contact(email, {"listIds": [18], "unlinkListIds": [16]})).status == 204
    answer = await client.read_contact(email)
    assert answer.status == 200
    assert answer.body["email"] == email
    assert answer.body["listIds"] == [18]
    assert answer.body["attributes"]["WEBINAR_NAME"] == "Spring"


async def test_client_reads_brevos_rate_headers(client: BrevoClient) -> None:
    """They, and no Retry-After, say how long to wait."""
    answer = await client.read_contact("nobody@example.com")
    assert answer.status == 404
    assert answer.remaining is not None
    assert answer.reset_seconds is not None


async def test_client_event_is_accepted(client: BrevoClient, brevo: RunningBrevo) -> None:
    """204 without a body."""
    await client.create_contact({"email": "maya.okafor@example.com", "updateEnabled": True})
    body = {
        "event_name": "zoom_webinar_attended",
        "event_date": "2026-11-20T17:01:32Z",
        "identifiers": {"email_id": "maya.okafor@example.com"},
        "event_properties": {"minutes": 47},
    }
    answer = await client.track_event(body)
    assert (answer.status, answer.body) == (204, None)


async def test_client_unknown_key_is_an_answer(brevo: RunningBrevo) -> None:
    """A client never raises for what Brevo says."""
    client = BrevoClient(SecretStr("xsmtpsib-x"), brevo.url)
    answer = await client.read_contact("maya.okafor@example.com")
    await client.close()
    assert classify(answer).name == "unknown_key"


@pytest.mark.parametrize(
    ("kind", "name", "outcome"),
    [
        ("429", "rate_limited", Outcome.PAUSE),
        ("425", "too_early", Outcome.RETRY),
        ("html", "failed", Outcome.RETRY),
        ("401_ip", "unrecognised_ip", Outcome.PARK),
        ("402", "no_credit", Outcome.STOP),
        ("reset_before", "reset", Outcome.RETRY),
        ("reset_after", "reset", Outcome.RETRY),
        ("timeout", "timeout", Outcome.RETRY),
    ],
)
@pytest.mark.parametrize("event", [False, True], ids=["contact", "event"])
async def test_client_fault_is_told_apart_and_called_once(
    client: BrevoClient, brevo: RunningBrevo, kind: FaultKind, name: str, outcome: Outcome, event: bool
) -> None:
    """Every fault is one call and one answer of its class; HTML is no JSON."""
    brevo.state.faults.add(BrevoFault(kind=kind))
    call = client.track_event({"event_name": "x"}) if event else client.create_contact({"email": "a@example.com"})
    verdict = classify(await call)
    assert (verdict.name, verdict.outcome) == (name, outcome)
    assert sum(brevo.state.calls.families.values()) == 1


async def test_client_no_server_is_refused_and_surely_not_applied(unused_tcp_port: int) -> None:
    """No connection came about: an event may be sent again."""
    client = BrevoClient(SecretStr(KEY), f"http://127.0.0.1:{unused_tcp_port}/v3")
    verdict = classify(await client.track_event({}))
    await client.close()
    assert (verdict.name, verdict.ambiguous) == ("refused", False)


async def test_client_speaks_no_tls_below_1_2(client: BrevoClient) -> None:
    """The key never travels over what is broken."""
    await client.read_contact("maya.okafor@example.com")
    connector = client._session.connector if client._session else None
    context = getattr(connector, "_ssl", None)
    assert isinstance(context, ssl.SSLContext)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED


async def test_client_asks_before_each_write_and_sends_nothing_when_it_may_not(brevo: RunningBrevo) -> None:
    """A worker that was stopped for longer than its session wakes up in the middle of a call: it is no owner."""
    asked: list[bool] = []

    async def not_the_owner() -> None:
        asked.append(True)
        if len(asked) > allowed:
            raise FatalError("another worker owns the partitions")

    for allowed in (0, 1):
        asked.clear()
        client = BrevoClient(SecretStr(KEY), brevo.url, before_write=not_the_owner)
        assert (await client.read_contact(f"nobody{allowed}@example.com")).status == 404
        assert not asked
        # Once before the call, and once more when a connection is at hand.
        with pytest.raises(FatalError):
            await client.create_contact({"email": f"nobody{allowed}@example.com", "updateEnabled": True})
        assert (await client.read_contact(f"nobody{allowed}@example.com")).status == 404
        await client.close()
