"""What webhooks and Zoom's report each say of a person in a run, and what stands of it (attendance.md 4). PURE.

The report adds and corrects; a join that was received is proof, whatever the report leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from processors.attendance.rules.intervals import Interval, clip, length, union
from processors.attendance.rules.sessions import Weight
from schemas.codec import pack, unpack

IdentityRule = Literal["registrant", "email", "user"]
"""How a connection was recognised (attendance.md 3), the strongest first."""


@dataclass(frozen=True, slots=True)
class Filed:
    """The row of one connection, or of one row of the report, under its person."""

    email: str | None
    """``None`` of an anonymous one."""
    intervals: tuple[Interval, ...]
    """Empty of one that is known to have been there and nothing more, such as of a change of roles."""
    joins: int
    """Join facts."""
    is_row: bool
    """Of the report."""
    rule: IdentityRule
    registrant_id: str | None
    name: str | None
    """First name of the registration, else the display name."""
    is_registered_name: bool
    excluded: bool
    visitor: str
    """Which connection of an anonymous person it is, as the report's rows of the same number are."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Filed:
        """Parse a row."""
        email, intervals, *others = unpack(data)
        return cls(email, tuple(Interval(*interval) for interval in intervals), *others)

    def to_bytes(self) -> bytes:
        """Compact; the same for the same facts."""
        intervals = [list(interval) for interval in self.intervals]
        identity = [self.rule, self.registrant_id, self.name, self.is_registered_name]
        return pack([self.email, intervals, self.joins, self.is_row, *identity, self.excluded, self.visitor])


class Presence(NamedTuple):
    """What stands of one person's evidence in one run."""

    intervals: tuple[Interval, ...]
    joins: int
    webhooks: int
    """Connections that count."""
    rows: int
    """Rows of the report that count."""


def presence_of(filed: Sequence[Filed]) -> Presence:
    """Unite the evidence of one person in one run.

    With a row in its report a connection keeps what webhooks know both ends of: Zoom knows better when somebody left
    whose leave was lost. Without one it stands whole.
    """
    rows = [piece for piece in filed if piece.is_row]
    webhooks = [piece for piece in filed if not piece.is_row]
    if not rows:
        intervals = chain.from_iterable(webhook.intervals for webhook in webhooks)
        return Presence(tuple(intervals), sum(webhook.joins for webhook in webhooks), len(webhooks), 0)
    reported = [row.intervals for row in rows]
    kept = [[interval for interval in webhook.intervals if not interval.assumed] for webhook in webhooks]
    together = tuple(chain(*reported, *kept))
    return Presence(together, len(rows), sum(1 for intervals in kept if intervals), len(rows))


def weight_of(filed: Iterable[Filed], span: tuple[int, int], scheduled: int | None) -> Weight:
    """What one person weighs in one run's audience; anonymous connections weigh each for themselves.

    Args:
        filed: their evidence in the run.
        span: [S, E] of the run.
        scheduled: T, if it has one.
    """
    visitors: dict[str, list[Filed]] = {}
    for piece in filed:
        visitors.setdefault("" if piece.email else piece.visitor, []).append(piece)
    weight = Weight()
    for pieces in visitors.values():
        intervals = presence_of(pieces).intervals
        if intervals:
            present = clip(union(interval[:2] for interval in intervals), [span])
            late = [] if scheduled is None else clip(present, [(scheduled, max(scheduled, span[1]))])
            weight = weight.plus(Weight(1, length(present), length(late)))
    return weight
