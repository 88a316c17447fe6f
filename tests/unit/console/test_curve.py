"""The curve of a contact's score: at its day it is the score, and its areas are the parts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.views.curve import score_curve
from processors.engagement.contact_score import Occurrence, decay_weights, standing
from readmodel.lines.contacts import ScoreLine, SessionResult
from readmodel.lines.sessions import ScoreShare
from runtime.scoring_models import Tiers
from tests.support.lines import person, session

FIRST = date(2026, 1, 1)
OF_82 = ScoreShare(attendance=55.0, punctuality=15.0, stayed=0.0, interaction=None, maximum=85.0)


def came(number: int, days: int, score: int, **fields: Any) -> SessionResult:
    """A result with a score, so many days after `FIRST`."""
    ended_at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=days, hours=11)
    one = person(session=number, score=score, scoring=OF_82, **fields)
    return SessionResult(one, session(session=number, ended_at=ended_at))


def of_day(days: int, points: int = 82, half_life: int = 90) -> ScoreLine:
    """A score as of so many days after `FIRST`."""
    return ScoreLine(points, "hot", "", FIRST + timedelta(days=days), "1", half_life, 70, 40)


def corners(polygon: str) -> list[tuple[float, float]]:
    """Places from the left, and points."""
    pairs = (map(float, corner.split(",")) for corner in polygon.split())
    return [(x, 100 - y) for x, y in pairs]


def heights(polygon: str) -> dict[float, float]:
    """The upper line by its place; where it jumps, the higher."""
    found: dict[float, float] = {}
    for x, points in corners(polygon):
        found[x] = max(found.get(x, 0.0), points)
    return found


def test_curve_of_one_session_falls_by_a_half_in_a_half_life() -> None:
    """82 points: 64 for being there and 18 for being on time; a half life later 41 of both."""
    curve = score_curve([came(1, 0, 82)], of_day(0))
    assert curve is not None
    assert (curve.first, curve.last, curve.today) == (FIRST, FIRST + timedelta(days=90), 0)
    assert [area.part for area in curve.areas] == ["attendance", "punctuality"]
    below, whole = (heights(area.points) for area in curve.areas)
    assert below[0.0] == pytest.approx(64.4, abs=0.1)
    assert (whole[0.0], whole[1000.0]) == (82.0, 41.0)
    assert curve.adds == {1: 82.0}


def test_curve_jumps_at_a_session_and_is_cut_at_100() -> None:
    """Before the second session there is half of the first; both are more than the scale has."""
    curve = score_curve([came(1, 0, 82), came(2, 90, 82)], of_day(90, 100))
    assert curve is not None
    upper = corners(curve.areas[-1].points)
    upper = upper[: len(upper) // 2]
    assert [points for x, points in upper if x == 500.0] == [41.0, 100.0]
    assert curve.adds == {1: 41.0, 2: 82.0}
    # Parts of 123 points share the 100 as they share the 123.
    attendance = max(points for x, points in corners(curve.areas[0].points) if x == 500.0)
    assert attendance == pytest.approx(100 * 55 / 70, abs=0.1)


def test_curve_leaves_out_what_does_not_count() -> None:
    """Taken back, without a score, or of a session that nothing was published of."""
    nothing = [
        came(1, 0, 82, status="retracted"),
        SessionResult(person(score=None), session()),
        SessionResult(person(), None),
    ]
    assert score_curve(nothing, of_day(0)) is None


def test_curve_has_nothing_today_of_a_session_that_is_too_old() -> None:
    """After two years it drops out."""
    curve = score_curve([came(1, 0, 100), came(2, 731, 50)], of_day(731, 50, half_life=1000))
    assert curve is not None
    assert curve.adds == {1: 0.0, 2: pytest.approx(50.0)}


@given(
    scored=st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 100)), min_size=1, max_size=8),
    half_life=st.integers(1, 400),
)
def test_sum_of_what_sessions_add_is_the_score(scored: list[tuple[int, int]], half_life: int) -> None:
    """The same rule as the worker's, which rounds once at the end."""
    scored.sort()
    results = [came(number, days, points) for number, (days, points) in enumerate(scored)]
    now = standing([Occurrence(*occurrence) for occurrence in scored], decay_weights(half_life), Tiers())
    assert now is not None
    curve = score_curve(results, of_day(scored[-1][0], now.score, half_life))
    assert curve is not None
    assert min(100, sum(curve.adds.values())) == pytest.approx(now.score, abs=0.5 + 1e-9)
