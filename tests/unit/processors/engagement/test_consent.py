"""A list that campaigns go to takes only who has agreed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from processors.engagement.consent import consented, questions_of
from processors.engagement.contact import Membership
from processors.engagement.state import ContactRegistration, merged_registration
from runtime.brevo_models import Brevo, ListRule
from tests.support.contact_facts import registration

QUESTION = "May we write to you?"
RULES = {17: ListRule(rule="registration_question", question=QUESTION, answers=("Yes", "Oui"))}
WANTED = Membership((16, 17), (18,))


def _row(answer: str | None, registrant: str = "r1", days: int = -7, **changes: object) -> ContactRegistration:
    answers = {} if answer is None else {QUESTION: answer}
    fact = registration(registrant, days=days, custom_questions=answers, **changes)
    return merged_registration(None, fact, None, questions_of(RULES))


@pytest.mark.parametrize("answer", ["yes", " YES ", "oui"])
def test_contact_that_agreed_joins(answer: str) -> None:
    """Case and blanks do not matter."""
    assert consented(WANTED, [_row(answer)], RULES) == WANTED


@pytest.mark.parametrize("answer", ["no", "", None, "yesterday"])
def test_contact_that_did_not_agree_joins_the_other_lists_alone(answer: str | None) -> None:
    """And is taken off none for it."""
    assert consented(WANTED, [_row(answer)], RULES) == Membership((16,), (18,))


def test_latest_answer_stands() -> None:
    """Somebody may change their mind, either way."""
    rows = [_row("no", "r2", days=-1), _row("yes", "r1", days=-7)]
    assert consented(WANTED, rows, RULES).joined == (16,)


def test_answer_of_a_registration_that_is_not_theirs_does_not_count() -> None:
    """A retracted registration was another person's."""
    assert consented(WANTED, [_row("yes", retracted=True)], RULES).joined == (16,)


def test_list_without_a_rule_takes_everybody() -> None:
    """The operator's legitimate interest is the default."""
    assert consented(WANTED, [], {}) == WANTED
    assert consented(WANTED, [], {17: ListRule()}) == WANTED


DOI = ListRule(rule="doi", template_id=5, redirect_url="https://www.example.com/thanks")


def test_lists_that_only_brevo_can_answer_for_are_told_apart() -> None:
    """Nobody is put on them here; that lists are left does not depend on rules."""
    rules = {16: ListRule(rule="existing_contact_only"), 17: DOI, 18: DOI}
    assert consented(WANTED, [], rules) == Membership((), (18,), for_existing=(16,), to_confirm=(17,))


@pytest.mark.parametrize(
    ("lists", "creates"),
    [
        (Membership((), ()), True),
        (Membership((), (), for_existing=(16,)), False),
        (Membership((17,), (), for_existing=(16,)), True),
        (Membership((), (), for_existing=(16,), to_confirm=(17,)), True),
    ],
)
def test_contact_is_created_unless_all_its_lists_are_for_existing_contacts(lists: Membership, creates: bool) -> None:
    """One that belongs on no list at all is kept true as well."""
    assert lists.creates is creates


@pytest.mark.parametrize(
    ("rule", "needs"),
    [
        ("registration_question", "question"),
        ("doi", "template_id"),
        ({"rule": "doi", "template_id": 5}, "redirect_url"),
        ({"rule": "doi", "template_id": 5, "redirect_url": "thanks.html"}, "redirect_url"),
        ({"rule": "existing_contact_only", "template_id": 5}, "belong to the rule doi"),
        ("existing_contacts_only", "legitimate_interest"),
    ],
)
def test_incomplete_rule_is_refused(rule: object, needs: str) -> None:
    """It would let nobody in, without saying so."""
    with pytest.raises(ValidationError, match=needs):
        Brevo.model_validate({"list_rules": {17: rule}})
