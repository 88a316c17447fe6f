"""The sink's intake rule: commands become open rows, outcomes close them. PURE.

Everything here is a maximum (the newest revision, the most that is known of an event), so that commands and outcomes
may repeat and cross each other and still end in the same rows.
"""

from __future__ import annotations

from datetime import datetime

from typing_extensions import override

from processors.brevo.decisions.ledger import (
    BREVO_PENDING,
    EVENT_STATES,
    LEDGER,
    OPEN,
    RESUME,
    SUPPRESSIONS,
    ContactRow,
    EventRow,
    EventState,
    Rank,
    Waiting,
    contact_key,
    event_key,
    is_open,
    rank_of,
    rank_of_answer,
)
from processors.brevo.decisions.open_commands import OpenCommands
from processors.brevo.decisions.outdated import is_outdated
from processors.brevo.decisions.refused_events import begin_refused, was_refused
from processors.brevo.decisions.suppression import Consent, end_suppressed, note, suppress, suppression_of
from processors.engine.view import Record, Rule, View
from processors.erasure.marks import Marks
from schemas.brevo import BrevoCommand, CommandResult, Decision, OnceCommand, Resume, UpsertContact
from schemas.brevo_feedback import BrevoFeedback
from schemas.engagement import ResyncContact
from schemas.errors import DeadLetterError
from schemas.instants import as_datetime
from schemas.topics import BREVO_EVENTS, BREVO_RESULTS, ENGAGEMENT_RESYNCS

_FINAL = ("acknowledged", "suppressed", "rejected")
OPEN_STATES = ("pending", "intended", "in_doubt")


class CommandIntake(Rule):
    """Consumes commands of both priorities and the sink's own outcomes; no other code changes the sink's rows.

    Args:
        consent: what the operator has decided.
        named_lists: of the configuration.
        commands: where those that are open from now on are kept for who works on them.
    """

    def __init__(
        self, consent: Consent, named_lists: frozenset[int] = frozenset(), commands: OpenCommands | None = None
    ) -> None:
        self._commands = OpenCommands() if commands is None else commands
        self._consent = consent
        self._named_lists = named_lists
        self._marks = Marks(SUPPRESSIONS, returns=consent.erased_return)

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
                suppress(feedback, record, view, self._consent, read)
            return
        if record.topic == BREVO_RESULTS.name and record.key is None:
            view.put(LEDGER, RESUME, Resume.from_bytes(record.value).to_bytes())
            return
        if record.topic == BREVO_RESULTS.name:
            result = CommandResult.from_bytes(record.value)
            _check_key(record, result.contact_id)
            if not self._keeps_out(result, view):
                _take_result(result, view)
            return
        self._take_command(record, view)

    def _take_command(self, record: Record, view: View) -> None:
        command = self._commands.of_record(record)
        _check_key(record, command.contact_id)
        if isinstance(command, UpsertContact) and command.reason == "registration":
            self._marks.registers(command.contact_id, int(command.occurred_at.timestamp()), view)
        if self._keeps_out(command, view):
            return
        suppression = suppression_of(command.contact_id, view)
        if self._consent.comes_back(command, suppression):
            suppression = note(command.contact_id, "returned", command.occurred_at, view)
        if (why := self._consent.keeps_from(command, suppression)) is not None:
            end_suppressed(command, record, view, why)
        elif isinstance(command, OnceCommand):
            # Only a question to who has registered after their deletion comes so far (`Consent.keeps_from`).
            anew_since = suppression.erased_at if suppression is not None else None
            waiting = _take_event(command, record, view, self._consent, anew_since=anew_since)
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
            begin_refused(command.contact_id, view, self._consent, read)
        if is_outdated(command, self._named_lists):
            requested_at = as_datetime(record.timestamp_ms // 1_000)
            request = ResyncContact(contact_id=command.contact_id, requested_at=requested_at)
            view.send(ENGAGEMENT_RESYNCS.name, contact_key(command.contact_id), request)


def _take_result(result: CommandResult, view: View) -> None:
    if result.kind == "upsert":
        _end_upsert(result, view)
    elif result.decision is not None and result.decision.verdict == "resend":
        _begin_again(result, result.decision, view)
    elif result.outcome == "withdrawn":
        _withdraw(result, view)
    else:
        _move_event(result, view)


def _check_key(record: Record, contact_id: str) -> None:
    if record.key != contact_key(contact_id) or "/" in contact_id:
        raise DeadLetterError("the record's key must be its contact_id: the contact's rows are in the key's partition")


def _take_upsert(command: UpsertContact, rank: Rank, waiting: Waiting, view: View) -> bool:
    """Whether it is the newest, and waits now."""
    key = contact_key(command.contact_id)
    row = _contact(view, key)
    if any(known is not None and rank <= known for known in (row.done, row.rank)):
        return False
    changes: dict[str, object] = {"pending": waiting, "rank": rank, "awaited": ()}
    if command.creates:
        taken_at = as_datetime(waiting.timestamp_ms // 1_000)
        changes.update(creatable_at=min(taken_at, row.creatable_at or taken_at))
    view.put(LEDGER, key, row.model_copy(update=changes).to_bytes())
    view.put(BREVO_PENDING, key, OPEN)
    return True


def _end_upsert(result: CommandResult, view: View) -> None:
    key = contact_key(result.contact_id)
    row, rank = _contact(view, key), rank_of_answer(result.revision, result.answers)
    if result.outcome == "intended":
        if is_open(row, rank):
            view.put(LEDGER, key, row.model_copy(update={"importing": result.import_id}).to_bytes())
        return
    changes = _learned(result, row, rank)
    awaited = result.acknowledged.awaited if result.acknowledged is not None else ()
    if rank == row.rank and (awaited or result.unsure):
        changes.update(awaited=awaited, unsure=result.unsure)
    elif row.rank is not None and rank >= row.rank:
        changes.update(pending=None, rank=None, awaited=(), unsure=False)
        view.delete(BREVO_PENDING, key)
    elif row.rank is not None and result.unsure:
        changes.update(unsure=True)
    if changes:
        view.put(LEDGER, key, row.model_copy(update=changes).to_bytes())


def _learned(result: CommandResult, row: ContactRow, rank: Rank) -> dict[str, object]:
    """What an outcome says of the contact, whether or not it is that of the command that waits."""
    changes: dict[str, object] = {}
    if row.importing is not None and (result.import_id == row.importing or row.rank is None or rank >= row.rank):
        changes.update(importing=None)
    if result.acknowledged is not None and (row.state_rank is None or rank >= row.state_rank):
        changes.update(state=result.acknowledged, state_rank=rank)
    if row.done is None or rank > row.done:
        changes.update(
            done=rank,
            rejected=result.detail if result.outcome == "rejected" else None,
            withheld=result.detail if result.outcome == "suppressed" else None,
        )
    return changes


def _take_event(
    command: OnceCommand, record: Record, view: View, consent: Consent, *, anew_since: datetime | None
) -> Waiting | None:
    """What is kept of the command if it waits now; what became of the event before `anew_since` does not count."""
    keys = [event_key(command.contact_id, command.name, once_key) for once_key in dict.fromkeys(command.once_keys)]
    if not keys:
        raise DeadLetterError("an event needs once_keys: without them nothing keeps it from being sent twice")
    absent = [key for key in keys if _may_begin(view.get(LEDGER, key), record, anew_since)]
    is_new = len(absent) == len(keys)
    # Sent for one is sent for all: the instances that are new share the fate of the one that is known.
    why = consent.holds_back(command, record)
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
    if anew_since is not None and row.state in _FINAL and (row.happened_at or anew_since) <= anew_since:
        return True
    return was_refused(row) and row.answers != f"{record.topic}@{record.offset}"


def _move_event(result: CommandResult, view: View) -> None:
    if result.outcome == "unchanged" or result.name is None:
        raise DeadLetterError("the result of an event has its name and never the outcome unchanged")
    assert result.outcome != "withdrawn"  # `handle` has seen to that
    state: EventState = result.outcome
    for once_key in dict.fromkeys(result.once_keys):
        key = event_key(result.contact_id, result.name, once_key)
        data = view.get(LEDGER, key)
        row = EventRow.from_bytes(data) if data is not None else None
        if row is None and state == "intended":
            continue
        if row is not None and (
            EVENT_STATES.index(state) <= EVENT_STATES.index(row.state) or _is_of_another(result, row)
        ):
            continue
        view.put(LEDGER, key, _moved(row, state, result).to_bytes())
        if state not in OPEN_STATES:
            view.delete(BREVO_PENDING, key)


def _is_of_another(result: CommandResult, row: EventRow) -> bool:
    """Another record for the event was suppressed than the one that waits, such as one from before a deletion."""
    return result.outcome == "suppressed" and row.waiting is not None and row.waiting.answers != result.answers


def _moved(row: EventRow | None, state: EventState, result: CommandResult) -> EventRow:
    """An event's row after its result."""
    before = row or EventRow(state=state, command_id=result.command_id)
    given_up = result.given_up or result.decision is not None
    return EventRow(
        state=state,
        command_id=result.command_id,
        # The command stays while a person or the pump may still need it.
        waiting=before.waiting if state in OPEN_STATES or (state == "rejected" and not given_up) else None,
        decision_id=before.decision_id,
        campaign_id=result.campaign_id or before.campaign_id,
        intent_id=result.intent_id if state == "intended" else None,
        answers=result.answers if state == "rejected" else None,
        given_up=given_up,
        happened_at=result.occurred_at,
    )


def _withdraw(result: CommandResult, view: View) -> None:
    """The call of this one intent was not made, or surely did nothing: the event waits as before."""
    for once_key in result.once_keys:
        key = event_key(result.contact_id, result.name or "", once_key)
        data = view.get(LEDGER, key)
        row = EventRow.from_bytes(data) if data is not None else None
        if row is not None and row.state == "intended" and row.intent_id == result.intent_id:
            view.put(LEDGER, key, row.model_copy(update={"state": "pending", "intent_id": None}).to_bytes())


def _begin_again(result: CommandResult, decision: Decision, view: View) -> None:
    """An event in doubt is sent as if it never had been: the one way back, by a person's word, once for each word."""
    for once_key in result.once_keys:
        key = event_key(result.contact_id, result.name or "", once_key)
        data = view.get(LEDGER, key)
        row = EventRow.from_bytes(data) if data is not None else None
        if row is None or row.state != "in_doubt" or row.decision_id == decision.decision_id:
            continue
        again = row.model_copy(update={"state": "pending", "decision_id": decision.decision_id})
        view.put(LEDGER, key, again.to_bytes())
        if row.waiting is not None:
            view.put(BREVO_PENDING, key, OPEN)


def _contact(view: View, key: bytes) -> ContactRow:
    data = view.get(LEDGER, key)
    return ContactRow.from_bytes(data) if data is not None else ContactRow()
