from __future__ import annotations

import doctest
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.engagement import contact_score, score
from processors.engagement.score import Points, session_points
from runtime.scoring_models import Weights
from schemas.attendance import Interaction


def points(
    *,
    attended: int = 3600,
    length: int = 3600,
    late: int | None = 0,
    stayed: bool = True,
    interaction: Interaction | None = None,
    weights: Weights | None = None,
) -> Points:
    """Somebody who was there all the time, but for what is given."""
    return session_points(
        attended_seconds=attended,
        length_seconds=length,
        late_seconds=late,
        stayed=stayed,
        interaction=interaction,
        weights=weights or Weights(),
    )


def exact(earned: Points, part: str) -> Fraction:
    """One part in points."""
    return Fraction(getattr(earned, part), earned.unit)


@pytest.mark.parametrize("module", [score, contact_score])
def test_examples_in_docstrings_run_hold(module: object) -> None:
    """The worked examples of the reference stand in the docstrings and are true."""
    outcome = doctest.testmod(module)  # type: ignore[arg-type]  # parametrize hides that these are modules
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_points_all_time_no_interaction_is_100() -> None:
    """Without interaction data the other parts make up the whole."""
    assert points().score == 100


@pytest.mark.parametrize(
    ("late", "earned"),
    [(0, Fraction(15)), (120, Fraction(15)), (121, Fraction(15 * 1079, 1080)), (660, Fraction(15, 2)), (1200, 0)],
)
def test_points_late_seconds_earn_falling_punctuality(late: int, earned: Fraction) -> None:
    """Punctuality is full to 120 s, nothing from 1200 s on, and falls in a straight line in between."""
    assert exact(points(late=late), "punctuality") == earned


def test_points_never_there_while_live_is_0() -> None:
    """Somebody without a join within the live time earns nothing, whatever else is known."""
    nowhere = points(attended=0, late=None, interaction=Interaction(questions_asked=3))
    assert nowhere.score == 0
    assert nowhere.interaction == 0


def test_points_session_without_length_gives_no_attendance() -> None:
    """The ratio of a session of no length is 0."""
    assert points(attended=0, length=0).attendance == 0


@pytest.mark.parametrize(
    ("interaction", "maximum"),
    [
        (Interaction(), 85),
        (Interaction(polls_offered=0), 85),
        (Interaction(polls_offered=3), 90),
        (Interaction(polls_offered=3, questions_asked=0), 95),
        (Interaction(polls_offered=3, questions_asked=0, chat_messages=0), 100),
    ],
)
def test_points_maximum_counts_offered_kinds_only(interaction: Interaction, maximum: int) -> None:
    """A kind of interaction that Zoom did not offer drops out of the maximum."""
    assert exact(points(interaction=interaction), "maximum") == maximum


def test_points_interaction_is_capped_per_kind() -> None:
    """Polls pro rata, any question in full, chat up to five messages: at most 5 points each."""
    taken_part = Interaction(polls_answered=1, polls_offered=2, questions_asked=4, chat_messages=9)
    assert exact(points(interaction=taken_part), "interaction") == Fraction(5, 2) + 5 + 5
    assert exact(points(interaction=Interaction(chat_messages=2)), "interaction") == 2


def test_points_all_weights_zero_is_0() -> None:
    """With nothing to earn the score is 0, not a division by zero."""
    assert points(weights=Weights(attendance=0, punctuality=0, stayed=0, interaction=0)).score == 0


def test_points_exact_half_rounds_up() -> None:
    """The score is rounded once, a half upwards: 1/8 of 100 is 12.5, so 13."""
    only_attendance = Weights(attendance=60, punctuality=0, stayed=0, interaction=0)
    assert points(attended=450, weights=only_attendance).score == 13


@given(
    attended=st.integers(0, 10_000),
    length=st.integers(0, 10_000),
    late=st.none() | st.integers(0, 10_000),
    stayed=st.booleans(),
    counts=st.none() | st.tuples(*[st.none() | st.integers(0, 50)] * 4),
)
def test_points_any_input_scores_between_0_and_100(
    attended: int, length: int, late: int | None, stayed: bool, counts: tuple[int | None, ...] | None
) -> None:
    """No facts, however odd, lead out of 0..100."""
    names = ("polls_answered", "polls_offered", "questions_asked", "chat_messages")
    interaction = Interaction(**dict(zip(names, counts, strict=True))) if counts else None
    earned = points(attended=attended, length=length, late=late, stayed=stayed, interaction=interaction)
    assert 0 <= earned.score <= 100


@pytest.mark.parametrize(
    "interaction",
    [
        Interaction(polls_offered=2, polls_answered=9),
        Interaction(questions_asked=9),
        Interaction(chat_messages=99),
    ],
)
def test_no_kind_of_interaction_earns_more_than_its_third(interaction: Interaction) -> None:
    """A poll that is answered again, or one long talk, takes nobody's place."""
    assert exact(points(interaction=interaction), "interaction") == 5
