"""Decides how a delivery lies on its topic: key, headers, value (docs/reference/topics.md). PURE."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from ingress.business_key import dedupe_key, text_of
from runtime.lenient_json import write_json
from schemas.cloud_events import HeaderList
from schemas.codec import LONGEST_ID
from schemas.redaction import frame_of, keeps_payload, may_hold_parameters, redact

# 8_4_4_4_12 hex digits: https://developers.zoom.us/docs/api/webhooks/, checked 2026-11-21. It is not signed: what has
# another form is nobody's id.
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_LATEST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999."""
_UNNAMED = "unknown"
_NAMED_BY_ID = ("participant", "registrant", "chat_message")
_ID_ENDING = "id"  # `id`, `uuid`, `host_id`, …
_THOUSANDTHS = tuple(f".{milliseconds:03d}Z" for milliseconds in range(1_000))


class Delivery(NamedTuple):  # a frozen dataclass takes five times as long to make
    """What arrived: the headers that matter, as received, and the raw bytes."""

    body: bytes
    timestamp: bytes
    """`x-zm-request-timestamp`."""
    signature: bytes
    """`x-zm-signature`."""
    request_id: str
    """`x-zm-request-id`; ``""`` when missing."""
    received_at: float
    """Epoch seconds."""


class OutgoingRecord(NamedTuple):
    """What is published."""

    key: bytes
    value: bytes
    headers: HeaderList
    timestamp_ms: int
    """Kafka's record time: the time of receipt."""


def to_record(
    delivery: Delivery,
    tree: Any,
    account_id: str,
    *,
    quarantined: str | None = None,
    payloads_of: tuple[str, ...] = (),
) -> OutgoingRecord:
    """The record of an authentic delivery.

    Args:
        delivery: as it arrived.
        tree: its body parsed, which is used up: secrets are dropped from it; ``None`` for a body that is no JSON, of
            which nothing is kept.
        account_id: the configured account whose secret signed it, used when the payload names none.
        quarantined: why it must not reach the live topic, as a header `quarantine-reason`; of a foreign account
            (`account`) nothing is kept that it says of people.
        payloads_of: patterns of events that nothing of ours reads, and of which more than the frame is kept all the
            same.
    """
    event = tree if isinstance(tree, dict) else {}
    payload = event.get("payload")
    account = named_account(event) or account_id
    subject = payload.get("object") if isinstance(payload, dict) else None
    object_id = text_of(subject.get("id")) if isinstance(subject, dict) else ""
    headers = _headers(delivery, event, account)
    if quarantined is not None:
        headers.append(("quarantine-reason", quarantined.encode()))
    if quarantined == "account" or not keeps_payload(event_name(event), payloads_of):
        tree = frame_of(event)
    redact(tree, with_urls=may_hold_parameters(delivery.body))
    value = write_json(tree)
    return OutgoingRecord(_bounded(object_id or account).encode(), value, headers, int(delivery.received_at * 1_000))


def named_account(event: Any) -> str:
    """The account that the payload names; ``""`` when it names none."""
    payload = event.get("payload") if isinstance(event, dict) else None
    return text_of(payload.get("account_id")) if isinstance(payload, dict) else ""


def has_unbounded_id(event: Any) -> bool:
    """Whether an id that names the event's webinar, people or account is longer than any of Zoom's could be."""
    payload = event.get("payload") if isinstance(event, dict) else None
    if not isinstance(payload, dict):
        return False
    subject = payload.get("object")
    if not isinstance(subject, dict):
        return _names_unbounded(payload)
    return (
        _names_unbounded(payload)
        or _names_unbounded(subject)
        or any(_names_unbounded(subject[name]) for name in _NAMED_BY_ID if isinstance(subject.get(name), dict))
    )


def _names_unbounded(fields: dict[str, Any]) -> bool:
    for value in fields.values():  # names are looked at where a value is long alone: this is done for each delivery
        if type(value) is str and len(value) > LONGEST_ID:
            return any(
                isinstance(named, str) and len(named) > LONGEST_ID and name.endswith(_ID_ENDING)
                for name, named in fields.items()
            )
    return False


def delivery_id(delivery: Delivery, body_sha256: str) -> str:
    """Zoom's request id, which its retries share; else the body's hash."""
    return delivery.request_id if _REQUEST_ID.fullmatch(delivery.request_id) else body_sha256


def event_name(event: Any) -> str:
    """Zoom's event name; ``""`` for what is no event."""
    name = event.get("event") if isinstance(event, dict) else None
    return name if isinstance(name, str) else ""


def occurred_ms(event: dict[str, Any]) -> int | None:
    """Epoch milliseconds of `event_ts`; of the payload's own where Zoom puts it there (`app_deauthorized`)."""
    payload = event.get("payload")
    inner = payload.get("event_ts") if isinstance(payload, dict) else None
    for value in (event.get("event_ts"), inner):
        if (milliseconds := _as_ms(value)) is not None and 0 <= milliseconds <= _LATEST_MS:
            return milliseconds
    return None


def rfc3339(milliseconds: int) -> str:
    """UTC with milliseconds: ``2026-08-12T14:00:05.466Z``."""
    seconds, rest = divmod(milliseconds, 1_000)
    return _second(seconds) + _THOUSANDTHS[rest]


@lru_cache(maxsize=1_024)  # deliveries come in rushes, so that seconds repeat
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _headers(delivery: Delivery, event: dict[str, Any], account: str) -> HeaderList:
    body_sha256 = hashlib.sha256(delivery.body).hexdigest()
    received_at = rfc3339(int(delivery.received_at * 1_000))
    happened = occurred_ms(event)
    identifier = delivery_id(delivery, body_sha256)
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", identifier.encode()),
        ("ce_type", _bounded(event_name(event) or _UNNAMED).encode()),
        ("ce_source", f"/zoom/{_bounded(account)}".encode()),
        # CloudEvents 1.0.2, `time`: the current time where that of the occurrence is not known.
        ("ce_time", (received_at if happened is None else rfc3339(happened)).encode()),
        ("content-type", b"application/json"),
        ("received-at", received_at.encode()),
        ("body-sha256", body_sha256.encode()),
        ("dedupe-key", dedupe_key(event, body_sha256).encode()),
    ]
    if identifier != body_sha256:
        headers.append(("zoom-request-id", identifier.encode()))
    return headers


def _as_ms(value: object) -> int | None:
    if type(value) is int:  # as Zoom sends it
        return value
    if isinstance(value, str) and not value.isdecimal():
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            return None
        return int(parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp() * 1_000)
    text = text_of(value)
    return int(text) if 0 < len(text) <= 15 else None  # a float, or digits as text


def _bounded(text: str) -> str:
    """The text, or its hash when it is longer than any id is: key and headers must fit beside a body of 1 MiB."""
    return text if len(text) <= LONGEST_ID else hashlib.sha256(text.encode()).hexdigest()
