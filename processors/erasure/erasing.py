"""Removes what a partition's tables hold of somebody, in steps of bounded size. PURE.

The order names nobody, so every row is looked at. Where a sweep stands is a row, and each step asks for the next by a
message to the own agent, so a restart goes on where it stood and other work comes in between. The last message says how
much was removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from pydantic import ValidationError
from typing_extensions import override

from processors.engine.view import Record, Rule, View
from processors.erasure.marks import MARKS, Marks
from schemas.codec import pack, unpack
from schemas.erasure import ERASURE, Erasure, ErasureProgress
from schemas.errors import DeadLetterError
from schemas.instants import as_datetime
from schemas.topics import ERASURES

_STEP_ROWS = 1_000
"""Rows that one step looks at: some 10 ms."""
IsErased = Callable[[str], bool]
"""Whether a contact id is the person's."""
Walk = tuple[str, bytes]
"""A table, and what the keys of its rows begin with."""


class Cleaner(Protocol):
    """What an agent knows of its own rows."""

    walks: tuple[Walk, ...]
    """All rows that may say something of a person, in the order in which they are looked at."""

    def cleaned(self, row: WalkedRow, is_erased: IsErased, view: View) -> bytes | None:
        """The row's value without the person: as it is for others, ``None`` for a row that goes."""


class WalkedRow(NamedTuple):
    """One row of a walk."""

    walk: int
    """Its number."""
    table: str
    key: bytes
    value: bytes


class _Sweep(NamedTuple):
    """The row `~erasing|<mark>`: a sweep under way."""

    erased: int
    step: int
    walk: int
    start: str
    """Key to go on with, each byte a character."""
    removed: dict[str, int]


class ErasingRule(Rule):
    """An agent's rule that obeys `ops.erasures.v1` as well.

    Args:
        rule: of the agent, which asks `marks` whom it must not take in.
        agent: its name.
        marks: where they are kept.
        cleaner: of the agent's tables.
        step_rows: how many rows one step looks at.
    """

    def __init__(self, rule: Rule, agent: str, marks: Marks, cleaner: Cleaner, step_rows: int = _STEP_ROWS) -> None:
        self.rule = rule
        self._agent = agent
        self._marks = marks
        self._cleaner = cleaner
        self._step_rows = step_rows

    @override
    def handle(self, record: Record, view: View) -> None:
        """What the agent's rule raises is not held back."""
        if record.topic != ERASURES.name:
            self.rule.handle(record, view)
            return
        told = _parse(record)
        if isinstance(told, Erasure):
            if self._marks.note(told, view):
                self._go_on(told.mark, _Sweep(int(told.erased_at.timestamp()), 0, 0, "", {}), view)
        elif told.agent == self._agent and not told.is_done:
            data = view.get(self._marks.table, _key(told.mark))
            sweep = None if data is None else _Sweep(*unpack(data))
            if sweep is not None and sweep.step == told.step:  # a repeated step is stale
                self._step(told.mark, sweep, view)

    def _step(self, mark: str, sweep: _Sweep, view: View) -> None:
        looked_at, removed = 0, dict(sweep.removed)
        is_erased = lambda contact_id: self._marks.is_of(mark, contact_id, view)  # noqa: E731 (of one step alone)
        for row in self._rows(sweep, view):
            if looked_at == self._step_rows:
                behind = sweep._replace(
                    step=sweep.step + 1, walk=row.walk, start=row.key.decode("latin-1"), removed=removed
                )
                self._go_on(mark, behind, view)
                return
            looked_at += 1
            value = self._cleaner.cleaned(row, is_erased, view)
            if value == row.value:
                continue
            removed[row.table] = removed.get(row.table, 0) + 1
            if value is None:
                view.delete(row.table, row.key)
            else:
                view.put(row.table, row.key, value)
        view.delete(self._marks.table, _key(mark))
        self._tell(mark, sweep._replace(step=sweep.step + 1, removed=removed), view, is_done=True)

    def _rows(self, sweep: _Sweep, view: View) -> Iterator[WalkedRow]:
        start = sweep.start.encode("latin-1")
        for number, (table, prefix) in enumerate(self._cleaner.walks):
            if number < sweep.walk:
                continue
            # What one record has written is merged in when a scan begins: each step sees all that stood before it.
            for key, value in view.scan(table, prefix, start if number == sweep.walk else b""):
                if not key.startswith(MARKS):
                    yield WalkedRow(number, table, key, value)

    def _go_on(self, mark: str, sweep: _Sweep, view: View) -> None:
        view.put(self._marks.table, _key(mark), pack(list(sweep)))
        self._tell(mark, sweep, view, is_done=False)

    def _tell(self, mark: str, sweep: _Sweep, view: View, *, is_done: bool) -> None:
        progress = ErasureProgress(
            mark=mark,
            agent=self._agent,
            partition=view.partition,
            erased_at=as_datetime(sweep.erased),
            step=sweep.step,
            is_done=is_done,
            removed=sweep.removed,
        )
        view.send(ERASURES.name, progress.record_key, progress, partition=view.partition)


def _parse(record: Record) -> Erasure | ErasureProgress:
    if record.value is None:
        raise DeadLetterError(f"{ERASURES.name}: a record without a value says nothing")
    try:
        return ERASURE.validate_json(record.value)
    except ValidationError as error:
        wrong = "; ".join(mistake["msg"] for mistake in error.errors(include_input=False, include_url=False)[:3])
        raise DeadLetterError(f"{ERASURES.name}: no order and no progress ({wrong})") from None


def _key(mark: str) -> bytes:
    return b"~erasing|" + mark.encode()
