"""The rolling score of a contact and its tier, over all its occurrences (docs/reference/attendance.md 7). PURE.

Days are whole UTC days since 1970. The half life works through a table of integers, so every machine gets the same
number; the tier is a fold over the occurrences in order, so it too is a function of their set.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import NamedTuple

from runtime.scoring_models import Tiers
from schemas.engagement import HORIZON_DAYS, Tier

SCALE = 10**30
"""What an occurrence of today weighs in the table of weights."""


@lru_cache(maxsize=8)  # some ms; a worker and each look at a contact ask for the same half life again and again
def decay_weights(half_life_days: int) -> tuple[int, ...]:
    """``0.5 ** (age / half_life_days)`` for an age of 0 to `HORIZON_DAYS` days, as integers out of `SCALE`.

    `Context.exp` and `Context.ln` are correctly rounded on every platform (the power operator is not), and 50 digits
    leave 20 to spare: whole half lives come out as exact halves. A root takes ten times as long as a half, so there is
    one for each day of the first half life alone.

    >>> weights = decay_weights(90)
    >>> weights[0] == SCALE, weights[90] * 2 == SCALE, len(weights)
    (True, True, 731)
    """
    context = Context(prec=50, rounding=ROUND_HALF_EVEN)
    rate = context.divide(context.ln(Decimal(2)), Decimal(half_life_days))
    powers = [
        context.exp(context.multiply(Decimal(-age), rate)) for age in range(min(half_life_days, HORIZON_DAYS + 1))
    ]
    for age in range(half_life_days, HORIZON_DAYS + 1):
        powers.append(context.divide(powers[age - half_life_days], Decimal(2)))
    return tuple(int(context.to_integral_value(context.multiply(power, Decimal(SCALE)))) for power in powers)


class Occurrence(NamedTuple):
    """One scored occurrence."""

    day: int
    """UTC day of its end."""
    score: int
    """0-100."""


class ScoreOnDay(NamedTuple):
    """Where a contact stands at `day`."""

    day: int
    score: int
    """0-100."""
    tier: Tier
    first: int
    """Index of the first occurrence that still counts; all from there on do."""


def standing(
    occurrences: Sequence[Occurrence], weights: Sequence[int], tiers: Tiers, *, at_day: int | None = None
) -> ScoreOnDay | None:
    """Fold `occurrences` (in order of (E, session_uuid)) into the contact's standing; ``None`` when there are none.

    The reference day is the last occurrence's, or `at_day`, if given, as one more step of the fold.

    >>> attended = [Occurrence(day=20_000, score=82)]
    >>> standing(attended, decay_weights(90), Tiers())
    ScoreOnDay(day=20000, score=82, tier='hot', first=0)
    >>> standing(attended, decay_weights(90), Tiers(), at_day=20_090)
    ScoreOnDay(day=20090, score=41, tier='warm', first=0)
    """
    if not occurrences:
        return None
    steps = [(occurrence.day, count) for count, occurrence in enumerate(occurrences, start=1)]
    if at_day is not None:
        steps.append((at_day, len(occurrences)))
    first = score = day = 0
    hot: bool | None = None
    warm: bool | None = None
    for day, count in steps:
        while first < count and day - occurrences[first].day > HORIZON_DAYS:
            first += 1
        total = sum(occurrence.score * weights[day - occurrence.day] for occurrence in occurrences[first:count])
        score = min(100, (2 * total + SCALE) // (2 * SCALE))
        hot = _reached(score, tiers.hot, tiers.hysteresis, before=hot)
        warm = _reached(score, tiers.warm, tiers.hysteresis, before=warm)
    return ScoreOnDay(day, score, "hot" if hot else "warm" if warm else "cold", first)


def _reached(score: int, border: int, hysteresis: int, *, before: bool | None) -> bool:
    """Whether a border is reached now; `before` is ``None`` at the first occurrence, which takes the plain border."""
    if before is None:
        return score >= border
    return score >= (border - hysteresis if before else border + hysteresis)
