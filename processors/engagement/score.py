"""The score of one person in one occurrence, 0-100, from event time alone (docs/reference/attendance.md 6). PURE.

Points are exact rationals, kept as whole numbers over one common denominator (which is ten times as fast as
`fractions.Fraction`), and are rounded once, at the very end; so the score is the same on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

from runtime.scoring_models import Weights
from schemas.attendance import Interaction

ON_TIME_SECONDS = 120
"""Coming this late still earns full punctuality (attendance.md 6)."""
TOO_LATE_SECONDS = 1_200
"""Coming this late earns none of it (attendance.md 6)."""
CHAT_MESSAGES_FOR_ALL = 5
"""So many messages earn all points of the chat (attendance.md 6)."""

_LATE_SPAN = TOO_LATE_SECONDS - ON_TIME_SECONDS
_KINDS = 3
"""Polls, questions and chat share the points of the interaction equally."""


class Points(NamedTuple):
    """Points earned per part, and the most that could be earned, all in 1/`unit` points."""

    unit: int
    attendance: int
    punctuality: int
    stayed: int
    interaction: int | None
    """``None`` when nothing of it was offered."""
    maximum: int

    @property
    def score(self) -> int:
        """0-100, half up: the earned share of the maximum."""
        if not self.maximum:
            return 0
        earned = self.attendance + self.punctuality + self.stayed + (self.interaction or 0)
        return (200 * earned + self.maximum) // (2 * self.maximum)


def session_points(
    *,
    attended_seconds: int,
    length_seconds: int,
    late_seconds: int | None,
    stayed: bool,
    interaction: Interaction | None,
    weights: Weights,
) -> Points:
    """Earned points: share of the live time, coming on time, staying to the end, and taking part.

    Somebody without `late_seconds` was never there while it was live (or did not come at all) and earns nothing.

    A phone from 10:00 to 10:30 and a laptop from 10:20 to 10:55 in a session of an hour are 55 minutes; the last
    5 % were missed: 55 + 15 + 0 of 85 points.

    >>> came = {"attended_seconds": 3300, "length_seconds": 3600, "late_seconds": 0, "stayed": False}
    >>> points = session_points(**came, interaction=None, weights=Weights())
    >>> [part // points.unit for part in (points.attendance, points.punctuality, points.stayed, points.maximum)]
    [55, 15, 0, 85]
    >>> points.score
    82
    """
    length = length_seconds or 1
    taken_part, kinds, of = _interaction_share(interaction)
    unit = length * _LATE_SPAN * of
    maximum = (weights.attendance + weights.punctuality + weights.stayed) * unit
    maximum += weights.interaction * kinds * unit // _KINDS
    if late_seconds is None:
        return Points(unit, 0, 0, 0, 0 if kinds else None, maximum)
    in_time = min(_LATE_SPAN, max(0, TOO_LATE_SECONDS - late_seconds))
    return Points(
        unit=unit,
        attendance=weights.attendance * min(attended_seconds, length_seconds) * (unit // length),
        punctuality=weights.punctuality * in_time * (unit // _LATE_SPAN),
        stayed=weights.stayed * unit if stayed else 0,
        interaction=weights.interaction * taken_part * (unit // of) if kinds else None,
        maximum=maximum,
    )


def _interaction_share(interaction: Interaction | None) -> tuple[int, int, int]:
    """(earned, kinds offered, of): `earned` / `of` is the earned share of the interaction's weight.

    Each kind gives a third of it at most.
    """
    if interaction is None:
        return 0, 0, 1
    polls = interaction.polls_offered or 1
    full = polls * CHAT_MESSAGES_FOR_ALL  # what each kind earns at most
    earned: list[int] = []
    if interaction.polls_offered:
        earned.append(min(full, (interaction.polls_answered or 0) * CHAT_MESSAGES_FOR_ALL))
    if interaction.questions_asked is not None:
        earned.append(full if interaction.questions_asked else 0)
    if interaction.chat_messages is not None:
        earned.append(min(full, interaction.chat_messages * polls))
    return sum(earned), len(earned), full * _KINDS
