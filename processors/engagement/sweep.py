"""The decay sweep: once a day contacts that have fallen by age alone are written anew (docs/reference/attendance.md 7).

A partition's contacts are walked in the order of their ids, a bounded number of rows per step; each step asks for the
next by a message to the own agent. Day and position are in one row, so a restart goes on where it stood. PURE.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from processors.engagement.commands import Recomputed
from processors.engagement.rewriting import Rewriter
from processors.engagement.row_bytes import decode_rows
from processors.engagement.state import ContactRows
from processors.engine.view import View
from runtime.models import Configuration
from schemas.codec import pack, unpack
from schemas.errors import DeadLetterError
from schemas.instants import SECONDS_PER_DAY, as_datetime
from schemas.ticks import SweepTick
from schemas.topics import ENGAGEMENT_TICKS

SWEEP_KEY = b"sweep"
"""Not below a contact."""
BEHIND_CONTACTS = b"g"
"""Ids of contacts are hex digits: their rows come first in the table."""
STEP_ROWS = 200
"""After so many a step ends with the contact in hand."""
FALL = 5
"""Points that a score has to fall to be written for that alone (attendance.md 7)."""
EPOCH = date(1970, 1, 1)


class Sweep(NamedTuple):
    """The row at `SWEEP_KEY`: the latest sweep of a partition."""

    day: int
    """Days since 1970: the reference day."""
    step: int
    """Number of the step that comes next."""
    walked: str | None
    """The last contact that was looked at, empty at the beginning; ``None`` when all are done."""


def encode_sweep(sweep: Sweep) -> bytes:
    """The row's value."""
    return pack(list(sweep))


def decode_sweep(value: bytes) -> Sweep:
    """What `encode_sweep` wrote."""
    return Sweep(*unpack(value))


def second_of_day(time: str) -> int:
    """Of `scoring.decay_sweep`.

    >>> second_of_day("03:30")
    12600
    """
    hour, minute = time.split(":")
    return int(hour) * 3600 + int(minute) * 60


def latest_due_day(now: float, second: int) -> int:
    """Day (since 1970) of the latest sweep that is due at `now` (seconds since 1970).

    >>> latest_due_day(20_000 * 86_400 + 12_599, 12_600), latest_due_day(20_000 * 86_400 + 12_600, 12_600)
    (19999, 20000)
    """
    return int(now - second) // SECONDS_PER_DAY


class DecaySweep:
    """Does the steps of the sweeps; without `scoring.decay_sweep` none."""

    def __init__(self, rewriter: Rewriter, configuration: Configuration, table: str, revision_floor: int = 0) -> None:
        self._floor = revision_floor
        self._rewriter = rewriter
        self._table = table
        time = configuration.scoring.decay_sweep
        self._second = None if time is None else second_of_day(time)
        self._filters = configuration.filters

    def step(self, value: bytes | None, view: View) -> None:
        """One tick: begin the sweep of a later day than the last, or go on with it; any other tick is stale.

        Raises:
            DeadLetterError: a record without a value.
            ValidationError: the value is no `SweepTick`.
        """
        if value is None:
            raise DeadLetterError(f"{ENGAGEMENT_TICKS.name}: a record without a value says nothing")
        if self._second is None:
            return
        tick = SweepTick.from_bytes(value)
        day = (tick.day - EPOCH).days
        stored = view.get(self._table, SWEEP_KEY)
        sweep = decode_sweep(stored) if stored else None
        if tick.step == 0 and (sweep is None or day > sweep.day):
            sweep = Sweep(day, 0, "")
        if sweep is None or sweep.walked is None or (day, tick.step) != (sweep.day, sweep.step):
            return
        walked = self._walk(sweep.walked, day, as_datetime(day * SECONDS_PER_DAY + self._second), view)
        if walked is not None:
            # Keyed by a contact of this partition, it comes back to it.
            again = SweepTick(day=tick.day, step=sweep.step + 1)
            view.send(ENGAGEMENT_TICKS.name, walked.encode(), again)
        view.put(self._table, SWEEP_KEY, encode_sweep(Sweep(day, sweep.step + 1, walked)))

    def _walk(self, walked: str, day: int, occurred_at: datetime, view: View) -> str | None:
        """Look at the contacts behind `walked`; returns the last one, ``None`` when there are no more."""
        handled = 0
        for contact_id, stored in self._contacts(walked, view):
            handled += len(stored)
            rows = decode_rows(contact_id, stored, self._floor)
            if self._has_fallen(rows, day):
                head = rows.head._replace(swept_day=day)
                cause = Recomputed(contact_id, head.email, occurred_at, "decay")
                self._rewriter.rewrite(cause, rows._replace(head=head), view)
            if handled >= STEP_ROWS:
                return contact_id
        return None

    def _contacts(self, walked: str, view: View) -> Iterator[tuple[str, list[tuple[bytes, bytes]]]]:
        # `}` is the character behind `|`, which ends the contact's id in its keys.
        stored = view.scan(self._table, b"", f"{walked}}}".encode() if walked else b"")
        of_contacts = itertools.takewhile(lambda row: row[0] < BEHIND_CONTACTS, stored)
        for contact_id, rows in itertools.groupby(of_contacts, lambda row: row[0].partition(b"|")[0].decode()):
            yield contact_id, list(rows)

    def _has_fallen(self, rows: ContactRows, day: int) -> bool:
        """Whether the contact is written: what was written last is where it stood after the sweep of its head."""
        if not rows.head.score_digest or self._filters.excludes(rows.head.email):
            return False
        assessor = self._rewriter.assessor
        before = assessor.standing_on(rows, rows.head.swept_day)
        after = assessor.standing_on(rows, day)
        if before is None or after is None or after.day <= before.day:
            return False
        return after.tier != before.tier or before.score - after.score >= FALL
