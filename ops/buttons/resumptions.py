"""The button of `rollcall brevo resume`."""

from __future__ import annotations

from collections.abc import Sequence

from console.acting import Act, FormAnswers, PlannedAct, digest_of
from ops.brevo.resume import tell_workers
from ops.buttons.commands import with_reason
from runtime.kafka import KafkaConnection


def resume_act(connection: KafkaConnection) -> Act:
    """Parked calls to Brevo go on."""

    async def plan(_answers: FormAnswers) -> PlannedAct:
        async def carry_out(operator: str, reason: str) -> Sequence[str]:
            await tell_workers(connection, operator, reason)
            return ["told all workers to go on"]

        line = "Every worker is told to call Brevo again at once; by themselves they find out within minutes"
        return PlannedAct([line], digest_of("brevo.resume"), carry_out)

    return Act(
        name="brevo.resume",
        title="Go on calling Brevo",
        about="For calls that are parked: after an IP address was authorised, a key changed, or credit bought.",
        fields=(),
        command=lambda _answers: with_reason("brevo", "resume"),
        plan=plan,
    )
