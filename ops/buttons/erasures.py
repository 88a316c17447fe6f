"""The button of `rollcall forget`. The console has no key of Brevo's: the contact there is deleted by the command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console

from console.acting import Answers, Field, digest_of
from ops.forget.command import ErasureOrder, ErasureOutcome, carry_out, check_states, in_read_model, look
from ops.forget.display import in_words
from ops.forget.person import DataSubject
from ops.forget.place import in_force
from ops.workplace import Workplace


@dataclass(frozen=True, slots=True)
class ErasureButton:
    """A person, forgotten."""

    environment: Mapping[str, str]
    name: str = "forget"
    title: str = "Forget a person"
    about: str = (
        "Removes a person from every table, compacted topic and the read model, and proves it; it cannot be undone. "
        "The contact at Brevo is left, for this console has no key of Brevo's: `rollcall forget --brevo` deletes it."
    )
    fields: Sequence[Field] = (Field("who", "Who", "An e-mail address, or a contact id."),)

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        return f"rollcall forget {shlex.quote(answers['who'])} --reason …"

    async def plan(self, answers: Answers) -> PlannedErasure:
        """Of what the topics hold now."""
        person, where = DataSubject.named(answers["who"]), Workplace.of(self.environment, Console(quiet=True))
        await check_states(where)
        found = await look(where, person)
        return PlannedErasure(where, person, ErasureOutcome(found.places, await in_read_model(where, person)))


@dataclass(frozen=True, slots=True)
class PlannedErasure:
    """Where the person is."""

    where: Workplace
    person: DataSubject
    outcome: ErasureOutcome

    @property
    def due(self) -> int:
        """Topics and tables that hold something in force, and the read model; 1 where nothing is left but the mark."""
        return max(1, len(list(in_force(self.outcome.places))) + bool(self.outcome.read_model))

    @property
    def lines(self) -> Sequence[str]:
        """Each with until when."""
        found = list(in_words(self.outcome.places, datetime.now(UTC)))
        return [*(found or ["no topic and no table says anything of this person"]), *self._read_model()]

    @property
    def digest(self) -> str:
        """Of who it is."""
        return digest_of("forget", self.person.contact_id)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does, but for Brevo."""
        order, outcome = ErasureOrder(self.person, None, reason), self.outcome
        await carry_out(self.where.for_operator(operator), order, outcome)
        if outcome.waits:
            return ["no worker has carried the order out yet: the next one does; then do this again for the proof"]
        removed = [f"removed from {place}: {count}" for place, count in sorted(outcome.removed.items())]
        proof = "nothing in force is left" if outcome.is_clean else "something is left in force: do it again"
        return [*removed, proof, *self.lines]

    def _read_model(self) -> Sequence[str]:
        rows = self.outcome.read_model
        return [] if rows is None else [f"read model: {rows} rows"]
