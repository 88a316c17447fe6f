"""The sink's intake rule: commands become open rows, outcomes close them. PURE.

Everything here is a maximum (the newest revision, the most that is known of an event), so that commands and outcomes
may repeat and cross each other and still end in the same rows.
"""

from __future__ import annotations

from datetime import datetime

from typing_extensions import override

from processors.brevo.decisions.ledger import (
    BREVO_PENDING,
    FINAL_STATES,
    LEDGER,
    OPEN,
    RESUME,
    SUPPRESSIONS,
    EventRow,
    EventState,
    Rank,
    Waiting,
    contact_at,
    contact_key,
    event_key,
    rank_of,
)
from processors.brevo.decisions.open_commands import OpenCommands
from processors.brevo.decisions.outdated import is_outdated
from processors.brevo.decisions.refused_events import begin_refused, was_refused
from processors.brevo.decisions.result_intake import apply_result
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.decisions.suppression import end_suppressed, note, suppress, suppression_of
from processors.engine.view import Record, Rule, View
from processors.erasure.marks import Marks
from schemas.brevo import BREVO_COMMAND, BrevoCommand, CommandResult, OnceCommand, Resume, UpsertContact
from schemas.brevo_feedback import BrevoFeedback
from schemas.engagement import ResyncContact
from schemas.errors import DeadLetterError
from schemas.instants import as_datetime
from schemas.topics import BREVO_EVENTS, BREVO_RESULTS, ENGAGEMENT_RESYNCS


class CommandIntake(Rule):
    """Consumes commands of both priorities and the sink's own outcomes; no other code changes the sink's rows.

    Args:
        rules: what the operator has decided.
        named_lists: of the configuration.
        commands: where those that are open from now on are kept for who works on them.
    """

    def __init__(
        self, rules: SendingRules, named_lists: frozenset[int] = frozenset(), commands: OpenCommands | None = None
    ) -> None:
        self._commands = OpenCommands() if commands is None else commands
        self._rules = rules
        self._named_lists = named_lists
        self._marks = Marks(SUPPRESSIONS, returns=rules.erased_return)

    @override
    def handle(self, record: Record, view: View) -> None:
        """Writes the rows that the record asks for.

        Raises:
            DeadLetterError: a record without a value, or under a key that is not its contact's id.
            ValueError: a value that is no command and no result.
        """
        if record.value is None:
            raise DeadLetterError("a command or result needs a value")
        if record.topic == BREVO_EVENTS.name:
            feedback = BrevoFeedback.from_bytes(record.value)
            _check_key(record, feedback.contact_id)
            if feedback.kind == "import_ended" or not self._keeps_out(feedback, view):
                read = self._commands.reader(record.partition, feedback.contact_id)
                suppress(feedback, record, view, self._rules, read)
            return
        if record.topic == BREVO_RESULTS.name and record.key is None:
            view.put(LEDGER, RESUME, Resume.from_bytes(record.value).to_bytes())
            return
        if record.topic == BREVO_RESULTS.name:
            result = CommandResult.from_bytes(record.value)
            _check_key(record, result.contact_id)
            if not self._keeps_out(result, view):
                apply_result(result, view)
            return
        self._take_command(record, view)

    def _take_command(self, record: Record, view: View) -> None:
        command = BREVO_COMMAND.validate_json(record.value or b"")
        _check_key(record, command.contact_id)
        if isinstance(command, UpsertContact) and command.reason == "registration":
            self._marks.registers(command.contact_id, int(command.occurred_at.timestamp()), view)
        if self._keeps_out(command, view):
            return
        suppression = suppression_of(command.contact_id, view)
        if self._rules.comes_back(command, suppression):
            suppression = note(command.contact_id, "returned", command.occurred_at, view)
        if (why := self._rules.keeps_from(command, suppression)) is not None:
            end_suppressed(command, record, view, why)
        elif isinstance(command, OnceCommand):
            # Only a question to who has registered after their deletion comes so far (`SendingRules.keeps_from`).
            anew_since = suppression.erased_at if suppression is not None else None
            waiting = _take_event(command, record, view, self._rules, anew_since=anew_since)
            if waiting is not None:
                self._commands.keep(record.partition, waiting, command)
        else:
            rank = rank_of(command.revision, record.topic, record.offset)
            waiting = Waiting.of(record)
            if _take_upsert(command, rank, waiting, view):
                self._commands.keep(record.partition, waiting, command)
                self._follow(command, record, view)

    def _keeps_out(self, said: BrevoCommand | CommandResult | BrevoFeedback, view: View) -> bool:
        """What is of somebody who was forgotten is not taken in: nothing is written, and nothing said of it."""
        return self._marks.keeps_out(said.contact_id, int(said.occurred_at.timestamp()), view)

    def _follow(self, command: UpsertContact, record: Record, view: View) -> None:
        """What else the newest upsert of a contact brings about."""
        if command.retries_refused:
            read = self._commands.reader(record.partition, command.contact_id)
            begin_refused(command.contact_id, view, self._rules, read)
        if is_outdated(command, self._named_lists):
            requested_at = as_datetime(record.timestamp_ms // 1_000)
            request = ResyncContact(contact_id=command.contact_id, requested_at=requested_at)
            view.send(ENGAGEMENT_RESYNCS.name, contact_key(command.contact_id), request)


def _check_key(record: Record, contact_id: str) -> None:
    if record.key != contact_key(contact_id) or "/" in contact_id:
        raise DeadLetterError("the record's key must be its contact_id: the contact's rows are in the key's partition")


def _take_upsert(command: UpsertContact, rank: Rank, waiting: Waiting, view: View) -> bool:
    """Whether it is the newest, and waits now."""
    key = contact_key(command.contact_id)
    row = contact_at(view, key)
    if any(known is not None and rank <= known for known in (row.done, row.rank)):
        return False
    changes: dict[str, object] = {"pending": waiting, "rank": rank, "awaited": ()}
    if command.creates:
        taken_at = as_datetime(waiting.timestamp_ms // 1_000)
        changes.update(creatable_at=min(taken_at, row.creatable_at or taken_at))
    view.put(LEDGER, key, row.model_copy(update=changes).to_bytes())
    view.put(BREVO_PENDING, key, OPEN)
    return True


def _take_event(
    command: OnceCommand, record: Record, view: View, rules: SendingRules, *, anew_since: datetime | None
) -> Waiting | None:
    """What is kept of the command if it waits now; what became of the event before `anew_since` does not count."""
    keys = [event_key(command.contact_id, command.name, once_key) for once_key in dict.fromkeys(command.once_keys)]
    if not keys:
        raise DeadLetterError("an event needs once_keys: without them nothing keeps it from being sent twice")
    absent = [key for key in keys if _may_begin(view.get(LEDGER, key), record, anew_since)]
    is_new = len(absent) == len(keys)
    # Sent for one is sent for all: the instances that are new share the fate of the one that is known.
    why = rules.holds_back(command, record)
    state: EventState = "pending" if is_new and why is None else "suppressed"
    waiting = Waiting.of(record) if state == "pending" else None
    for key in absent:
        row = EventRow(
            state=state,
            command_id=command.command_id,
            waiting=waiting if key == keys[0] else None,
            happened_at=command.occurred_at,
        )
        view.put(LEDGER, key, row.to_bytes())
    if state == "pending":
        view.put(BREVO_PENDING, keys[0], OPEN)
    elif is_new and why is not None:
        end_suppressed(command, record, view, why)
    return waiting


def _may_begin(data: bytes | None, record: Record, anew_since: datetime | None) -> bool:
    """Nothing that counts is known of it, or Brevo refused it and another record asks again: it was never sent."""
    if data is None:
        return True
    row = EventRow.from_bytes(data)
    if anew_since is not None and row.state in FINAL_STATES and (row.happened_at or anew_since) <= anew_since:
        return True
    return was_refused(row) and row.answers != f"{record.topic}@{record.offset}"
