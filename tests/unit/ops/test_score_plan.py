"""Whom a rebuild by a model concerns: what is kept of a contact, and what was told of it."""

from __future__ import annotations

import doctest

import pytest

from ops.score import diff
from ops.score.display import in_words
from ops.score.models import chosen_model
from ops.score.plan import NO_TIER, RebuildNeed, RebuildPlan, RebuildPlanner
from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engagement.row_bytes import contact_prefix, decode_rows
from processors.engine.memory_store import MemoryStore
from runtime.models import Configuration
from schemas.attendance import Result
from schemas.errors import ConfigurationError
from tests.support.contact_facts import CONTACT, configuration, records, registration, result
from tests.support.rules import run

PLAIN = configuration()
BESIDE = configuration(scoring={"candidates": {"2": {"weights": {"stayed": 60}}}})
SWITCHED = configuration(scoring={"model_version": "2", "weights": {"stayed": 60}})


def need(told: Configuration, today: Configuration, model: str, *facts: Result) -> RebuildNeed | None:
    """What a rebuild by today's file does for a contact whose facts came under another."""
    store = MemoryStore()
    run(ScoreEngagement(told), records(registration(), *facts), {ENGAGEMENT_TABLE: store})
    rows = decode_rows(CONTACT, store.scan(contact_prefix(CONTACT), b""))
    planner = RebuildPlanner(today, chosen_model(today.scoring, model))
    return planner.need(CONTACT, rows, "hot" if facts else None)


def test_candidate_that_came_after_the_facts_is_due_and_sends_no_command() -> None:
    """82 of before would be 52."""
    assert need(PLAIN, BESIDE, "2", result()) == RebuildNeed(True, ("hot", "warm"), sends_command=False)


def test_candidate_that_came_before_the_facts_is_done() -> None:
    """It was computed with them."""
    assert need(BESIDE, BESIDE, "2", result()) == RebuildNeed(False, ("hot", "warm"))


def test_live_model_that_was_changed_is_due_with_its_command() -> None:
    """As it was told by the model of before."""
    assert need(PLAIN, SWITCHED, "2", result()) == RebuildNeed(True, ("hot", "warm"), sends_command=True)
    assert need(SWITCHED, SWITCHED, "2", result()) == RebuildNeed(False, ("hot", "warm"))


def test_live_model_after_which_brevo_needs_nothing_is_due_without_a_command() -> None:
    """Only the borders are others, and the contact is on the same side of them."""
    borders = configuration(scoring={"model_version": "2", "tiers": {"hot": 75}})
    assert need(PLAIN, borders, "2", result()) == RebuildNeed(True, ("hot", "hot"), sends_command=False)


def test_candidates_that_the_file_has_no_more_are_taken_back_by_the_live_model() -> None:
    """Nothing of people stays that nobody asks for."""
    assert need(BESIDE, PLAIN, "1", result()) == RebuildNeed(True, ("hot", "hot"), sends_command=False)


def test_contact_without_a_score_and_of_an_excluded_domain_are_left_alone() -> None:
    """Who only registered, and whom the file leaves out."""
    excluding = configuration(filters={"exclude_domains": ["example.com"]}, scoring={"model_version": "2"})
    assert need(PLAIN, BESIDE, "2") is None
    assert need(PLAIN, excluding, "2", result()) is None


def test_contact_whose_results_were_all_taken_back_has_no_tier() -> None:
    """Nothing is due either."""
    assert need(PLAIN, BESIDE, "2", result(), result(revision=2, retracted=True)) is None


def test_plan_counts_who_moves_and_says_so() -> None:
    """One line for each direction."""
    plan = RebuildPlan()
    plan.add("a", RebuildNeed(True, ("hot", "warm"), sends_command=True))
    plan.add("b", RebuildNeed(False, ("hot", "warm")))
    plan.add("c", RebuildNeed(True, (NO_TIER, "cold")))
    plan.add("d", None)
    assert (plan.contacts, plan.commands, plan.left_alone) == (["a", "c"], 1, 1)
    assert list(in_words(plan, chosen_model(SWITCHED.scoring, "2"))) == [
        "2 is the live model: 4 contacts looked at, 2 to be computed",
        "  1 of them with something for Brevo",
        "  2 would go from hot to warm",
        "  1 would go from none to cold",
        "left alone: 1 without a score, or of an excluded domain",
    ]


def test_model_that_the_file_does_not_have_is_refused_with_those_that_it_has() -> None:
    """A typing mistake."""
    with pytest.raises(ConfigurationError, match=r"there is no model `3`; there are: 1 \(live\), 2"):
        chosen_model(BESIDE.scoring, "3")


def test_examples_of_the_docstrings() -> None:
    """They are the rules."""
    assert doctest.testmod(diff).failed == 0
