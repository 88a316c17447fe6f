"""One run of calls that brings a contact to what it wants, and what is known after each of them. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field

from processors.brevo.decisions.answers import AnswerClass
from processors.brevo.decisions.refusals import RefusedPart, left_out, narrowed, parts_of, restricted, words_of
from processors.brevo.decisions.results import left_out_detail
from processors.brevo.decisions.upsert import (
    Claim,
    Create,
    Read,
    Update,
    UpsertStep,
    after_claim,
    after_create,
    after_read,
    after_update,
    next_step,
)
from processors.brevo.decisions.wanted import Known, Wanted
from runtime.calls import Answer
from runtime.outcome import Outcome
from schemas.brevo import ContactState

MAX_CALLS = 8
"""Of one run, besides those that find out what is refused; read, update, create and update again are four. More means
that Brevo contradicts itself."""


@dataclass(slots=True)
class Attempt:
    """What is wanted, what is known, and which parts of a refused write are tried by themselves."""

    wanted: Wanted
    known: Known
    not_of_their_type: tuple[str, ...] = ()
    groups: tuple[frozenset[RefusedPart], ...] = ()
    refused: dict[RefusedPart, str] = field(default_factory=dict)
    """Parts that Brevo does not take, with its words."""
    calls: int = 0
    writes: int = 0
    refusals: int = 0
    status: int | None = None
    """HTTP status of the last answer."""

    @property
    def contradicts_itself(self) -> bool:
        """Whether Brevo was called more often than its answers explain."""
        return self.calls - 2 * self.refusals >= MAX_CALLS

    @property
    def detail(self) -> str:
        """For people: what was not written, and why."""
        return "; ".join(
            detail for detail in (left_out_detail(self.not_of_their_type), left_out(self.refused)) if detail
        )

    def next_step(self) -> UpsertStep | None:
        """The next call; ``None`` when Brevo holds all that it takes."""
        while (step := next_step(self.wanted, self.known)) is not None:
            if not self.groups or not isinstance(step, Create | Update):
                return step
            part = restricted(step, self.groups[0])
            if parts_of(part) or (isinstance(part, Create) and not self.groups[0]):
                return part
            self.groups = self.groups[1:]
        return None

    def learn(self, step: UpsertStep, answer: Answer, verdict: AnswerClass) -> bool:
        """Take in what an answer says of the contact; false when it says nothing, or refuses the contact itself."""
        if isinstance(step, Create | Update):
            return self._learn_of_write(step, answer, verdict)
        match verdict.outcome:
            case Outcome.DONE:
                found = answer.body
            case Outcome.MISSING:
                found = None
            case Outcome.REJECT if isinstance(step, Claim):
                self.refuse({step.name: words_of(answer)}, step)
                return True
            case _:
                return False
        if isinstance(step, Read):
            self.known = after_read(self.wanted, found)
        else:
            self.known = after_claim(self.wanted, self.known, step, found)
            if step.name in self.known.refused:
                self.refused[step.name] = "another contact has it"
        return True

    def _learn_of_write(self, step: Create | Update, answer: Answer, verdict: AnswerClass) -> bool:
        if verdict.outcome is not Outcome.DONE:
            return refuses_a_part(step, answer, verdict) and self._narrow(step, answer)
        if isinstance(step, Create):
            self.known = after_create(self.wanted, self.known, step, created=answer.status == 201)
        else:
            self.known = after_update(self.known, step)
        self.groups = self.groups[1:]
        return True

    def refuse(self, parts: dict[RefusedPart, str], step: Create | Update | Claim) -> None:
        """Leave these parts of a step out, with Brevo's words."""
        self.refused.update(parts)
        values = {step.name: step.value} if isinstance(step, Claim) else step.attributes
        names = {part: values[part] for part in parts if isinstance(part, str)}
        self.known = self.known.without(names, frozenset(part for part in parts if isinstance(part, int)))

    def lack(self, lists: frozenset[int]) -> None:
        """Lists that were refused do not exist: they are awaited, not refused for ever."""
        self.wanted = self.wanted.lacking(lists)
        self.known = self.known.with_lists(self.known.refused_lists - lists)
        self.refused.update(dict.fromkeys(lists, "it does not exist at Brevo"))

    def state(self) -> ContactState:
        """As the ledger keeps it."""
        return self.known.state(self.wanted.awaited)

    def _narrow(self, step: Create | Update, answer: Answer) -> bool:
        left = narrowed(step, answer, self.groups)
        if left.whole:
            return False
        self.refusals += 1
        self.groups = left.groups
        self.refuse(dict.fromkeys(left.refused, words_of(answer)), step)
        return True


def refuses_a_part(step: Create | Update, answer: Answer, verdict: AnswerClass) -> bool:
    """Whether the answer to a write is about something in it, and not about the contact."""
    if verdict.outcome is Outcome.MISSING:
        # A contact that is not there, unless Brevo speaks of a list.
        return isinstance(step, Create) or "list" in answer.text("message").lower()
    return verdict.outcome is Outcome.REJECT and verdict.name != "invalid_email"
