"""The records the sink posts: outcomes, and dead letters with the reason. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from processors.brevo.decisions.ledger import Waiting, contact_key
from processors.brevo.decisions.open_work import ContactWork, EventWork
from processors.engine.dead_letters import dead_letter_headers, fault_of, sent_again
from processors.engine.view import Output, Record
from schemas.brevo import CommandOutcome, CommandResult, ContactState, OnceCommand, UpsertContact
from schemas.brevo_feedback import BrevoFeedback
from schemas.errors import DeadLetterError
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, BREVO_EVENTS, BREVO_RESULTS, LETTERS


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a command."""

    outcome: CommandOutcome
    detail: str = ""
    status: int | None = None
    attempts: int = 0
    acknowledged: ContactState | None = None
    import_id: str | None = None
    """Of the import that the contact was in."""
    campaign_id: int | None = None
    """Brevo's, of a campaign."""
    intent_id: str | None = None
    """Of an event that is intended or withdrawn."""
    given_up: bool = False
    """Of a rejected event: it may have been sent."""
    error: str | None = None
    """Name of the answer's class, if the command goes to the dead letters."""
    unsure: bool = False
    """Of an upsert: a former owner of the partition may still overwrite it."""
    deleted: bool = False
    """Brevo does not have the contact any more: nothing may create it again."""


def left_out_detail(names: Sequence[str]) -> str:
    """For people: which values were not sent; empty when all were."""
    return f"left out, not of their type: {', '.join(names)}" if names else ""


def result_output(work: ContactWork, ending: Ending, finished_at: datetime) -> Output:
    """The outcome of work as a record of `brevo.results.v1`."""
    if isinstance(work, EventWork) and ending.campaign_id is None:
        ending = replace(ending, campaign_id=work.campaign_id)
    result = outcome(work.command, work.waiting, ending, finished_at)
    return Output.of(BREVO_RESULTS.name, contact_key(result.contact_id), result)


def outcome(
    command: UpsertContact | OnceCommand, waiting: Waiting, ending: Ending, finished_at: datetime
) -> CommandResult:
    """What became of a command."""
    once = command if isinstance(command, OnceCommand) else None
    return CommandResult(
        command_id=command.command_id,
        contact_id=command.contact_id,
        kind="upsert" if once is None else "event",
        revision=command.revision,
        outcome=ending.outcome,
        name=once.name if once else None,
        once_keys=once.once_keys if once else (),
        answers=waiting.answers,
        http_status=ending.status,
        attempts=ending.attempts,
        detail=ending.detail,
        session=command.session,
        import_id=ending.import_id,
        campaign_id=ending.campaign_id,
        intent_id=ending.intent_id,
        given_up=ending.given_up,
        acknowledged=ending.acknowledged,
        occurred_at=command.occurred_at,
        finished_at=finished_at,
        unsure=ending.unsure,
    )


def deletion_output(work: ContactWork, found_at: datetime) -> Output:
    """What Brevo would have told of a deleted contact, had its webhook come."""
    feedback = BrevoFeedback(kind="deleted", contact_id=work.command.contact_id, source="sync", occurred_at=found_at)
    return Output.of(BREVO_EVENTS.name, contact_key(feedback.contact_id), feedback)


def dead_letter_output(
    work: ContactWork, ending: Ending, *, agent: str, version: str, partition: int, at_ms: int
) -> Output:
    """The command as it came, to the dead letters of its topic; one that was sent again is counted instead."""
    waiting = work.waiting
    key = contact_key(work.command.contact_id)
    record = Record(
        topic=waiting.topic,
        partition=partition,
        offset=waiting.offset,
        timestamp_ms=waiting.timestamp_ms,
        key=key,
        value=waiting.command.encode(),
        headers=tuple((name, value.encode()) for name, value in waiting.headers),
    )
    error = DeadLetterError(ending.detail, label=ending.error or "rejected")
    fault = fault_of(error, stage=agent, at_ms=at_ms, version=version)
    if (repeat := sent_again(record, fault)) is not None:
        return Output.of(LETTERS.name, repeat.record_key, repeat)
    command = ("rollcall-command-id", work.command.command_id.encode())
    headers = (*(pair for pair in dead_letter_headers(record, fault) if pair[0] != command[0]), command)
    source = BREVO_COMMANDS if waiting.live else BREVO_COMMANDS_BULK
    return Output(source.dead_letter.name, key, record.value, headers)
