"""The button of `rollcall forget`. The console has no key of Brevo's: the contact there is deleted by the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from console.acting import Act, Field, FormAnswers, PlannedAct, digest_of
from ops.buttons.commands import with_reason
from ops.forget.command import ErasureOrder, ErasureOutcome, carry_out, check_states, in_read_model, look
from ops.forget.display import in_words
from ops.forget.person import DataSubject
from ops.forget.place import in_force
from ops.workplace import Workplace


def erasure_act(environment: Mapping[str, str]) -> Act:
    """A person, forgotten; the environment names the configuration file and the read model."""

    async def plan(answers: FormAnswers) -> PlannedAct:
        person, place = DataSubject.named(answers["who"]), Workplace.of(environment)
        await check_states(place)
        found = await look(place, person)
        return _planned(place, person, ErasureOutcome(found.places, await in_read_model(place, person)))

    return Act(
        name="forget",
        title="Forget a person",
        about="Removes a person from every table, compacted topic and the read model, and proves it; it cannot be "
        "undone. The contact at Brevo is left, for this console has no key of Brevo's: `rollcall forget --brevo` "
        "deletes it.",
        fields=(Field("who", "Who", "An e-mail address, or a contact id."),),
        command=lambda answers: with_reason("forget", answers["who"]),
        plan=plan,
    )


def _planned(place: Workplace, person: DataSubject, outcome: ErasureOutcome) -> PlannedAct:
    """As the command does, but for Brevo."""

    async def forget(operator: str, reason: str) -> Sequence[str]:
        await carry_out(place.for_operator(operator), ErasureOrder(person, None, reason), outcome)
        if outcome.waits:
            return ["no worker has carried the order out yet: the next one does; then do this again for the proof"]
        removed = [f"removed from {where}: {count}" for where, count in sorted(outcome.removed.items())]
        proof = "nothing in force is left" if outcome.is_clean else "something is left in force: do it again"
        return [*removed, proof, *_lines(outcome)]

    # Where nothing but the mark is left, it can be done all the same.
    due = max(1, len(list(in_force(outcome.places))) + bool(outcome.read_model))
    return PlannedAct(_lines(outcome), digest_of("forget", person.contact_id), forget, due)


def _lines(outcome: ErasureOutcome) -> list[str]:
    """Where the person is, each with until when."""
    found = list(in_words(outcome.places, datetime.now(UTC)))
    rows = [] if outcome.read_model is None else [f"read model: {outcome.read_model} rows"]
    return [*(found or ["no topic and no table says anything of this person"]), *rows]
