"""What Zoom's webhook log says was never delivered, as the records that the ingress would have made. PURE."""

# https://developers.zoom.us/docs/api/marketplace/, GET /marketplace/apps/{appId}/webhook_logs, checked 2026-11-21.

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ingress.decision import CHALLENGE
from ingress.envelope import Delivery, OutgoingRecord, event_name, named_account, occurred_ms, to_record
from runtime.lenient_json import parse_json

LOG_DAYS = 7
"""How long Zoom keeps its log."""
_MINUTE = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?=[.Z]))?")

WebhookLog = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """One event that never arrived."""

    event: str
    account_id: str
    at_ms: int
    """When it happened, for the order of publishing; 0 when neither the event nor the log says."""
    record: OutgoingRecord


@dataclass(slots=True)
class Findings:
    """What a log comes to, in events: attempts of one event count once."""

    failed: int = 0
    """Events with a failed attempt."""
    arrived_later: int = 0
    """Of these delivered by a later attempt."""
    challenges: int = 0
    """Of these challenges, which are no events."""
    unreadable: int = 0
    """Of these without a body that can be read: Zoom's log has cut it, or holds none."""
    other_accounts: int = 0
    """Of these of accounts that are not ours to receive."""
    lost: list[Lost] = field(default_factory=list)
    """The rest, the oldest first."""

    @property
    def by_event(self) -> dict[str, int]:
        """How many of each kind are lost."""
        return dict(sorted(Counter(lost.event for lost in self.lost).items()))


def find_lost(
    failed: Iterable[WebhookLog],
    delivered: Iterable[WebhookLog],
    *,
    account_id: str,
    accounts: Sequence[str],
    now: float,
) -> Findings:
    """Compare failed attempts with those that arrived.

    Args:
        failed: rows of failed attempts.
        delivered: rows of attempts that were answered well, repeats at least.
        account_id: for events that name no account.
        accounts: ids of the accounts whose events are ours.
        now: the time of receipt of what is recovered, seconds since 1970.
    """
    arrived = {_identity(row) for row in delivered}
    attempts = {_identity(row): row for row in failed}
    findings = Findings(failed=len(attempts))
    for identity, row in attempts.items():
        if identity in arrived:
            findings.arrived_later += 1
            continue
        tree = _tree(row)
        name = event_name(tree)
        account = named_account(tree) or account_id
        if name == CHALLENGE:
            findings.challenges += 1
        elif not name:
            findings.unreadable += 1
        elif account not in accounts:
            findings.other_accounts += 1
        else:
            at_ms = occurred_ms(tree) or logged_ms(row.get("date_time")) or 0
            findings.lost.append(Lost(name, account, at_ms, to_record(_delivery(row, now), tree, account)))
    findings.lost.sort(key=lambda delivery: delivery.at_ms)
    return findings


def logged_ms(text: object) -> int | None:
    """Epoch milliseconds of a row's `date_time`, to the second or, where that is malformed, to the minute.

    >>> logged_ms("2022-09-09T08:11:38Z"), logged_ms("2022-09-09T08:11:387Z"), logged_ms("yesterday")
    (1662711098000, 1662711060000, None)
    """
    match = _MINUTE.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ':00'}")
    except ValueError:
        return None
    return int(moment.replace(tzinfo=UTC).timestamp()) * 1_000


def _tree(row: WebhookLog) -> Any:
    """The event, parsed; ``None`` where the log has cut it, or holds none."""
    try:
        return parse_json(str(row.get("request_body") or "").encode())
    except ValueError:
        return None


def _identity(row: WebhookLog) -> str:
    """Zoom's request id, which attempts of one event share; else the body."""
    body = str(row.get("request_body") or "")
    return str(row.get("request_id") or "") or hashlib.sha256(body.encode()).hexdigest()


def _delivery(row: WebhookLog, now: float) -> Delivery:
    # The log shows the body as text: its bytes, and so the hash of those received, are as near as can be had.
    return Delivery(
        body=str(row["request_body"]).encode(),
        timestamp=b"",
        signature=b"",
        request_id=str(row.get("request_id") or ""),
        received_at=now,
    )
