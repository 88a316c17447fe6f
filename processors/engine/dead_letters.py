"""What an agent cannot handle: the original bytes with headers that say why; and the breaker. PURE."""

from __future__ import annotations

import traceback
from collections import deque

from processors.engine.view import Record
from schemas.errors import RollcallError

Headers = list[tuple[str, bytes]]

_PACKAGES = frozenset({"processors", "runtime", "schemas"})


_LONGEST_COUNT = 9
"""Digits of `rollcall-attempts` that are believed: longer ones were never ours, and cost time to read."""


def dead_letter_headers(record: Record, *, agent: str, error: BaseException, version: str) -> Headers:
    """The origin's headers and ours: enough to understand and to send it again, no text of the record's content.

    `rollcall-attempts` counts how often this record became a dead letter, itself included (replays keep the headers).
    """
    ours = {
        "rollcall-error": type(error).__name__,
        "rollcall-reason": reason_of(error)[:300],
        "rollcall-agent": agent,
        "rollcall-source": f"{record.topic}/{record.partition}/{record.offset}",
        "rollcall-record-time-ms": str(record.timestamp_ms),
        "rollcall-version": version,
        "rollcall-attempts": str(_attempts(record) + 1),
    }
    kept = [(name, value) for name, value in record.headers if name not in ours]
    return kept + [(name, value.encode(errors="replace")) for name, value in ours.items()]


def cut_headers(record: Record, headers: Headers) -> Headers:
    """Of a dead letter that the broker refuses for its size: ours alone, and what was cut.

    The record itself stays where `rollcall-source` says, as long as its topic is kept.
    """
    size = len(record.key or b"") + len(record.value or b"")
    kept = [(name, value) for name, value in headers if name.startswith("rollcall-") and len(value) <= _LONGEST_KEPT]
    return [*kept, ("rollcall-cut-bytes", str(size).encode())]


_LONGEST_KEPT = 1_000


def _attempts(record: Record) -> int:
    earlier = [value for name, value in record.headers if name == "rollcall-attempts"]
    return max((int(each) for each in earlier if each.isdigit() and len(each) <= _LONGEST_COUNT), default=0)


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


class CircuitBreaker:
    """Stops the worker when dead letters pile up: a bad release must lag, not drain a topic into its dead letters.

    Args:
        in_a_row: so many dead letters without a handled record between them.
        share, window: or this share of the last `window` records.
    """

    def __init__(self, *, in_a_row: int = 100, share: float = 0.5, window: int = 1_000) -> None:
        self._in_a_row = in_a_row
        self._share = share
        self._recent: deque[bool] = deque(maxlen=window)
        self._dead_recently = 0
        self._row = 0

    def handled(self, count: int) -> None:
        """So many records in a row went well."""
        if not count:
            return
        self._row = 0
        if self._dead_recently:
            for _ in range(min(count, self._recent.maxlen or 0)):
                self._push(dead=False)
        elif len(self._recent) < (self._recent.maxlen or 0):
            self._recent.extend([False] * count)

    def dead(self) -> None:
        """One became a dead letter."""
        self._row += 1
        self._push(dead=True)

    def open_because(self) -> str | None:
        """Why the worker has to stop; ``None`` while it may go on. Ask after each dead letter."""
        if self._row >= self._in_a_row:
            return f"{self._row} dead letters in a row"
        window = self._recent.maxlen or 0
        if len(self._recent) == window and self._dead_recently >= self._share * window:
            return f"{self._dead_recently} dead letters among the last {window} records"
        return None

    def copy(self) -> CircuitBreaker:
        """Another one that has seen the same, for a turn that may have to be done again."""
        twin = CircuitBreaker(in_a_row=self._in_a_row, share=self._share, window=self._recent.maxlen or 0)
        twin._recent.extend(self._recent)
        twin._dead_recently, twin._row = self._dead_recently, self._row
        return twin

    def _push(self, *, dead: bool) -> None:
        if len(self._recent) == self._recent.maxlen:
            self._dead_recently -= self._recent[0]
        self._recent.append(dead)
        self._dead_recently += dead
