"""Which lists a contact may join: the operator's rule for each list. PURE.

A registration is no consent to marketing by itself (help.brevo.com/hc/articles/209405205, checked 2026-11-21), so a
list that campaigns go to can be bound to the answer to a question of the registration, to a confirmation by mail, or to
contacts that Brevo had before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from processors.engagement.contact import Membership
from processors.engagement.state import ContactRegistration, in_order
from runtime.brevo_models import ListRule

_OPEN = ListRule()


def consented(
    wanted: Membership, registrations: Iterable[ContactRegistration], rules: Mapping[int, ListRule]
) -> Membership:
    """The lists without those that the contact has not agreed to; nobody is taken off a list for want of an answer.

    Lists for existing contacts and those to be confirmed are told apart: only Brevo can answer for them.
    """
    if not rules:
        return wanted
    told = answers_told(registrations)
    by_rule: dict[str, list[int]] = {}
    for list_id in wanted.joined:
        rule = rules.get(list_id, _OPEN)
        if agrees(rule, told):
            by_rule.setdefault(rule.rule, []).append(list_id)
    asked = {name: tuple(by_rule.pop(name, ())) for name in ("existing_contact_only", "doi")}
    joined = tuple(sorted(list_id for lists in by_rule.values() for list_id in lists))
    return Membership(joined, wanted.left, for_existing=asked["existing_contact_only"], to_confirm=asked["doi"])


def answers_told(registrations: Iterable[ContactRegistration]) -> dict[str, str]:
    """Answers by question: of several registrations that were asked the latest one's, whatever became of it."""
    told: dict[str, str] = {}
    for row in in_order(registrations):
        if not row.retracted:
            told.update(row.answers)
    return told


def questions_of(rules: Mapping[int, ListRule]) -> frozenset[str]:
    """The questions whose answers are needed."""
    return frozenset(rule.question for rule in rules.values() if rule.question is not None)


def agrees(rule: ListRule, told: Mapping[str, str]) -> bool:
    """Whether the answers meet a rule that asks for one; rules that ask nothing are met."""
    if rule.rule != "registration_question":
        return True
    answer = told.get(rule.question or "", "").strip().casefold()
    return answer in {agreeing.strip().casefold() for agreeing in rule.answers}
