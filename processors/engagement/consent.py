"""Which lists a contact may join: the operator's rule for each list. PURE.

A registration is no consent to marketing by itself (help.brevo.com/hc/articles/209405205, checked 2026-11-21), so a
list that campaigns go to can be bound to the answer to a question of the registration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from processors.engagement.contact import Membership
from processors.engagement.state import RegistrationRow
from runtime.models import ListRule


def consented(
    wanted: Membership, registrations: Iterable[RegistrationRow], rules: Mapping[int, ListRule]
) -> Membership:
    """The lists without those that the contact has not agreed to; nobody is taken off a list for want of an answer.

    Of several registrations that were asked, the latest one's answer stands, whatever became of the registration.
    """
    if not rules:
        return wanted
    told: dict[str, str] = {}
    for row in sorted(registrations, key=lambda each: (each.occurred_at, each.object_id, each.registrant_id)):
        if not row.retracted:
            told.update(row.answers)
    return Membership(tuple(each for each in wanted.joined if _agrees(rules.get(each), told)), wanted.left)


def questions_of(rules: Mapping[int, ListRule]) -> frozenset[str]:
    """The questions whose answers are needed."""
    return frozenset(rule.question for rule in rules.values() if rule.question is not None)


def _agrees(rule: ListRule | None, told: Mapping[str, str]) -> bool:
    if rule is None or rule.rule == "legitimate_interest":
        return True
    answer = told.get(rule.question or "", "").strip().casefold()
    return answer in {each.strip().casefold() for each in rule.answers}
