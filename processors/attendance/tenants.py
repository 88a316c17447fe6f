"""Keeps the accounts of one installation apart: rows, clocks and events of one never meet those of another. PURE.

Wraps the rule of `track-attendance`, which knows nothing of it: each account's part of the table looks to the rule like
the whole of it. A key of the table is `a|<account>|<the rule's key>`, but for the agenda, whose rows the clock finds
under one prefix: `due|<account>|<milliseconds>|<object>`. Whose an object is, attendance/ownership.py decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from typing_extensions import override

from processors.attendance.ownership import Held, Ownership, is_about_ownership
from processors.attendance.rules.fields import identifier
from processors.engine.view import Record, Rule, View
from schemas.attendance import ObjectType
from schemas.cloud_events import Headers
from schemas.codec import pack
from schemas.lookups import LookupResult
from schemas.model import Message
from schemas.redaction import frame_of
from schemas.ticks import Tick
from schemas.topics import ATTENDANCE_SESSIONS, LOOKUP_RESULTS, QUARANTINE, RAW_EVENTS

DUE = b"due|"
_SOURCE_HEADER = "ce_source"
_SOURCE = b"/zoom/"
_KINDS: dict[str, ObjectType] = {"webinar": "webinar", "meeting": "meeting", "recording": "meeting"}
"""By the first part of an event's name: events whose `object.id` is a webinar's or a meeting's. A webinar's recording
is asked for as a meeting's: Zoom has one number space for both."""


class AccountView(View):
    """One account's part of a view (`View`)."""

    __slots__ = ("_account", "_agenda", "_rows", "_view", "partition")

    def __init__(self, view: View, account_id: str) -> None:
        self.partition = view.partition
        self._view = view
        self._account = account_id.replace("|", "%7C").encode()
        self._agenda = b"%s%s|" % (DUE, self._account)
        self._rows = b"a|%s|" % self._account

    @override
    def get(self, table: str, key: bytes) -> bytes | None:
        return self._view.get(table, self._outer(key))

    @override
    def put(self, table: str, key: bytes, value: bytes) -> None:
        self._view.put(table, self._outer(key), value)

    @override
    def delete(self, table: str, key: bytes) -> None:
        self._view.delete(table, self._outer(key))

    @override
    def scan(self, table: str, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """`prefix` is at least a kind of row, such as `i|`."""
        is_agenda = prefix.startswith(DUE)
        cut, kept = (len(self._agenda), DUE) if is_agenda else (len(self._rows), b"")
        for key, value in self._view.scan(table, self._outer(prefix), self._outer(start) if start else b""):
            yield kept + key[cut:], value

    @override
    def send(self, topic: str, key: bytes | None, message: Message) -> None:
        """A message to the own agent says whose it is."""
        if isinstance(message, Tick):
            message = message.model_copy(update={"account_id": self._account.decode()})
        self._view.send(topic, self._outer_key(topic, key), message)

    @override
    def send_tombstone(self, topic: str, key: bytes, model: type[Message]) -> None:
        self._view.send_tombstone(topic, self._outer_key(topic, key) or key, model)

    @override
    def pass_on(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self._view.pass_on(topic, key, value, headers)

    def _outer_key(self, topic: str, key: bytes | None) -> bytes | None:
        """A compacted topic keeps one record per key."""
        return b"%s|%s" % (self._account, key) if topic == ATTENDANCE_SESSIONS.name and key is not None else key

    def _outer(self, key: bytes) -> bytes:
        return self._agenda + key[len(DUE) :] if key.startswith(DUE) else self._rows + key


class TenantsApart(Rule):
    """The rule of the agent (`view.Rule`), once for every account.

    Args:
        rule: of one account.
        ownership: decides whose an object is.
        table: the one that the rule keeps.
    """

    def __init__(self, rule: Rule, ownership: Ownership, table: str) -> None:
        self._rule = rule
        self._ownership = ownership
        self._table = table

    @override
    def handle(self, record: Record, view: View) -> None:
        """What the rule raises is not held back."""
        if record.topic == RAW_EVENTS.name:
            self._event(record, view)
        elif record.topic == LOOKUP_RESULTS.name:
            self._answer(record, view)
        else:
            account = Tick.from_bytes(record.value or b"").account_id
            for each in list(_accounts_due(view, self._table)) if account is None else [account]:
                self._rule.handle(record, AccountView(view, each))

    def _event(self, record: Record, view: View) -> None:
        event = _parsed(record.value)
        account, subject = _account_of(event, record), _object_of(event)
        if subject is not None:
            verdict = self._ownership.judge(record, account, *subject, view)
            if verdict != "owner":
                if verdict == "stranger":
                    _quarantine(Held(record.key, record.value, record.headers), view)
                return
        self._rule.handle(record, AccountView(view, account))

    def _answer(self, record: Record, view: View) -> None:
        said = _parsed(record.value)
        if not is_about_ownership(said):
            self._rule.handle(record, AccountView(view, str(said.get("account_id") or "")))
            return
        result = LookupResult.from_bytes(record.value or b"")
        is_owner, held = self._ownership.answer(result, record.taken_ms, view)
        for each in held:
            if is_owner:  # as a record of its own, which can become a dead letter
                view.pass_on(RAW_EVENTS.name, *each)
            else:
                _quarantine(each, view)


def due_ms(row_key: bytes) -> int:
    """When a row of the agenda is due, in milliseconds since 1970."""
    return int(row_key.split(b"|", 3)[2])


def _accounts_due(view: View, table: str) -> Iterator[str]:
    """The accounts that have rows of the agenda."""
    start = DUE
    while (row := next(iter(view.scan(table, DUE, start)), None)) is not None:
        account = row[0].split(b"|", 2)[1]
        yield account.decode()
        start = b"%s%s}" % (DUE, account)  # the byte behind `|`


def _parsed(value: bytes | None) -> dict[str, Any]:
    """The record's JSON object; an empty one for anything else, which the rule refuses in its own words."""
    try:
        parsed = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _account_of(event: dict[str, Any], record: Record) -> str:
    """The account that the event names, else the one whose secret signed it: both are the ingress's word."""
    payload = event.get("payload")
    named = identifier(payload.get("account_id")) if isinstance(payload, dict) else None
    return named or (_header(record, _SOURCE_HEADER) or b"").removeprefix(_SOURCE).decode(errors="replace")


def _object_of(event: dict[str, Any]) -> tuple[str, ObjectType] | None:
    """The webinar or meeting that an event is about; ``None`` when it is about none."""
    kind = _KINDS.get(str(event.get("event")).partition(".")[0])
    payload = event.get("payload")
    item = payload.get("object") if isinstance(payload, dict) else None
    object_id = identifier(item.get("id")) if kind and isinstance(item, dict) else None
    return None if kind is None or object_id is None else (object_id, kind)


def _header(record: Record, wanted: str) -> bytes | None:
    return next((value for name, value in record.headers if name == wanted), None)


def _quarantine(event: Held, view: View) -> None:
    """What is not the account's to tell is kept without what it says of people."""
    value = pack(frame_of(_parsed(event.value)))
    view.pass_on(QUARANTINE.name, event.key, value, (*event.headers, ("quarantine-reason", b"owner")))
