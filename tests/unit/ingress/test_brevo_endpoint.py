"""The endpoint for Brevo's webhooks: proof first, stored before 200, 429 when it cannot be."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer, TestClient
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from typing_extensions import override

from ingress.bodies import Bodies
from ingress.brevo_endpoint import BrevoEndpoint
from ingress.brevo_keys import BrevoKeys
from ingress.envelope import OutgoingRecord
from ingress.errors import NotAcknowledgedError
from ingress.paths import Paths
from ingress.publisher import Publisher
from ingress.settings import Limits
from runtime.brevo_models import BrevoWebhook
from schemas.brevo_feedback import BrevoFeedback, import_signature
from schemas.codec import contact_id

TOKEN = "brevo-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
BASIC = {"Authorization": "Basic " + b64encode(b"brevo:pass").decode()}
EVENT = {"event": "unsubscribe", "email": "maya.okafor@example.com", "ts": 1795255500}
MAYA = contact_id("maya.okafor@example.com")

Client = TestClient[web.BaseRequest, None]


class Memory(Publisher):
    """A publisher that keeps what it is given, or refuses."""

    def __init__(self) -> None:
        self.records: list[tuple[str, OutgoingRecord]] = []
        self.refuses = False

    @override
    async def publish(self, topic: str, record: OutgoingRecord) -> None:
        if self.refuses:
            raise NotAcknowledgedError("timeout")
        self.records.append((topic, record))


@pytest.fixture
def memory() -> Memory:
    """Where records go."""
    return Memory()


@pytest.fixture
async def client(memory: Memory) -> AsyncIterator[Client]:
    """An endpoint with a token and a password."""
    settings = BrevoWebhook(token=SecretStr(TOKEN), username="brevo", password=SecretStr("pass"))
    paths = Paths()
    BrevoEndpoint(BrevoKeys.of(settings), memory, "p-", CollectorRegistry(), Bodies(Limits())).add_to(paths)
    client: Client = TestClient(RawTestServer(paths))
    async with client:
        yield client


@pytest.mark.parametrize("headers", [BEARER, BASIC])
async def test_authentic_news_are_stored_then_answered_200(
    client: Client, memory: Memory, headers: dict[str, str]
) -> None:
    """Under the contact's id, without the address."""
    answer = await client.post("/webhooks/brevo", json=EVENT, headers=headers)
    assert answer.status == 200
    ((topic, record),) = memory.records
    assert topic == "p-brevo.events.v1"
    assert record.key == MAYA.encode()
    assert BrevoFeedback.from_bytes(record.value).kind == "unsubscribed"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic wrong"}])
async def test_caller_without_proof_is_answered_401(client: Client, memory: Memory, headers: dict[str, str]) -> None:
    """And nothing is stored."""
    answer = await client.post("/webhooks/brevo", json=EVENT, headers=headers)
    assert answer.status == 401
    assert memory.records == []


async def test_news_that_cannot_be_stored_are_answered_429(client: Client, memory: Memory) -> None:
    """After any other refusal Brevo would drop them for good."""
    memory.refuses = True
    answer = await client.post("/webhooks/brevo", json=EVENT, headers=BEARER)
    assert answer.status == 429


async def test_end_of_an_import_is_stored_for_the_worker_that_follows_it(client: Client, memory: Memory) -> None:
    """Only a URL that we made is accepted; what is posted to it does not matter."""
    query = {"import": "i1", "contact": MAYA, "signature": import_signature(TOKEN, "i1", MAYA)}
    assert (await client.post("/webhooks/brevo/imports", params=query, data=b"?")).status == 200
    ((_, record),) = memory.records
    feedback = BrevoFeedback.from_bytes(record.value)
    assert (feedback.kind, feedback.import_id, record.key) == ("import_ended", "i1", MAYA.encode())
    forged = {**query, "import": "i2"}
    assert (await client.post("/webhooks/brevo/imports", params=forged)).status == 401


async def test_door_without_secrets_does_not_exist(memory: Memory) -> None:
    """Nobody could be told from Brevo."""
    paths = Paths()
    BrevoEndpoint(BrevoKeys.of(BrevoWebhook()), memory, "", CollectorRegistry(), Bodies(Limits())).add_to(paths)
    client: Client = TestClient(RawTestServer(paths))
    async with client:
        assert (await client.post("/webhooks/brevo", json=EVENT)).status == 404


def test_keys_do_not_show() -> None:
    """In no log."""
    assert TOKEN not in repr(BrevoKeys.of(BrevoWebhook(token=SecretStr(TOKEN))))
