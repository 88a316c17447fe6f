"""How a rebuilt state differs, in words and as a JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ops.rebuild.compare import FactChange, ScoreChange
from ops.rebuild.difference import ComparedFact, StateDifference
from ops.resync import display as commands
from readmodel.words import counted
from schemas.attendance import Result
from schemas.states import RebuiltState

_FEW = 20
"""Differences that are shown in words; the document has all."""
_SEEN = {"new": "only here", "gone": "only live", "changed": "changed"}


def in_words(
    found: StateDifference, state: RebuiltState | None, messages: Mapping[bytes, ComparedFact]
) -> Iterator[str]:
    """Line by line.

    Args:
        found: all of it.
        state: what is noted of the rebuild; ``None`` of the first state.
        messages: of the other state's facts, by row key.
    """
    yield from _of_state(state)
    facts = Counter((change.what, change.kind) for change in found.facts)
    yield f"{counted(found.looked_at, 'contact')} compared, {len(found.concerned)} differ"
    for (what, kind), count in sorted(facts.items()):
        yield f"  {counted(count, what)} {_SEEN[kind]}"
    if found.scores:
        shown = sum(change.shows for change in found.scores)
        scores = counted(len(found.scores), "score")
        yield f"  {scores}: {shown} another number or tier, the others by another reckoning"
    for name, count in sorted(found.not_sent.items()):
        yield f"  {counted(count, 'event')} `{name}` never sent, and not to be"
    if found.concerned:
        yield "of these, at Brevo:"
        yield from (f"  {line}" for line in commands.in_words(found.commands))
    yield from map(_fact_in_words, found.facts[:_FEW], (_reason(change, messages) for change in found.facts[:_FEW]))
    yield from map(_score_in_words, [change for change in found.scores if change.shows][:_FEW])
    if max(len(found.facts), len(found.scores)) > _FEW:
        yield f"and more: --json has all {len(found.facts)} facts and {len(found.scores)} scores"


def document(
    found: StateDifference, name: str, live: str, state: RebuiltState | None, messages: Mapping[bytes, ComparedFact]
) -> dict[str, Any]:
    """The same for programs, every difference with its reason."""
    return {
        "state": name,
        "live": live,
        "rebuilt": None if state is None else state.model_dump(mode="json"),
        "looked_at": found.looked_at,
        "contacts": found.concerned,
        "facts": [_fact(change, _reason(change, messages)) for change in found.facts],
        "scores": [_score(change) for change in found.scores],
        "events_not_sent": dict(sorted(found.not_sent.items())),
        "commands": commands.document(found.commands),
    }


def built_in_words(state: RebuiltState, work: str = "") -> Iterator[str]:
    """That it has caught up, and what to do next; `work`: how much was done, with a comma behind it."""
    yield (
        f"{state.name} has caught up: {work}{counted(state.dead_letters, 'dead letter')}, "
        f"{counted(state.unanswered, 'question')} to Zoom without a kept answer"
    )
    if state.unanswered:
        yield f"to have Zoom asked: {_ask(state)}"
    yield f"next: rollcall rebuild diff {state.name}"


def _ask(state: RebuiltState) -> str:
    return f"rollcall rebuild start {state.name} --ask-zoom begins it anew, and asks"


def _of_state(state: RebuiltState | None) -> Iterator[str]:
    if state is None:
        return
    if state.stage in ("carrying", "computing"):
        yield f"{state.name} has not caught up yet: what it has not read shows as a difference"
    if state.horizon is not None:
        yield (
            f"raw events from before {state.horizon:%Y-%m-%d %H:%M} UTC are no longer all there: {state.carried_rows} "
            f"rows were taken over from {state.beside}, of {state.carried_objects} webinars and meetings among others"
        )
    if state.unanswered:
        yield f"{counted(state.unanswered, 'question')} to Zoom had no kept answer; {_ask(state)}"
    if state.dead_letters:
        yield f"{counted(state.dead_letters, 'dead letter')}, in topics rebuild.{state.name}.*.dlq"


def _reason(change: FactChange, messages: Mapping[bytes, ComparedFact]) -> str:
    """Why, in a few words: what differs, and the rule's reason where it gives one."""
    message = messages.get(change.key)
    by_rule = message.reason if isinstance(message, Result) and message.reason else None
    if change.kind != "changed":
        return f"{_SEEN[change.kind]}{f' ({by_rule})' if by_rule else ''}"
    said = ", ".join(f"{name} {before} -> {after}" for name, (before, after) in change.fields.items())
    return (said or "what is kept beside") + (f" ({by_rule})" if by_rule else "")


def _fact_in_words(change: FactChange, why: str) -> str:
    return f"{change.what} of {change.contact_id[:12]} in {change.name}: {why}"


def _fact(change: FactChange, why: str) -> dict[str, Any]:
    return {
        "contact_id": change.contact_id,
        "what": change.what,
        "name": change.name,
        "kind": change.kind,
        "live": _shown(change, 0),
        "rebuilt": _shown(change, 1),
        "why": why,
    }


def _shown(change: FactChange, side: int) -> dict[str, Any]:
    return {
        name: pair[side].model_dump(mode="json") if hasattr(pair[side], "model_dump") else pair[side]
        for name, pair in change.fields.items()
    }


def _score_in_words(change: ScoreChange) -> str:
    before, after = (
        f"{score.contact_score} {score.tier}" if score else "none" for score in (change.live, change.rebuilt)
    )
    return f"score of {change.contact_id[:12]}: {before} -> {after}; {_why(change)}"


def _score(change: ScoreChange) -> dict[str, Any]:
    sides = {"live": change.live, "rebuilt": change.rebuilt}
    told = {
        side: score and {"score": score.contact_score, "tier": score.tier, "why": score.why}
        for side, score in sides.items()
    }
    return {"contact_id": change.contact_id, **told, "why": _why(change)}


def _why(change: ScoreChange) -> str:
    """Which parts of which occurrences differ; the sentence of the score where none does."""
    if change.live is None or change.rebuilt is None:
        return "no result stands any more" if change.rebuilt is None else change.rebuilt.why
    before = {session.session_uuid: session for session in change.live.sessions}
    said = []
    for session in change.rebuilt.sessions:
        old = before.pop(session.session_uuid, None)
        if old is None:
            said.append(f"{session.session_uuid} counts now")
            continue
        parts, others = old.parts.model_dump(), session.parts.model_dump()
        said += [f"{name} {parts[name]} -> {others[name]}" for name in parts if parts[name] != others[name]]
    said += [f"{uuid} does not count" for uuid in before]
    return ", ".join(said) or change.rebuilt.why
