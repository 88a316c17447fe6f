"""Scores, tiers and the sentence that says why (attendance.md 6, 7 and 8), in exact fractions. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import floor

from sandbox.truth.rules import Rules

# Seconds late: full points up to the first, none from the second on (attendance.md 6).
_ON_TIME, _TOO_LATE = 120, 1_200
_FORGOTTEN_DAYS = 730
_ENOUGH_MESSAGES = 5
_EXACT = Context(prec=60)


def half_up(value: Fraction) -> int:
    """Rounds to whole numbers, halves up."""
    return floor(value + Fraction(1, 2))


def whole_minutes(seconds: int) -> int:
    """Minutes, halves up."""
    return half_up(Fraction(seconds, 60))


@dataclass(frozen=True)
class SessionPart:
    """What one person did in one session."""

    status: str
    attended_seconds: int
    length_seconds: int
    late_seconds: int
    """Live time before the first join."""


@dataclass(frozen=True)
class Activity:
    """What one person did in one session; ``None``: there was nothing of that kind to do."""

    polls: tuple[int, int] | None = None
    """Answered, and offered."""
    asked: bool | None = None
    messages: int | None = None


def _interaction(done: Activity, rules: Rules) -> tuple[Fraction, Fraction]:
    """Points, and the most that could be had of what was offered: a third for each kind."""
    third = Fraction(rules.interaction_points, 3)
    points, most = Fraction(0), Fraction(0)
    if done.polls is not None:
        answered, offered = done.polls
        points, most = points + min(third, third * answered / offered), most + third
    if done.asked is not None:
        points, most = points + (third if done.asked else 0), most + third
    if done.messages is not None:
        points, most = points + min(third, third * done.messages / _ENOUGH_MESSAGES), most + third
    return points, most


def session_score(presence: SessionPart, rules: Rules, interaction: Activity | None = None) -> int:
    """0 to 100.

    >>> session_score(Presence("left_early", 3_300, 3_600, 0), Rules())
    82
    """
    if presence.status == "no_show":
        return 0
    attended = Fraction(presence.attended_seconds, presence.length_seconds) if presence.length_seconds else Fraction(0)
    late = Fraction(_TOO_LATE - presence.late_seconds, _TOO_LATE - _ON_TIME)
    points = (
        rules.attendance_points * attended
        + rules.punctuality_points * min(Fraction(1), max(Fraction(0), late))
        + (rules.stayed_points if presence.status == "attended" else 0)
    )
    more, most = _interaction(interaction or Activity(), rules)
    maximum = rules.attendance_points + rules.punctuality_points + rules.stayed_points + most
    return half_up(100 * (points + more) / maximum)


@dataclass(frozen=True)
class DatedScore:
    """A score and the UTC date of its occurrence's end."""

    score: int
    ended_on: date


def contact_score(scored: list[DatedScore], reference: date, rules: Rules) -> int:
    """The rolling score at a reference date, 0 to 100.

    >>> contact_score([Scored(82, date(2026, 1, 1))], date(2026, 4, 1), Rules())
    41
    """
    total = Decimal(0)
    for score in scored:
        age = (reference - score.ended_on).days
        if age <= _FORGOTTEN_DAYS:
            exponent = _EXACT.divide(Decimal(age), Decimal(rules.half_life_days))
            total = _EXACT.add(total, _EXACT.multiply(Decimal(score.score), _EXACT.power(Decimal("0.5"), exponent)))
    return min(100, int(total.to_integral_value(rounding=ROUND_HALF_UP)))


def tier(scored: list[DatedScore], rules: Rules, reference: date | None = None) -> str:
    """The tier after folding the occurrences in their order; `reference` adds a step of the decay sweep.

    >>> tier([Scored(82, date(2026, 1, 1))], Rules())
    'hot'
    >>> tier([Scored(82, date(2026, 1, 1))], Rules(), date(2026, 4, 1))
    'warm'
    """
    dates = [score.ended_on for score in scored] + ([reference] if reference else [])
    reached: dict[int, bool] = {}
    for number, day in enumerate(dates):
        value = contact_score(scored[: number + 1], day, rules)
        for border in (rules.hot, rules.warm):
            if number == 0:
                reached[border] = value >= border
            elif reached[border]:
                reached[border] = value >= border - rules.hysteresis
            else:
                reached[border] = value >= border + rules.hysteresis
    return "hot" if reached[rules.hot] else "warm" if reached[rules.warm] else "cold"


def why(presence: SessionPart) -> str:
    """The sentence for ENGAGEMENT_WHY."""
    if presence.status == "no_show":
        return "registered, did not attend"
    length = whole_minutes(presence.length_seconds)
    late = presence.late_seconds
    punctuality = "on time" if late <= _ON_TIME else f"{whole_minutes(late)} min late"
    end = "stayed to the end" if presence.status == "attended" else "left before the end"
    return f"{whole_minutes(presence.attended_seconds)} of {length} min, {punctuality}, {end}"
