"""Decides what becomes of a delivery, in the order that docs/reference/ingress.md promises. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from ingress.envelope import Delivery, OutgoingRecord, event_name, has_unbounded_id, named_account, to_record
from ingress.signature import SigningKey, challenge_answer, is_fresh, verifying_key, well_formed
from runtime.lenient_json import parse_json, write_json
from schemas.codec import LONGEST_ID
from schemas.topic import Topic
from schemas.topics import QUARANTINE, RAW_EVENTS

CHALLENGE = "endpoint.url_validation"

DeliveryOutcome = Literal[
    "accepted",
    "quarantined_stale",
    "quarantined_account",
    "challenge",
    "challenge_refused",
    "replayed",
    "unauthorized",
    "unreadable",
    "wrong_type",
    "too_large",
    "unavailable",
    "hung_up",
    "bad_body",
    "bad_request_line",
    "bad_header",
    "failed",
]
"""What became of a delivery, or of a request that is none; the label of the deliveries' counter."""


class Reply(NamedTuple):
    """Answered at once, without Kafka."""

    status: int
    body: bytes
    outcome: DeliveryOutcome
    reason: str = ""
    """For metrics and logs; never told to the sender."""


class Publish(NamedTuple):
    """Answered 200 with `body` once Kafka has acknowledged the record."""

    topic: Topic
    record: OutgoingRecord
    event: str
    account_id: str
    """The configured account whose secret signed it."""
    body: bytes
    outcome: DeliveryOutcome


_UNAUTHORIZED = b'{"status":"unauthorized"}'
_BAD_REQUEST = b'{"status":"bad request"}'
_ACCEPTED = b'{"status":"accepted"}'
_QUARANTINED = b'{"status":"quarantined"}'


def check_headers(timestamp: bytes, signature: bytes) -> Reply | None:
    """The answer to a delivery that cannot be authentic, whatever its body is; ``None``: the body decides."""
    if not timestamp or not signature:
        return Reply(401, _UNAUTHORIZED, "unauthorized", "missing_header")
    if not well_formed(timestamp, signature):
        return Reply(401, _UNAUTHORIZED, "unauthorized", "malformed_header")
    return None


def decide(keys: Sequence[SigningKey], delivery: Delivery, payloads_of: tuple[str, ...] = ()) -> Reply | Publish:
    """What to do with a delivery whose size and type are right.

    A wrong signature is answered before anything is decoded, and without the reason. `payloads_of`: see `to_record`.
    """
    if refused := check_headers(delivery.timestamp, delivery.signature):
        return refused
    key = verifying_key(keys, delivery.timestamp, delivery.body, delivery.signature)
    if key is None:
        return Reply(401, _UNAUTHORIZED, "unauthorized", "wrong_signature")
    try:
        tree = parse_json(delivery.body)
    except ValueError:
        tree = None
    name = event_name(tree)
    if name == CHALLENGE:
        return _challenge(key, tree)
    if not is_fresh(delivery.timestamp, delivery.received_at, key.tolerance_seconds):
        return _quarantine(key, delivery, tree, "stale", payloads_of)
    # Most bodies are shorter than an id may be, and hold none that is longer.
    if not name or (len(delivery.body) > LONGEST_ID and has_unbounded_id(tree)):
        return Reply(400, _BAD_REQUEST, "unreadable")
    account = named_account(tree)
    if account and account not in key.accounts:
        return _quarantine(key, delivery, tree, "account", payloads_of)
    record = to_record(delivery, tree, key.accounts[0], payloads_of=payloads_of)
    return Publish(RAW_EVENTS, record, name, account or key.accounts[0], _ACCEPTED, "accepted")


def _challenge(key: SigningKey, event: dict[str, Any]) -> Reply:
    payload = event.get("payload")
    answer = challenge_answer(key.secret, payload.get("plainToken") if isinstance(payload, dict) else None)
    if answer is None:
        return Reply(400, _BAD_REQUEST, "challenge_refused")
    return Reply(200, write_json(answer), "challenge")


def _quarantine(
    key: SigningKey, delivery: Delivery, tree: Any, why: Literal["stale", "account"], payloads_of: tuple[str, ...]
) -> Publish:
    account = key.accounts[0]
    outcome: DeliveryOutcome = "quarantined_stale" if why == "stale" else "quarantined_account"
    record = to_record(delivery, tree, account, quarantined=why, payloads_of=payloads_of)
    return Publish(QUARANTINE, record, event_name(tree), account, _QUARANTINED, outcome)
