from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingress.envelope import Delivery, OutgoingRecord, rfc3339, to_record
from tests.support.ingress import ACCOUNT, REQUEST_ID, as_zoom_writes, example, example_files

RECEIVED_AT = 1786543411.2345


def record_of(event: Any, *, request_id: str = REQUEST_ID, quarantined: str | None = None) -> OutgoingRecord:
    """The record of an event as Zoom would write it."""
    body = as_zoom_writes(event)
    delivery = Delivery(body, b"1786543410", b"", request_id, RECEIVED_AT)
    return to_record(delivery, json.loads(body), "configured-account", quarantined=quarantined)


def header_texts(record: OutgoingRecord) -> dict[str, str]:
    """Headers by name; each occurs once."""
    texts = {name: value.decode() for name, value in record.headers}
    assert len(texts) == len(record.headers)
    return texts


def test_to_record_headers_are_as_documented() -> None:
    """All headers of docs/reference/topics.md, each with its exact form."""
    event = example("meeting.participant_joined__guest")
    body = as_zoom_writes(event)
    headers = header_texts(record_of(event))
    dedupe = headers.pop("dedupe-key")
    assert len(dedupe) == 64
    assert headers == {
        "ce_specversion": "1.0",
        "ce_id": REQUEST_ID,
        "ce_type": "meeting.participant_joined",
        "ce_source": f"/zoom/{ACCOUNT}",
        "ce_time": "2026-08-12T14:03:30.102Z",
        "content-type": "application/json",
        "received-at": "2026-08-12T14:03:31.234Z",
        "body-sha256": hashlib.sha256(body).hexdigest(),
        "zoom-request-id": REQUEST_ID,
    }


@pytest.mark.parametrize("path", example_files(), ids=lambda path: path.stem)
def test_to_record_sample_has_type_key_and_readable_value(path: Path) -> None:
    """The event's name is the file's; the key is the object's id as text, else the account."""
    event = example(path.stem)
    record = record_of(event)
    assert header_texts(record)["ce_type"] == path.stem.partition("__")[0]
    subject = event["payload"].get("object", {})
    account = event["payload"].get("account_id", "configured-account")
    assert record.key.decode() == str(subject.get("id", account))
    assert orjson.loads(record.value)["event"] == event["event"]
    assert record.timestamp_ms == 1786543411234


def test_to_record_id_as_number_and_text_have_one_key() -> None:
    """Registrations and live events of a meeting meet in one partition."""
    number = record_of(example("meeting.registration_created__plain"))
    text = record_of(example("meeting.started__plain"))
    assert number.key == text.key == b"84215567031"


def test_to_record_deauthorization_has_the_payloads_time() -> None:
    """Zoom puts `event_ts` into the payload there, and writes it as a date."""
    record = record_of(example("app_deauthorized__plain"))
    assert header_texts(record)["ce_time"] == "2026-09-01T10:15:20.000Z"
    assert record.key == ACCOUNT.encode()


def test_to_record_without_request_id_uses_the_bodys_hash() -> None:
    """The fallback for `ce_id`; there is no header for what was not sent."""
    for request_id in ("", "forged\nline", "é", "a" * 129):
        headers = header_texts(record_of({"event": "x"}, request_id=request_id))
        assert headers["ce_id"] == headers["body-sha256"] == hashlib.sha256(b'{"event":"x"}').hexdigest()
        assert "zoom-request-id" not in headers


@pytest.mark.parametrize(
    ("event_ts", "time"),
    [
        (1786543204838.0, "2026-08-12T14:00:04.838Z"),
        ("1786543204838", "2026-08-12T14:00:04.838Z"),
        ("2026-08-12 14:00:04", "2026-08-12T14:00:04.000Z"),
        ("2026-08-12T16:00:04+02:00", "2026-08-12T14:00:04.000Z"),
        (None, "2026-08-12T14:03:31.234Z"),
        ("soon", "2026-08-12T14:03:31.234Z"),
        (-1, "2026-08-12T14:03:31.234Z"),
        (10**30, "2026-08-12T14:03:31.234Z"),
        (True, "2026-08-12T14:03:31.234Z"),
    ],
)
def test_to_record_time_of_odd_event_ts(event_ts: object, time: str) -> None:
    """A time that cannot be read is the time of receipt, as CloudEvents wants it."""
    assert header_texts(record_of({"event": "x", "event_ts": event_ts}))["ce_time"] == time


def test_to_record_quarantined_says_why() -> None:
    """A header tells stale deliveries from those of another account."""
    assert header_texts(record_of({"event": "x"}, quarantined="stale"))["quarantine-reason"] == "stale"
    assert "quarantine-reason" not in header_texts(record_of({"event": "x"}))


def test_to_record_of_no_json_has_the_configured_account_as_key() -> None:
    """Nobody can tell what such a body holds: its hash alone is kept."""
    body = b'{"password":"x", broken'
    record = to_record(Delivery(body, b"1", b"", "", RECEIVED_AT), None, "configured-account")
    assert (record.key, record.value) == (b"configured-account", b"{}")
    headers = header_texts(record)
    assert headers["ce_type"] == "unknown"
    assert headers["ce_source"] == "/zoom/configured-account"
    assert headers["body-sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("tree", [[1], "text", {"payload": []}, {"event": 7, "payload": {"object": []}}])
def test_to_record_of_json_of_another_shape_keeps_nothing_of_it(tree: Any) -> None:
    """A stale delivery may be any JSON."""
    record = record_of(tree)
    assert record.key == b"configured-account"
    assert json.loads(record.value) in ({}, {"payload": {}}, {"event": 7, "payload": {}})
    assert header_texts(record)["ce_type"] == "unknown"


def test_to_record_of_an_event_that_nobody_reads_keeps_its_frame_unless_its_payload_is_wanted() -> None:
    """What the AI wrote about a meeting is nobody's business unless the operator makes it so."""
    name = "meeting.summary_completed__plain"
    delivery = Delivery(b"", b"1", b"", "", RECEIVED_AT)
    framed, kept, other = (
        json.loads(to_record(delivery, example(name), "a", payloads_of=allowed).value)
        for allowed in ((), ("meeting.summary_*",), ("phone.*",))
    )
    assert framed == other
    assert set(framed["payload"]["object"]) <= {"id", "uuid", "host_id", "type", "start_time", "end_time"}
    assert set(framed["payload"]["object"]) < set(kept["payload"]["object"])
    assert not [field for field in kept["payload"]["object"] if "summary" in field]


def test_to_record_of_a_foreign_account_keeps_nothing_of_people_in_quarantine() -> None:
    """They have not agreed to be here. A stale delivery of our own is kept as a live one is."""
    event = example("webinar.registration_created__registrant")
    delivery = Delivery(b"", b"1", b"", "", RECEIVED_AT)
    foreign = to_record(delivery, dict(event), "a", quarantined="account", payloads_of=("*",))
    assert set(json.loads(foreign.value)["payload"]) <= {"account_id", "object"}
    assert "registrant" not in json.loads(foreign.value)["payload"]["object"]
    stale = to_record(delivery, event, "a", quarantined="stale")
    assert "registrant" in json.loads(stale.value)["payload"]["object"]


def test_to_record_endless_texts_do_not_outgrow_the_topic() -> None:
    """Key and headers stay small beside a body of 1 MiB, and still tell apart."""
    long = {"event": "e" * 9_000, "payload": {"account_id": "a" * 9_000, "object": {"id": "i" * 9_000}}}
    record = record_of(long)
    assert len(record.key) == 64
    assert sum(len(name) + len(value) for name, value in record.headers) < 1_200
    assert record.key != record_of({**long, "payload": {"object": {"id": "i" * 9_001}}}).key


@pytest.mark.parametrize(("milliseconds", "text"), [(0, "1970-01-01T00:00:00.000Z"), (999, "1970-01-01T00:00:00.999Z")])
def test_rfc3339_has_three_digits_of_a_second(milliseconds: int, text: str) -> None:
    """Milliseconds are always written."""
    assert rfc3339(milliseconds) == text
