from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.engagement.contact_score import SCALE, Occurrence, ScoreOnDay, decay_weights, standing
from runtime.scoring_models import Tiers
from schemas.engagement import HORIZON_DAYS

DECAY = decay_weights(90)
DAY = 20_000


def stand(*occurrences: tuple[int, int]) -> ScoreOnDay:
    """Standing after occurrences given as (day, score)."""
    now = standing([Occurrence(DAY + day, score) for day, score in occurrences], DECAY, Tiers())
    assert now is not None
    return now


def test_standing_nothing_is_none() -> None:
    """Without an occurrence there is no contact score."""
    assert standing([], DECAY, Tiers()) is None


def test_standing_several_sums_decayed_scores() -> None:
    """82 half a life ago and 40 today: 41 + 40."""
    assert stand((0, 82), (90, 40)).score == 81


def test_standing_sum_over_100_is_capped() -> None:
    """A contact score never exceeds 100."""
    assert stand((0, 82), (1, 90)).score == 100


def test_standing_exact_half_rounds_up() -> None:
    """81 after one half life is 40.5, so 41."""
    assert stand((0, 81), (90, 0)).score == 41


def test_standing_after_horizon_drops_occurrence() -> None:
    """An occurrence of 730 days ago counts, one of 731 does not."""
    assert stand((0, 100), (HORIZON_DAYS, 0)).first == 0
    assert stand((0, 100), (HORIZON_DAYS + 1, 0)).first == 1


@pytest.mark.parametrize(("score", "tier"), [(100, "hot"), (70, "hot"), (69, "warm"), (40, "warm"), (39, "cold")])
def test_standing_first_occurrence_takes_plain_borders(score: int, tier: str) -> None:
    """The first occurrence sets the tier by the plain borders."""
    assert stand((0, score)).tier == tier


@pytest.mark.parametrize(
    ("first", "second", "tier"),
    [
        (69, 2, "warm"),  # 71: over the border, not by 3
        (69, 3, "warm"),  # 72
        (69, 4, "hot"),  # 73: crossed
        (39, 3, "cold"),  # 42
        (39, 4, "warm"),  # 43: crossed
        (39, 34, "hot"),  # 73: both borders at once
        (39, 32, "warm"),  # 71: warm is crossed, hot is not
    ],
)
def test_standing_rising_crosses_border_with_hysteresis(first: int, second: int, tier: str) -> None:
    """A border that is not reached is crossed upwards at border + 3; each border is judged on its own."""
    assert stand((0, first), (0, second)).tier == tier


@pytest.mark.parametrize(
    ("day", "score", "tier"),
    [(7, 69, "hot"), (11, 67, "hot"), (13, 66, "warm"), (80, 39, "warm"), (87, 37, "warm"), (92, 36, "cold")],
)
def test_standing_falling_loses_border_with_hysteresis(day: int, score: int, tier: str) -> None:
    """A border that is reached is lost below border - 3: a contact of 73 fades away."""
    now = stand((0, 73), (day, 0))
    assert (now.score, now.tier) == (score, tier)


def test_standing_is_a_fold_not_a_look_at_the_last_step() -> None:
    """The same score has another tier after another past."""
    risen, fallen = stand((0, 69), (0, 2)), stand((0, 75), (7, 0))
    assert risen.score == fallen.score == 71
    assert (risen.tier, fallen.tier) == ("warm", "hot")


def test_decay_weights_whole_half_lives_are_exact_halves() -> None:
    """No rounding error where the true weight is a power of two."""
    assert [Fraction(DECAY[90 * n], SCALE) for n in range(9)] == [Fraction(1, 2**n) for n in range(9)]


@pytest.mark.parametrize("half_life", [1, 7, 90, 365, 1000])
def test_decay_weights_any_half_life_is_the_nearest_integer_root(half_life: int) -> None:
    """Each weight is within one unit of the exact power: (w/SCALE)^h lies around 2^-age, in integers."""
    weights = decay_weights(half_life)
    for age in (0, 1, 30, 365, HORIZON_DAYS):
        target, power = SCALE**half_life, 2**age
        assert max(0, weights[age] - 1) ** half_life * power <= target <= (weights[age] + 1) ** half_life * power


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 100)), min_size=1, max_size=12))
def test_standing_any_history_stays_in_range(history: list[tuple[int, int]]) -> None:
    """Whatever happened, the score is 0..100 and the latest occurrence counts."""
    now = stand(*sorted(history))
    assert 0 <= now.score <= 100
    assert now.first < len(history)
    assert now.day == DAY + max(day for day, _ in history)
