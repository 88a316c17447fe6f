"""Whose webinar or meeting an id is: of the account that was heard of it first, until another one can read it. PURE.

Ids are public, as every join link has one: whoever holds one account's secret can sign events about another's webinar,
and can do so before its owner's first event. So an event of another account than the owner's is held, and both
accounts' own credentials are asked for the object. Zoom shows it to its owner alone: what is found is that account's,
its events that were held come again, and all others' are not theirs to tell, also where Zoom never answers who sent
them. An owner that Zoom has confirmed on the same day needs no further question.

| key | row |
| --- | --- |
| `owner|object` | [day, account, whether Zoom has confirmed it on that day]: whose it is |
| `owner|object|account` | [day, whether it was answered, how many events are held]: another account's claim |
| `owner|object|account|number` | [day, event]: one that is held |
| `sweep|` | how far the deletion of rows that nobody touched for long has come |

Days are counted from 1970. An account is asked again on the next day, so that nobody is locked out for ever.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from processors.engine.view import Record, View
from schemas.attendance import ObjectType
from schemas.cloud_events import Headers
from schemas.codec import pack, unpack
from schemas.instants import DAY_MS, as_datetime
from schemas.lookups import LookupRequest, LookupResult
from schemas.topics import LOOKUPS

MOST_HELD = 2_000
"""Events of one account about one object, until it is known whose that is: a look-up takes seconds, in which a crowd
may arrive. They come again in one turn."""
LARGEST_HELD = 8_192
"""Bytes of an event that is held; Zoom's about people have one to three KB. A recording's is told by a look-up too."""
_QUESTION = "owner"
OWNERS = b"owner|"
"""What the keys of all rows about owners begin with."""
_CLAIM_BARS, _HELD_BARS = 2, 3
"""`|` in the key of a claim, and of an event that is held."""
_SWEPT_AT_ONCE = 2
"""Rows looked at for each that is made: so the oldest go as fast as new ones come."""


class Held(NamedTuple):
    """An event that waits for an answer, as it was on its topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers


ClaimVerdict = Literal["owner", "held", "stranger"]


def is_about_ownership(result: LookupResult) -> bool:
    """Whether it answers a question of `Ownership`."""
    return result.request_id.startswith(f"{_QUESTION}|")


class Ownership:
    """Decides whose an object is.

    Args:
        table: where the rows lie.
        retain_days: so long an object that nobody speaks of keeps its owner.
    """

    def __init__(self, table: str, retain_days: int) -> None:
        self._table = table
        self._retain_days = retain_days

    def judge(
        self, record: Record, account_id: str, object_id: str, object_type: ObjectType, view: View
    ) -> ClaimVerdict:
        """Whether an event is its object's owner's; one whose object may still turn out to be so is held."""
        key, today = _key(object_id), record.taken_ms // DAY_MS
        data = view.get(self._table, key)
        if data is not None and data in _owned(today, account_id):  # all but the first event of a day
            return "owner"
        day, owner, is_confirmed = unpack(data) if data else (0, account_id, False)
        if owner == account_id:
            view.put(self._table, key, _owned(today, account_id)[False])
            if data is None:
                self._sweep(view, today)
            return "owner"
        if is_confirmed and day == today:
            return "stranger"
        return self._claim(record, account_id, owner, object_id, object_type, view)

    def answer(self, result: LookupResult, now_ms: int, view: View) -> tuple[list[Held], list[Held]]:
        """The held events of the object that are their account's to tell, and those that are not, each in order."""
        today, claimant = now_ms // DAY_MS, _key(result.object_id, result.account_id)
        is_owner = result.outcome == "found"
        if is_owner:
            view.put(self._table, _key(result.object_id), _owned(today, result.account_id)[True])
        held = self._released(claimant, today, view)
        if not is_owner:
            return [], held
        others = [
            key for key, _value in view.scan(self._table, _key(result.object_id, "")) if key.count(b"|") == _CLAIM_BARS
        ]
        return held, [
            held_event for key in others if key != claimant for held_event in self._released(key, today, view)
        ]

    def _released(self, claimant: bytes, today: int, view: View) -> list[Held]:
        """What is held of one account, no longer: its claim is answered for today."""
        rows = list(view.scan(self._table, claimant + b"|"))
        for key, _value in rows:
            view.delete(self._table, key)
        view.put(self._table, claimant, pack([today, True, 0]))
        return [_thawed(value) for _key, value in rows]

    def _claim(
        self, record: Record, account_id: str, owner: str, object_id: str, object_type: ObjectType, view: View
    ) -> Literal["held", "stranger"]:
        key, today = _key(object_id, account_id), record.taken_ms // DAY_MS
        data, value = view.get(self._table, key), record.value or b""
        day, is_answered, held = unpack(data) if data else (0, False, 0)
        if day != today:
            is_answered = False
            for asked in (account_id, owner):
                self._ask(asked, object_id, object_type, record.taken_ms, view)
        if is_answered or held >= MOST_HELD or len(value) > LARGEST_HELD:
            view.put(self._table, key, pack([today, is_answered, held]))
            return "stranger"
        view.put(self._table, _key(object_id, account_id, f"{held:04d}"), _frozen(record, today))
        view.put(self._table, key, pack([today, False, held + 1]))
        return "held"

    def _ask(self, account_id: str, object_id: str, object_type: ObjectType, now_ms: int, view: View) -> None:
        request = LookupRequest(
            request_id=f"{_QUESTION}|{account_id}|{object_id}|{now_ms // DAY_MS}",
            lookup="session",
            account_id=account_id,
            object_id=object_id,
            object_type=object_type,
            requested_at=as_datetime(now_ms // 1_000),
        )
        view.send(LOOKUPS.name, account_id.encode(), request)

    def _sweep(self, view: View, today: int) -> None:
        """Look at the next few rows, and delete what nobody has touched for long."""
        start = view.get(self._table, b"sweep|") or b""
        looked_at = b""
        for number, (key, value) in enumerate(view.scan(self._table, OWNERS, start)):
            if number == _SWEPT_AT_ONCE:
                looked_at = key
                break
            if unpack(value)[0] + self._retain_days < today:
                view.delete(self._table, key)
        if looked_at:
            view.put(self._table, b"sweep|", looked_at)
        else:
            view.delete(self._table, b"sweep|")


def held_in(key: bytes, value: bytes) -> Held | None:
    """The event that a row holds; ``None`` for a row about an owner or a claim."""
    return _thawed(value) if key.count(b"|") == _HELD_BARS else None


def _key(*parts: str) -> bytes:
    return OWNERS + "|".join(parts).encode()


@lru_cache(maxsize=64)  # an installation has a few accounts
def _owned(today: int, account_id: str) -> tuple[bytes, bytes]:
    """The row of an object that is an account's, and was spoken of today: not confirmed, and confirmed."""
    return pack([today, account_id, False]), pack([today, account_id, True])


def _frozen(record: Record, today: int) -> bytes:
    headers = [(name, value.decode("latin-1")) for name, value in record.headers]
    return pack([today, (record.key or b"").decode("latin-1"), (record.value or b"").decode("latin-1"), headers])


def _thawed(row: bytes) -> Held:
    _day, key, value, headers = unpack(row)
    told = tuple((name, text.encode("latin-1")) for name, text in headers)
    return Held(key.encode("latin-1"), value.encode("latin-1"), told)
