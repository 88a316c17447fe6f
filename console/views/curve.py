"""A contact's score over time, and what each part of it adds, as areas of a width of 1000 and a height of 100.

By the rule of docs/reference/attendance.md 7 and the half life that the score was published with. It is a picture: the
score itself is computed in whole numbers, by the worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from readmodel.lines.contacts import ScoreLine, SessionResult
from readmodel.vocabulary import RETRACTED
from schemas.engagement import HORIZON_DAYS

_WIDTH = 1_000
_HEIGHT = 100
_PARTS = ("attendance", "punctuality", "stayed", "interaction")
"""From the bottom up."""
_STEPS = 60
"""Between the sessions the curve is drawn in so many straight pieces at least."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One session that counts."""

    session: int
    day: date
    """UTC, of its end."""
    points: tuple[float, ...]
    """Of the session's score (0-100), what each of `_PARTS` earned."""

    def weight(self, on: date, half_life_days: int) -> float:
        """What is left of it on a day: 1 on its own, a half after a half life.

        >>> Counted(1, date(2026, 1, 1), (82.0,)).weight(date(2026, 4, 1), 90)
        0.5
        """
        age = (on - self.day).days
        return 0.5 ** (age / half_life_days) if 0 <= age <= HORIZON_DAYS else 0.0


@dataclass(frozen=True, slots=True)
class Area:
    """What one part adds, on top of those before it; all of them are 100 where the sum would be more."""

    part: str
    points: str
    """Of a polygon."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The picture."""

    first: date
    last: date
    """A half life behind the day of the score: what would become of it without anything new."""
    areas: tuple[Area, ...]
    today: int
    """Where the day of the score is, from the left."""
    adds: Mapping[int, float]
    """By session: the points that it adds on the day of the score."""


def score_curve(results: Sequence[SessionResult], standing: ScoreLine) -> Curve | None:
    """The curve from the first session that counts on; ``None`` where none is known."""
    counted = sorted(filter(None, map(_counted, results)), key=lambda result: (result.day, result.session))
    if not counted:
        return None
    half_life, first = standing.half_life_days, counted[0].day
    last = standing.reference_date + timedelta(days=half_life)
    span = max(1, (last - first).days)
    corners = [
        (_WIDTH * (day - first).days / span, _parts_on(counted, day, half_life, before=before))
        for day, before in _days(counted, first, last)
    ]
    return Curve(
        first,
        last,
        tuple(_area(place, corners) for place in range(len(_PARTS)) if any(parts[place] for _, parts in corners)),
        round(_WIDTH * (standing.reference_date - first).days / span),
        {
            result.session: round(sum(result.points) * result.weight(standing.reference_date, half_life), 6)
            for result in counted
        },
    )


def _counted(result: SessionResult) -> Counted | None:
    person, session = result.person, result.session
    if person.score is None or person.status == RETRACTED or session is None or session.ended_at is None:
        return None
    share = person.scoring
    earned = [0.0] * len(_PARTS) if share is None else [getattr(share, part) or 0.0 for part in _PARTS]
    whole = sum(earned) or 1.0
    return Counted(person.session, session.ended_at.date(), tuple(person.score * points / whole for points in earned))


def _days(counted: Sequence[Counted], first: date, last: date) -> list[tuple[date, bool]]:
    """The days that have a corner; true: as it was before that day's session."""
    step = max(1, (last - first).days // _STEPS)
    between = {first + timedelta(days=days) for days in range(0, (last - first).days, step)}
    jumps = {result.day for result in counted} - {first}
    return sorted([(day, False) for day in between | jumps | {last}] + [(day, True) for day in jumps],
                  key=lambda corner: (corner[0], not corner[1]))  # fmt: skip


def _parts_on(counted: Sequence[Counted], day: date, half_life: int, *, before: bool) -> tuple[float, ...]:
    sums = [0.0] * len(_PARTS)
    for result in counted:
        if before and result.day == day:
            continue
        weight = result.weight(day, half_life)
        for place, points in enumerate(result.points):
            sums[place] += points * weight
    # Beyond 100 all give way alike: what is cut off the top would be the last part alone.
    scale = min(1.0, _HEIGHT / max(sum(sums), 1.0))
    return tuple(earned * scale for earned in sums)


def _area(place: int, corners: Sequence[tuple[float, Sequence[float]]]) -> Area:
    below = [(x, sum(parts[:place])) for x, parts in corners]
    above = [(x, sum(parts[: place + 1])) for x, parts in corners]
    outline = [*above, *reversed(below)]
    return Area(_PARTS[place], " ".join(f"{x:.1f},{_HEIGHT - value:.1f}" for x, value in outline))
