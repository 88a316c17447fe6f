"""What a result changes in the ledger. PURE."""

from __future__ import annotations

from processors.brevo.decisions.ledger import (
    BREVO_PENDING,
    EVENT_STATES,
    LEDGER,
    OPEN,
    OPEN_STATES,
    ContactRow,
    EventRow,
    EventState,
    Rank,
    contact_at,
    contact_key,
    event_at,
    event_key,
    rank_of_answer,
)
from processors.brevo.decisions.open_work import is_open
from processors.engine.view import View
from schemas.brevo import CommandResult, Decision
from schemas.errors import DeadLetterError


def apply_result(result: CommandResult, view: View) -> None:
    """Write into the ledger what has come of a command; what says less than a row knows changes nothing."""
    if result.kind == "upsert":
        _end_upsert(result, view)
    elif result.decision is not None and result.decision.verdict == "resend":
        _begin_again(result, result.decision, view)
    elif result.outcome == "withdrawn":
        _withdraw(result, view)
    else:
        _move_event(result, view)


def _end_upsert(result: CommandResult, view: View) -> None:
    key = contact_key(result.contact_id)
    row, rank = contact_at(view, key), rank_of_answer(result.revision, result.answers)
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


def _move_event(result: CommandResult, view: View) -> None:
    if result.outcome == "unchanged" or result.name is None:
        raise DeadLetterError("the result of an event has its name and never the outcome unchanged")
    assert result.outcome != "withdrawn"  # `apply_result` has seen to that
    state: EventState = result.outcome
    for once_key in dict.fromkeys(result.once_keys):
        key = event_key(result.contact_id, result.name, once_key)
        row = event_at(view, key)
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
        row = event_at(view, key)
        if row is not None and row.state == "intended" and row.intent_id == result.intent_id:
            view.put(LEDGER, key, row.model_copy(update={"state": "pending", "intent_id": None}).to_bytes())


def _begin_again(result: CommandResult, decision: Decision, view: View) -> None:
    """An event in doubt is sent as if it never had been: the one way back, by a person's word, once for each word."""
    for once_key in result.once_keys:
        key = event_key(result.contact_id, result.name or "", once_key)
        row = event_at(view, key)
        if row is None or row.state != "in_doubt" or row.decision_id == decision.decision_id:
            continue
        again = row.model_copy(update={"state": "pending", "decision_id": decision.decision_id})
        view.put(LEDGER, key, again.to_bytes())
        if row.waiting is not None:
            view.put(BREVO_PENDING, key, OPEN)
