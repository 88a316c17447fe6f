"""Keeps the accounts of one installation apart: rows, clocks and events of one never meet those of another. PURE.

Wraps the rule of `track-attendance`: finds out whose each record is, and lets through what is that account's to tell.
Whose an object is, attendance/ownership.py decides; the rows of each account lie apart (attendance/book/book.py).
"""

from __future__ import annotations

from typing import Any, Protocol

import orjson
from typing_extensions import override

from processors.attendance.book import accounts_due
from processors.attendance.ownership import Held, Ownership, is_about_ownership
from processors.attendance.rules.fields import identifier
from processors.engine.view import Record, Rule, View
from schemas.attendance import ObjectType
from schemas.codec import pack
from schemas.errors import DeadLetterError
from schemas.lookups import LookupResult
from schemas.redaction import frame_of
from schemas.ticks import Tick
from schemas.topics import LOOKUP_RESULTS, QUARANTINE, RAW_EVENTS

_SOURCE_HEADER = "ce_source"
_SOURCE = b"/zoom/"
_KINDS: dict[str, ObjectType] = {"webinar": "webinar", "meeting": "meeting", "recording": "meeting"}
"""By the first part of an event's name: events whose `object.id` is a webinar's or a meeting's. A webinar's recording
is asked for as a meeting's: Zoom has one number space for both."""


class AccountRule(Protocol):
    """What is done for one account; raises what any rule does (`view.Rule`)."""

    def event(self, event: dict[str, Any], account_id: str, record: Record, view: View) -> None:
        """A webhook's event, parsed, which is the account's to tell; `record` as it came."""

    def answer(self, result: LookupResult, now_ms: int, view: View) -> None:
        """A page of Zoom's answer."""

    def tick(self, tick: Tick, account_id: str, now_ms: int, view: View) -> None:
        """The clock's message, or one to itself."""


class TenantsApart(Rule):
    """The rule of the agent, for every account.

    Args:
        rule: of one account.
        ownership: decides whose an object is.
    """

    def __init__(self, rule: AccountRule, ownership: Ownership) -> None:
        self._rule = rule
        self._ownership = ownership

    @override
    def handle(self, record: Record, view: View) -> None:
        """What the rule raises is not held back."""
        if record.value is None:
            raise DeadLetterError("a record without a value")
        if record.topic == RAW_EVENTS.name:
            self._event(orjson.loads(record.value), record, view)
        elif record.topic == LOOKUP_RESULTS.name:
            self._answer(LookupResult.from_bytes(record.value), record.taken_ms, view)
        else:
            tick = Tick.from_bytes(record.value)
            for account in list(accounts_due(view)) if tick.account_id is None else [tick.account_id]:
                self._rule.tick(tick, account, record.taken_ms, view)

    def _event(self, event: Any, record: Record, view: View) -> None:
        if not isinstance(event, dict):
            raise DeadLetterError("not a Zoom event: no JSON object")
        payload = event.get("payload")
        if not isinstance(payload, dict):
            payload = {}
        account = identifier(payload.get("account_id")) or _signer(record)
        kind, item = _KINDS.get(str(event.get("event")).partition(".")[0]), payload.get("object")
        object_id = identifier(item.get("id")) if kind is not None and isinstance(item, dict) else None
        verdict = "owner"
        if kind is not None and object_id is not None:
            verdict = self._ownership.judge(record, account, object_id, kind, view)
        if verdict == "owner":
            self._rule.event(event, account, record, view)
        elif verdict == "stranger":
            _quarantine(event, Held(record.key, record.value, record.headers), view)

    def _answer(self, result: LookupResult, now_ms: int, view: View) -> None:
        if not is_about_ownership(result):
            self._rule.answer(result, now_ms, view)
            return
        own, strange = self._ownership.answer(result, now_ms, view)
        for held in own:  # as a record of its own, which can become a dead letter
            view.pass_on(RAW_EVENTS.name, *held)
        for held in strange:
            _quarantine(orjson.loads(held.value or b""), held, view)


def _signer(record: Record) -> str:
    """The account whose secret signed an event that names none: either is the ingress's word."""
    return (_header(record, _SOURCE_HEADER) or b"").removeprefix(_SOURCE).decode(errors="replace")


def _header(record: Record, wanted: str) -> bytes | None:
    return next((value for name, value in record.headers if name == wanted), None)


def _quarantine(event: dict[str, Any], record: Held, view: View) -> None:
    """What is not the account's to tell is kept without what it says of people."""
    headers = (*record.headers, ("quarantine-reason", b"owner"))
    view.pass_on(QUARANTINE.name, record.key, pack(frame_of(event)), headers)
