"""What an agent cannot handle: the original bytes with headers that say why, and what is a repeat of it. PURE."""

from __future__ import annotations

import json
import traceback
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import ValidationError

from processors.engine.view import Record
from schemas.cloud_events import HeaderList
from schemas.errors import DeadLetterError, RollcallError
from schemas.letters import LETTER_ID, LetterFault, letter_id

_PACKAGES = frozenset({"processors", "runtime", "schemas"})


_LONGEST_COUNT = 9
"""Digits of `rollcall-attempts` that are believed: longer ones were never ours, and cost time to read."""


_UNREADABLE = (json.JSONDecodeError, UnicodeDecodeError, ValidationError)
"""What parsers raise of what a record holds; orjson's error is the first."""


class Fault(NamedTuple):
    """What is wrong with a record, where and when it was found."""

    label: str
    """Class of fault, one word: never a name of Python's."""
    reason: str
    """One line for people, nothing of the record's content."""
    stage: str
    """The agent."""
    at_ms: int
    """Milliseconds since 1970."""
    version: str


def fault_of(error: BaseException, *, stage: str, at_ms: int, version: str) -> Fault:
    """What an error says; one that is not ours is a defect of ours, unless it says that the record cannot be read."""
    label = "unreadable" if isinstance(error, _UNREADABLE) else "defect"
    if isinstance(error, DeadLetterError):
        label = error.label
    return Fault(label, reason_of(error)[:300], stage, at_ms, version)


def dead_letter_headers(record: Record, fault: Fault) -> HeaderList:
    """The origin's headers and ours: enough to understand and to send it again, no text of the record's content.

    `rollcall-attempts` counts how often this record became a dead letter, itself included (replays keep the headers),
    and `rollcall-first-at` stays that of the first.
    """
    at = _rfc3339(fault.at_ms)
    ours = {
        LETTER_ID: letter_id(record.topic, record.key, record.value),
        "rollcall-label": fault.label,
        "rollcall-reason": fault.reason,
        "rollcall-stage": fault.stage,
        "rollcall-source": record.source,
        "rollcall-record-time-ms": str(record.timestamp_ms),
        "rollcall-first-at": at if (first := _first_at(record)) is None else _rfc3339(first),
        "rollcall-last-at": at,
        "rollcall-version": fault.version,
        "rollcall-attempts": str(_attempts(record) + 1),
    }
    kept = [(name, value) for name, value in record.headers if name not in ours]
    return kept + [(name, value.encode(errors="replace")) for name, value in ours.items()]


@dataclass(frozen=True, slots=True)
class _Seen:
    first_at_ms: int
    attempts: int


class Graveyard:
    """Knows of the latest dead letters of one agent, so that the same record is stored once and then counted.

    Forgotten with the process, and with 10,000 later ones; then the same record is stored once more.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def repeat_of(self, record: Record, fault: Fault) -> LetterFault | None:
        """What to say of a record whose letter is stored already; ``None``: it is to be stored now."""
        identity = letter_id(record.topic, record.key, record.value)
        seen = self._seen.pop(identity, None) or _stored_before(record, identity)
        known = self._seen[identity] = _once_more(seen, fault)
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)
        return None if seen is None else _letter_fault(record, fault, identity, known)


def sent_again(record: Record, fault: Fault) -> LetterFault | None:
    """What to say of a record that was a dead letter before and was sent again; ``None``: it was not."""
    identity = letter_id(record.topic, record.key, record.value)
    seen = _stored_before(record, identity)
    return None if seen is None else _letter_fault(record, fault, identity, _once_more(seen, fault))


def _stored_before(record: Record, identity: str) -> _Seen | None:
    # The id is of the content, so a header alone cannot keep a record of somebody else from being stored.
    if (LETTER_ID, identity.encode()) not in record.headers:
        return None
    return _Seen(_first_at(record) or record.timestamp_ms, _attempts(record))


def _once_more(seen: _Seen | None, fault: Fault) -> _Seen:
    return _Seen(fault.at_ms, 1) if seen is None else replace(seen, attempts=seen.attempts + 1)


def _letter_fault(record: Record, fault: Fault, identity: str, known: _Seen) -> LetterFault:
    return LetterFault(
        letter_id=identity,
        topic=record.topic,
        stage=fault.stage,
        label=fault.label,
        reason=fault.reason,
        source=record.source,
        attempts=known.attempts,
        first_at=_instant(known.first_at_ms),
        last_at=_instant(fault.at_ms),
        version=fault.version,
    )


def cut_headers(record: Record, headers: HeaderList) -> HeaderList:
    """Of a dead letter that the broker refuses for its size: ours alone, and what was cut.

    The record itself stays where `rollcall-source` says, as long as its topic is kept.
    """
    size = len(record.key or b"") + len(record.value or b"")
    kept = [(name, value) for name, value in headers if name.startswith("rollcall-") and len(value) <= _LONGEST_KEPT]
    return [*kept, ("rollcall-cut-bytes", str(size).encode())]


_LONGEST_KEPT = 1_000


def _attempts(record: Record) -> int:
    earlier = [value for name, value in record.headers if name == "rollcall-attempts"]
    return max((int(count) for count in earlier if count.isdigit() and len(count) <= _LONGEST_COUNT), default=0)


def _first_at(record: Record) -> int | None:
    """Milliseconds; ``None`` where nothing, or nothing of ours, is said."""
    text = dict(record.headers).get("rollcall-first-at") or b""
    try:
        return round(datetime.fromisoformat(text.decode()).timestamp() * 1_000)
    except (ValueError, OverflowError):
        return None


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, UTC)


def _rfc3339(at_ms: int) -> str:
    return _instant(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reason_of(error: BaseException) -> str:
    """One line for people, without anything of the record.

    Errors of ours say what is wrong in our words; the text of any other may quote the value that it failed on (`invalid
    literal for int() with base 10: …`), so of those only the kind is told, and the line of ours that it came from.
    """
    kind = type(error).__name__
    if isinstance(error, RollcallError):
        return next(iter(str(error).splitlines()), "") or kind
    ours = [
        f"{module}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (module := frame.f_globals.get("__name__", "")).partition(".")[0] in _PACKAGES
    ]
    return f"{kind} at {ours[-1]}" if ours else kind
