from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
from collections.abc import AsyncIterator

import pytest

from ingress.errors import UnavailableReason
from ingress.signature import signature_of
from schemas.topics import QUARANTINE, RAW_EVENTS
from tests.support.ingress import (
    ACCOUNT,
    SECRET,
    MemoryPublisher,
    as_zoom_writes,
    example,
    ingress_settings_for,
    signed_headers,
)
from tests.support.webhook_endpoint import OTHER, serving

MIB = 1_048_576
STARTED = as_zoom_writes(example("meeting.started__plain"))
CHALLENGE = as_zoom_writes(example("endpoint.url_validation__plain"))


async def test_door_signed_delivery_is_published_then_accepted() -> None:
    """200 with the documented body; the record is on the live topic."""
    async with serving() as server:
        assert await server.post(STARTED, signed_headers(STARTED)) == (200, b'{"status":"accepted"}')
        assert server.publisher.values(RAW_EVENTS.name) == [STARTED]
        assert server.counted("accepted") == 1


async def test_door_topic_has_the_installations_prefix() -> None:
    """Several installations share a cluster."""
    async with serving(ingress_settings_for(prefix="eu-")) as server:
        await server.post(STARTED, signed_headers(STARTED))
        assert [topic for topic, _ in server.publisher.published] == ["eu-zoom.events.raw.v1"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": "meeting.started",  "event_ts":1786543204838.0, "payload":{"object":{"id":5,"uuid":"pT9\\/Q=="}}}',
        b'{"event":"meeting.started","payload":{"object":{"id":9007199254740993,"topic":"\\u00dc\\ud83d\\ude00"}}}',
        b'{"event":"meeting.started","payload":{"object":{"id":18446744073709551617,"password":"x"}}}',
    ],
)
async def test_door_body_of_unusual_form_keeps_its_meaning(body: bytes) -> None:
    """Escapes, floats and long integers are verified as received and published as meant."""
    async with serving() as server:
        status, _ = await server.post(body, signed_headers(body))
        assert status == 200
        (value,) = server.publisher.values(RAW_EVENTS.name)
        meant = json.loads(body)
        meant["payload"]["object"].pop("password", None)
        assert json.loads(value) == meant
        (key,) = [record.key for _, record in server.publisher.published]
        assert key == str(meant["payload"]["object"]["id"]).encode()


async def test_door_forged_body_is_401_and_published_nowhere() -> None:
    """The signature of another body, or of the same body written anew, is worth nothing."""
    spaced = json.dumps(json.loads(STARTED)).encode()
    async with serving() as server:
        for body in (STARTED.replace(b"8421", b"8422"), spaced):
            assert await server.post(body, signed_headers(STARTED)) == (401, b'{"status":"unauthorized"}')
        assert server.publisher.published == []
        assert server.counted("unauthorized") == 2


async def test_door_challenge_is_no_signing_oracle() -> None:
    """The attack: have a forged delivery signed as a token, then send it with that signature."""
    timestamp = str(int(time.time()))
    forged = b'{"event":"webinar.ended"}'
    token = f"v0:{timestamp}:{forged.decode()}"
    question = as_zoom_writes({"event": "endpoint.url_validation", "payload": {"plainToken": token}})
    async with serving() as server:
        status, answer = await server.post(question, signed_headers(question))
        assert status == 400
        assert signature_of(SECRET, timestamp.encode(), forged)[3:] not in answer


async def test_door_challenge_is_answered_while_kafka_is_away() -> None:
    """Zoom disables a subscription whose challenges fail."""
    async with serving(publisher=MemoryPublisher(refusal="not_connected")) as server:
        status, answer = await server.post(CHALLENGE, signed_headers(CHALLENGE, at=1))
        assert status == 200
        assert json.loads(answer)["plainToken"] == "Zk3nT0pLqWmX7yVbR2sHdA"
        assert server.counted("challenge") == 1


async def test_door_time_of_the_last_answered_challenge_is_shown() -> None:
    """0 before the first one; a refused challenge or a delivery does not count."""
    async with serving() as server:
        name = "rollcall_ingress_last_validation_timestamp_seconds"
        read = server.metrics.registry.get_sample_value
        refused = CHALLENGE.replace(b"Zk3nT0pLqWmX7yVbR2sHdA", b"no token!")
        for body in (STARTED, refused):
            await server.post(body, signed_headers(body))
        assert read(name) == 0
        began = time.time()
        await server.post(CHALLENGE, signed_headers(CHALLENGE))
        shown, started = read(name), read("rollcall_ingress_start_timestamp_seconds")
        assert shown is not None
        assert started is not None
        assert started <= began <= shown <= time.time()


@pytest.mark.parametrize("reason", ["not_connected", "overloaded", "timeout", "failed", "refused"])
async def test_door_not_acknowledged_is_503(reason: UnavailableReason) -> None:
    """Never 429 or another 4xx: Zoom would not send it again. A stale one is not said to be kept either."""
    async with serving(publisher=MemoryPublisher(refusal=reason)) as server:
        for at in (None, 1.0):
            assert await server.post(STARTED, signed_headers(STARTED, at=at)) == (503, b'{"status":"unavailable"}')
        labels: dict[str, str] = {"reason": reason}
        assert server.metrics.registry.get_sample_value("rollcall_ingress_unavailable_total", labels) == 2


@pytest.mark.parametrize("off", [-301, 302])
async def test_door_stale_delivery_is_quarantined(off: int) -> None:
    """200, so that Zoom does not repeat it, and nothing reaches the live topic."""
    async with serving() as server:
        headers = signed_headers(STARTED, at=time.time() + off)
        assert await server.post(STARTED, headers) == (200, b'{"status":"quarantined"}')
        assert [topic for topic, _ in server.publisher.published] == [QUARANTINE.name]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 405),
        ("PUT", "", 405),
        ("GET", f"/{ACCOUNT}", 405),
        ("POST", "/unknown-account", 404),
        ("GET", "/unknown-account", 404),
        ("POST", f"/{ACCOUNT}/more", 404),
        ("POST", "/", 404),
        ("POST", "x", 404),
    ],
)
async def test_door_wrong_path_or_method_comes_before_all_else(method: str, path: str, status: int) -> None:
    """404 and 405 whatever the size, type and signature."""
    body = io.BytesIO(b"x" * (MIB + 1))
    async with serving() as server, server.session.request(method, f"{server.url}{path}", data=body) as answer:
        assert answer.status == status


async def test_door_too_large_by_its_own_length_comes_before_type_and_signature() -> None:
    """413 over 1 MiB."""
    async with serving() as server:
        status, _ = await server.post(io.BytesIO(b"x" * (MIB + 1)), {"content-type": "text/plain"})
        assert status == 413
        assert server.counted("too_large") == 1


async def test_door_too_large_without_a_length_is_413_once_it_is() -> None:
    """Before anything is compared."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * 65_536

    async with serving() as server:
        assert (await server.post(chunks(), signed_headers(b"other")))[0] == 413
        assert server.counted("too_large") == 1


async def test_door_one_mib_is_accepted() -> None:
    """The limit itself is allowed."""
    body = b'{"event":"x.y","pad":"' + b"p" * (MIB - 24) + b'"}'
    assert len(body) == MIB
    async with serving() as server:
        assert (await server.post(body, signed_headers(body)))[0] == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_door_other_content_type_comes_before_the_signature(content_type: str) -> None:
    """415, signed or not."""
    async with serving() as server:
        assert (await server.post(STARTED, signed_headers(STARTED, content_type=content_type)))[0] == 415
        assert (await server.post(STARTED, {"content-type": content_type}))[0] == 415


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_door_json_content_type_in_any_spelling_is_accepted(content_type: str) -> None:
    """Types are compared without case and parameters."""
    async with serving() as server:
        assert (await server.post(STARTED, signed_headers(STARTED, content_type=content_type)))[0] == 200


async def test_door_no_event_is_400_after_the_signature() -> None:
    """Who cannot sign is not told what is wrong with the body."""
    async with serving() as server:
        assert (await server.post(b"[]", signed_headers(b"[]")))[0] == 400
        assert (await server.post(b"[]", signed_headers(b"[]", secret=b"guess")))[0] == 401


async def test_door_account_path_takes_that_accounts_secret_only() -> None:
    """The general path tries all secrets; an account's path its own."""
    body = as_zoom_writes({"event": "x.y", "payload": {"account_id": "account-b"}})
    headers = signed_headers(body, secret=OTHER.secret)
    async with serving() as server:
        assert (await server.post(body, headers))[0] == 200
        later = signed_headers(body, secret=OTHER.secret, at=time.time() - 1)
        assert (await server.post(body, later, "/account-b"))[0] == 200
        assert (await server.post(body, headers, f"/{ACCOUNT}"))[0] == 401
        assert len(server.publisher.values(RAW_EVENTS.name)) == 2


async def test_door_payload_of_another_account_is_quarantined() -> None:
    """Authentic, but not for this account."""
    body = as_zoom_writes({"event": "x.y", "payload": {"account_id": "account-b"}})
    async with serving() as server:
        assert await server.post(body, signed_headers(body)) == (200, b'{"status":"quarantined"}')
        later = signed_headers(body, at=time.time() - 1)
        assert await server.post(body, later, f"/{ACCOUNT}") == (200, b'{"status":"quarantined"}')
        assert server.counted("quarantined_account") == 2


async def test_door_headers_that_are_no_text_are_401() -> None:
    """An attacker may send any bytes; a comparison of texts would raise on them."""
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"POST /webhooks/zoom HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
            b"x-zm-request-timestamp: 1\xff\xfe\r\nx-zm-signature: v0=\xc3\xa9\xff\r\nconnection: close\r\n\r\n{}"
        )
        assert (await reader.read()).startswith(b"HTTP/1.1 401 ")
        writer.close()
        await writer.wait_closed()


async def test_door_compressed_body_is_verified_as_received() -> None:
    """The signature is over the bytes on the wire; nothing is unpacked before or after."""
    packed = gzip.compress(STARTED)
    async with serving() as server:
        headers = {**signed_headers(STARTED), "content-encoding": "gzip"}
        assert (await server.post(packed, headers))[0] == 401
