"""What becomes of events in doubt: the act of `rollcall effects resolve`, and of its button."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ops.audit import audit_entry
from ops.brevo.at_brevo import AtBrevo
from ops.brevo.choosing import DoubtWish
from ops.brevo.effects import event_selection, titles_of
from ops.brevo.ledger import Open, doubts, ledger
from ops.posting import posting
from ops.selection.finding import known_sessions
from runtime.kafka import KafkaConnection
from schemas.brevo import CommandOutcome, CommandResult, Decision, Verdict
from schemas.topics import BREVO_RESULTS

OUTCOMES: dict[Verdict, CommandOutcome] = {"sent": "acknowledged", "resend": "intended", "drop": "rejected"}


@dataclass(frozen=True, slots=True)
class Decided:
    """One event, whether Brevo has it, and what becomes of it."""

    doubt: Open
    at_brevo: AtBrevo
    verdict: Verdict | None
    """`None`: it stays in doubt."""


async def chosen(
    connection: KafkaConnection,
    *,
    command_id: str | None = None,
    session: str | None = None,
    contact: str | None = None,
    name: str | None = None,
) -> tuple[list[Open], Mapping[str, str]]:
    """Events in doubt that meet every condition, as a person says it, and the titles of sessions by uuid.

    Raises:
        ConfigurationError: no session, or several, are meant; or nobody.
        RetryLaterError: Kafka does not answer.
    """
    in_doubt, summaries = doubts((await ledger(connection)).events), await known_sessions(connection)
    return event_selection(summaries, session, contact, name, command_id).of(in_doubt), titles_of(summaries)


async def decide(
    connection: KafkaConnection, deciding: Sequence[Decided], wish: DoubtWish, operator: str, reason: str
) -> None:
    """Tell the sink, and note it; those without a verdict stay as they are.

    Raises:
        RetryLaterError: Kafka does not answer; do it again.
    """
    decided = [(event, event.verdict) for event in deciding if event.verdict]
    if not decided:
        return
    now = datetime.now(UTC)
    results = [
        (event.doubt.command.contact_id.encode(), decision_result(event.doubt, verdict, operator, now))
        for event, verdict in decided
    ]
    subject = f"{len(decided)} events"
    details: dict[str, str | int] = {"wish": wish}
    details.update(Counter(verdict for _, verdict in decided).items())
    if len(decided) == 1:
        [(event, verdict)] = decided
        command = event.doubt.command
        subject = command.contact_id
        details = {
            "command_id": command.command_id, "name": command.name, "verdict": verdict, "at_brevo": event.at_brevo,
        }  # fmt: skip
    async with posting(connection) as to_kafka:
        await to_kafka.post(BREVO_RESULTS, results)
        await to_kafka.note(audit_entry("effects.resolve", subject, details, reason, operator))


def decision_result(doubt: Open, verdict: Verdict, operator: str, now: datetime) -> CommandResult:
    """What the sink reads of a decision."""
    command = doubt.command
    return CommandResult(
        command_id=command.command_id,
        contact_id=command.contact_id,
        kind="event",
        revision=command.revision,
        outcome=OUTCOMES[verdict],
        name=command.name,
        once_keys=command.once_keys,
        answers=doubt.answers,
        detail=f"decided by hand: {verdict}",
        session=command.session,
        decision=Decision(decision_id=secrets.token_hex(16), verdict=verdict, operator=operator),
        occurred_at=command.occurred_at,
        finished_at=now,
    )
