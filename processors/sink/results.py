"""The records the sink posts: outcomes, and dead letters with the reason. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from processors.engine.dead_letters import dead_letter_headers
from processors.engine.view import Output, Record
from processors.sink.ledger import EventWork, Waiting, Work, contact_key
from schemas.brevo import CommandResult, ContactState, Outcome
from schemas.errors import DeadLetterError
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, BREVO_RESULTS, Topic


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a command."""

    outcome: Outcome
    detail: str = ""
    status: int | None = None
    attempts: int = 0
    acknowledged: ContactState | None = None
    import_id: str | None = None
    """Of the import that the contact was in."""
    error: str | None = None
    """Name of the answer's class, if the command goes to the dead letters."""


def result_output(work: Work, ending: Ending, finished_at: datetime) -> Output:
    """The outcome as a record of `brevo.results.v1`."""
    command = work.command
    is_event = isinstance(work, EventWork)
    result = CommandResult(
        command_id=command.command_id,
        contact_id=command.contact_id,
        kind="event" if is_event else "upsert",
        revision=command.revision,
        outcome=ending.outcome,
        name=work.command.name if isinstance(work, EventWork) else None,
        once_keys=work.command.once_keys if isinstance(work, EventWork) else (),
        answers=work.waiting.answers,
        status=ending.status,
        attempts=ending.attempts,
        detail=ending.detail,
        session=command.session,
        import_id=ending.import_id,
        acknowledged=ending.acknowledged,
        occurred_at=command.occurred_at,
        finished_at=finished_at,
    )
    return Output(BREVO_RESULTS.name, contact_key(command.contact_id), result.to_bytes())


def dead_letter_output(work: Work, ending: Ending, *, agent: str, version: str, partition: int) -> Output:
    """The command as it came, to the dead letters of its lane, with the headers that every dead letter has."""
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
    ours = {"rollcall-error": ending.error or "rejected", "rollcall-command-id": work.command.command_id}
    headers = dead_letter_headers(record, agent=agent, error=DeadLetterError(ending.detail), version=version)
    kept = tuple((name, value) for name, value in headers if name not in ours)
    return Output(
        _lane(waiting).dead_letter.name, key, record.value, kept + tuple((k, v.encode()) for k, v in ours.items())
    )


def _lane(waiting: Waiting) -> Topic:
    return BREVO_COMMANDS if waiting.live else BREVO_COMMANDS_BULK
