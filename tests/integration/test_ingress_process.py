"""The ingress as a process of its own, with a broker that comes, goes, hangs and comes back."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from sandbox.kafka import EmbeddedKafka
from sandbox.kafka.ports import free_port
from schemas.topics import QUARANTINE, RAW_EVENTS, all_topics
from tests.support.broker import Broker
from tests.support.ingress import ACCOUNT, SECRET, as_zoom_writes, example, signed_headers
from tests.support.kafka import create_topics, read_to_end, topics_of
from tests.support.processes import Process, eventually, module_command, running

CONFIGURATION = f"""
connectors:
  zoom:
    account_id: {ACCOUNT}
    client_id: "${{ZOOM_CLIENT_ID}}"
    client_secret: "${{ZOOM_CLIENT_SECRET}}"
    webhook: {{secret_token: "${{ZOOM_WEBHOOK_SECRET}}"}}
brevo: {{api_key: "${{BREVO_API_KEY}}"}}
"""
CHALLENGE = as_zoom_writes(example("endpoint.url_validation__plain"))
NO_BROKER = "127.0.0.1:1"


@dataclass
class Ingress:
    """A running ingress."""

    process: Process
    url: str
    admin: str

    async def post(self, session: aiohttp.ClientSession, body: bytes) -> int:
        """The status of a delivery signed just now; 0 when there was no answer."""
        try:
            async with session.post(self.url, data=body, headers=signed_headers(body)) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0


@contextmanager
def ingress(
    tmp_path: Path,
    bootstrap: str,
    prefix: str,
    more: Mapping[str, str] | None = None,
    *,
    configuration: str = CONFIGURATION,
    is_forked: bool = True,
) -> Iterator[Ingress]:
    """`python -m ingress` with what it needs and nothing else: no Brevo key, no Zoom client secret."""
    (tmp_path / "rollcall.yaml").write_text(configuration)
    port, admin = free_port(), free_port()
    env = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KAFKA_TOPIC_PREFIX": prefix,
        "ZOOM_WEBHOOK_SECRET": SECRET.decode(),
        "INGRESS_HOST": "127.0.0.1",
        "INGRESS_PORT": str(port),
        "ADMIN_PORT": str(admin),
        "ROLLCALL_CONFIG": str(tmp_path / "rollcall.yaml"),
        **(more or {}),
    }
    log = tmp_path / "ingress.log"
    with running(module_command("ingress"), log=log, env=env, is_forked=is_forked) as process:
        yield Ingress(process, f"http://127.0.0.1:{port}/webhooks/zoom", f"http://127.0.0.1:{admin}")


def numbered(number: int) -> bytes:
    """One of many deliveries of one meeting."""
    return as_zoom_writes(
        {"event": "meeting.started", "event_ts": number, "payload": {"object": {"id": 5, "number": number}}}
    )


async def numbers_on(bootstrap: str, topic: str) -> list[int]:
    """Which of them are on the topic."""
    return [
        json.loads(message.value or b"")["payload"]["object"]["number"]
        for message in await read_to_end(bootstrap, topic)
    ]


async def test_ingress_kafka_away_at_start_answers_challenges_and_joins_later(
    tmp_path: Path, topic_prefix: str
) -> None:
    """The port is open, challenges are answered, deliveries are 503; once Kafka is there they are accepted."""
    kafka = EmbeddedKafka(port=free_port())
    try:
        with ingress(tmp_path, kafka.bootstrap, topic_prefix, is_forked=False) as started:
            await started.process.until_http(f"{started.admin}/health/live")
            await started.process.until_http(f"{started.admin}/health/ready", status=503)
            async with aiohttp.ClientSession() as session:
                assert await started.post(session, CHALLENGE) == 200
                assert await started.post(session, numbered(1)) == 503
                await asyncio.to_thread(kafka.start)
                await started.process.until_http(f"{started.admin}/health/ready")
                assert await started.post(session, numbered(2)) == 200
            assert await numbers_on(kafka.bootstrap, RAW_EVENTS.physical(topic_prefix)) == [2]
            assert await read_to_end(kafka.bootstrap, QUARANTINE.physical(topic_prefix)) == []
            written = {topic.physical(topic_prefix) for topic in all_topics() if "ingress" in topic.producers}
            assert await topics_of(kafka.bootstrap, topic_prefix) == written, "others are the worker's to make"
            assert started.process.terminate() == 0
    finally:
        kafka.close()


@pytest.mark.parametrize("how", ["kill", "pause"])
async def test_ingress_kafka_lost_under_load_loses_nothing_accepted(
    how: str, own_kafka: Broker, tmp_path: Path, topic_prefix: str
) -> None:
    """Every delivery is answered 200 or 503 before Zoom's 3 s are over, and every 200 is on the topic."""
    answers: dict[int, int] = {}
    slowest = 0.0
    with ingress(tmp_path, own_kafka.bootstrap, topic_prefix) as started:
        await started.process.until_http(f"{started.admin}/health/ready")
        async with aiohttp.ClientSession() as session:
            stop = asyncio.Event()

            async def send(first: int) -> None:
                nonlocal slowest
                number = first
                while not stop.is_set():
                    began = time.monotonic()
                    answers[number] = await started.post(session, numbered(number))
                    slowest = max(slowest, time.monotonic() - began)
                    number += 16

            async def count(status: int, above: int) -> bool:
                return sum(answer == status for answer in answers.values()) > above

            senders = [asyncio.create_task(send(first)) for first in range(16)]
            await eventually(lambda: count(200, 200), what="deliveries are accepted")
            await asyncio.to_thread(own_kafka.kill if how == "kill" else own_kafka.pause)
            await eventually(lambda: count(503, 15), what="deliveries are answered 503")
            assert await started.post(session, CHALLENGE) == 200
            accepted = sum(answer == 200 for answer in answers.values())
            await asyncio.to_thread(own_kafka.start if how == "kill" else own_kafka.resume)
            await eventually(lambda: count(200, accepted + 200), what="deliveries are accepted again")
            stop.set()
            await asyncio.gather(*senders)
        assert set(answers.values()) == {200, 503}
        assert slowest < 3.0
        found = set(await numbers_on(own_kafka.bootstrap, RAW_EVENTS.physical(topic_prefix)))
        assert {number for number, status in answers.items() if status == 200} <= found


async def test_ingress_sigterm_under_load_answers_all_it_accepted(
    kafka_bootstrap: str, tmp_path: Path, topic_prefix: str
) -> None:
    """After SIGTERM no new connection is taken, every delivery taken before is answered, and the exit code is 0."""
    answers: dict[int, int] = {}
    with ingress(tmp_path, kafka_bootstrap, topic_prefix) as started:
        await started.process.until_http(f"{started.admin}/health/ready")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:

            async def send(first: int) -> None:
                number = first
                while (status := await started.post(session, numbered(number))) != 0:
                    answers[number] = status
                    number += 64

            senders = [asyncio.create_task(send(first)) for first in range(64)]

            async def enough() -> bool:
                return len(answers) > 1_000

            await eventually(enough, what="1,000 deliveries are answered")
            started.process.signal(signal.SIGTERM)
            await asyncio.wait_for(asyncio.gather(*senders), 30)
        assert await asyncio.to_thread(started.process.wait) == 0
        assert set(answers.values()) <= {200, 503}
        found = set(await numbers_on(kafka_bootstrap, RAW_EVENTS.physical(topic_prefix)))
        assert {number for number, status in answers.items() if status == 200} <= found


async def test_ingress_sigterm_while_kafka_is_silent_answers_503_and_ends(
    own_kafka: Broker, tmp_path: Path, topic_prefix: str
) -> None:
    """What waits for Kafka when the process is told to stop is answered, not dropped."""
    with ingress(tmp_path, own_kafka.bootstrap, topic_prefix) as started:
        await started.process.until_http(f"{started.admin}/health/ready")
        async with aiohttp.ClientSession() as session:

            async def accepted() -> bool:
                # A fresh broker on a busy machine may take its time for the first record.
                return await started.post(session, numbered(0)) == 200

            await eventually(accepted, what="a first delivery is accepted")
            own_kafka.pause()
            try:
                waiting: list[asyncio.Task[int]] = []

                async def all_wait() -> bool:
                    # Each waits for 2.5 s: on a machine that stalled for longer the next twenty are looked at.
                    if all(task.done() for task in waiting):
                        waiting[:] = [
                            asyncio.create_task(started.post(session, numbered(number))) for number in range(1, 21)
                        ]
                    async with session.get(f"{started.admin}/metrics") as answer:
                        return "rollcall_ingress_waiting_deliveries 20.0" in await answer.text()

                await eventually(all_wait, timeout_seconds=60, what="20 deliveries wait for Kafka")
                started.process.signal(signal.SIGTERM)
                assert await asyncio.gather(*waiting) == [503] * 20
                assert await asyncio.to_thread(started.process.wait) == 0
            finally:
                own_kafka.resume()


async def test_ingress_idle_connections_do_not_hold_up_the_drain(
    kafka_bootstrap: str, tmp_path: Path, topic_prefix: str
) -> None:
    """Zoom keeps connections open between deliveries."""
    with ingress(tmp_path, kafka_bootstrap, topic_prefix) as started:
        await started.process.until_http(f"{started.admin}/health/ready")
        async with aiohttp.ClientSession() as session:

            async def accepted() -> bool:
                # The first write to new topics may take Kafka longer than the ingress waits for it.
                return await started.post(session, numbered(1)) == 200

            await eventually(accepted, what="a delivery is accepted")
            assert await asyncio.to_thread(started.process.terminate, 4) == 0


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("ZOOM_WEBHOOK_SECRET", "", "secret_token"),
        ("KAFKA_BOOTSTRAP_SERVERS", "", "KAFKA_BOOTSTRAP_SERVERS"),
        ("INGRESS_PORT", "eighty", "INGRESS_PORT"),
        ("ROLLCALL_CONFIG", "/does/not/exist.yaml", "/does/not/exist.yaml"),
    ],
)
def test_ingress_wrong_configuration_is_one_message_and_exit_2(
    tmp_path: Path, variable: str, value: str, told: str
) -> None:
    """What to change is said, before anything starts; no traceback."""
    with ingress(tmp_path, NO_BROKER, "", {variable: value}) as started:
        assert started.process.wait() == 2
        assert told in started.process.output()
        assert "Traceback" not in started.process.output()
        assert SECRET.decode() not in started.process.output()


def test_ingress_port_taken_is_exit_2_with_the_variable(tmp_path: Path) -> None:
    """A second ingress on one host says which variable to set."""
    with ingress(tmp_path, NO_BROKER, "") as first:
        asyncio.run(first.process.until_http(f"{first.admin}/health/live"))
        taken = {"INGRESS_PORT": first.url.split(":")[2].split("/")[0], "ADMIN_PORT": str(free_port())}
        (tmp_path / "second").mkdir()
        with ingress(tmp_path / "second", NO_BROKER, "", taken) as second:
            assert second.process.wait() == 2
            assert "set INGRESS_PORT to a free port" in second.process.output()


async def test_ingress_topics_with_other_partitions_is_exit_2(
    kafka_bootstrap: str, tmp_path: Path, topic_prefix: str
) -> None:
    """The tables rely on equal numbers, so such a cluster is refused and not written to."""
    await create_topics(kafka_bootstrap, [RAW_EVENTS.physical(topic_prefix)], partitions=3)
    with ingress(tmp_path, kafka_bootstrap, topic_prefix) as started:
        assert await asyncio.to_thread(started.process.wait) == 2
        assert "has 3 partitions, wanted are 6" in started.process.output()


async def test_ingress_never_logs_bodies_addresses_or_secrets(
    kafka_bootstrap: str, tmp_path: Path, topic_prefix: str
) -> None:
    """Whatever arrives, forged or not: the log holds nobody's name, address, link or signature."""
    with ingress(tmp_path, kafka_bootstrap, topic_prefix) as started:
        await started.process.until_http(f"{started.admin}/health/ready")
        body = as_zoom_writes(example("webinar.registration_created__registrant"))
        async with aiohttp.ClientSession() as session:
            assert await started.post(session, body) == 200
            for headers in (signed_headers(b"other"), signed_headers(body, at=1)):
                async with session.post(started.url, data=body, headers=headers):
                    pass
        assert started.process.terminate() == 0
        log = started.process.output()
        assert [word for word in ("Lucía", "@", "tk=", "v0=", SECRET.decode()) if word in log] == []


MARKS = (
    "Maya Okafor",
    "maya.okafor@example.com",
    "+44 20 7946 0000",
    "hunter2",
    "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln",
)
PERSON = dict(zip(("user_name", "email", "phone_number", "password", "download_token"), MARKS, strict=True))


async def test_ingress_full_of_secrets_tells_them_nowhere_but_in_the_records_themselves(
    kafka_bootstrap: str, tmp_path: Path, topic_prefix: str
) -> None:
    """Accepted, forged, stale, cut, malformed: no log at DEBUG, figure, answer or header of a record holds a mark."""
    talkative = CONFIGURATION.replace("webhook:", "debug: true\n    log_webhooks: true\n    webhook:")
    body = as_zoom_writes({"event": "webinar.x", "payload": {"object": {"id": 5, **PERSON}}})
    malformed = [
        b"POST /webhooks/zoom HTTP/1.0\r\n\r\n" + body,
        body + b"\r\n\r\n",
        b"GET /?" + body.replace(b" ", b"") + b"\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + body + b"\x01\r\n\r\n",
        b"POST /webhooks/zoom HTTP/1.1\r\nhost: x\r\ncontent-type: "
        + body
        + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    ]
    with ingress(tmp_path, kafka_bootstrap, topic_prefix, configuration=talkative) as started:
        await started.process.until_http(f"{started.admin}/health/ready")
        port = int(started.url.split(":")[2].split("/")[0])
        answers = b""
        async with aiohttp.ClientSession() as session:
            assert await started.post(session, body) == 200
            broken = {"event": "webinar.x", "payload": {"object": PERSON, "account_id": "another"}}
            for signed in (as_zoom_writes(broken), b'{"user_name":"Maya Okafor"', body):
                for headers in (signed_headers(b"other"), signed_headers(signed, at=1), signed_headers(signed)):
                    async with session.post(started.url, data=signed, headers=headers) as answer:
                        answers += await answer.read() + str(answer.headers).encode()
            for request in malformed:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request)
                answers += await reader.read()
                writer.close()
            async with session.get(f"{started.admin}/metrics") as figures:
                answers += await figures.read()
        assert started.process.terminate() == 0
    shown = started.process.output().encode() + answers
    for topic in (RAW_EVENTS, QUARANTINE):
        records = await read_to_end(kafka_bootstrap, topic.physical(topic_prefix))
        assert records
        shown += b"".join(value for record in records for _, value in record.headers)
    assert [mark for mark in MARKS if mark.encode() in shown] == []
    assert b"event=delivery" in shown, "the log was not at its most talkative"
    assert b'outcome="bad_header"} 2.0' in shown
