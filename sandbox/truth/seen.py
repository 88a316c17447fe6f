"""Who was seen in the runs of a session, and who of them is its audience. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.truth.evidence import SeenEvidence
from sandbox.truth.groups import HeldRun, RunGroup
from sandbox.truth.presence import Stay
from sandbox.truth.rules import Rules
from sandbox.truth.visits import excluded_people


@dataclass(frozen=True)
class SeenPeople:
    """Everybody in the runs of a group."""

    people: frozenset[str]
    """Anonymous ones begin with `?`."""
    excluded: set[str]
    audience: dict[str, dict[str, list[Stay]]]
    """Intervals of who is not excluded, by run's uuid and person."""

    @property
    def known(self) -> frozenset[str]:
        """E-mails of those who have one."""
        return frozenset(person for person in self.people if not person.startswith("?"))

    def anonymous_in(self, views: list[HeldRun]) -> int:
        """How many of the audience of these runs have none."""
        return sum(key.startswith("?") for view in views for key in self.audience[view.run.uuid])


def seen_in(group: RunGroup, evidence: SeenEvidence, addresses: dict[str, str], rules: Rules) -> SeenPeople:
    """`addresses`: by registrant id."""
    excluded = excluded_people([(view.run, view.visits) for view in group.views], evidence, addresses, rules)
    people = frozenset(visit.person for view in group.views for visit in view.visits)
    return SeenPeople(people, excluded, {view.run.uuid: _audience(view, excluded) for view in group.views})


def _audience(view: HeldRun, excluded: set[str]) -> dict[str, list[Stay]]:
    """Intervals in one run of who is not excluded."""
    found: dict[str, list[Stay]] = {}
    for visit in view.visits:
        if visit.person not in excluded:
            found.setdefault(visit.person, []).extend(visit.intervals)
    return found
