"""A record as one step of a trace: what it is, in words without anything of a person, and whom it is about. PURE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from ops.trace.trail import TracedRecord
from readmodel.words import counted
from schemas.codec import contact_id, normalise_email
from schemas.instants import whole_minutes

Content = Mapping[str, Any]
TraceKind = Literal[
    "event", "look-up", "answer", "decision", "score", "command", "call", "told by Brevo", "letter", "act"
]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One record of a trace."""

    stored_at: datetime
    """When Kafka took it: what traces are ordered by."""
    happened_at: datetime | None
    kind: TraceKind
    what: str
    email: str | None
    contact_id: str | None
    topic: str
    """Logical name."""
    partition: int
    offset: int
    event_id: str
    """`ce_id`."""

    @property
    def source(self) -> str:
        """Where the record lies."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def step_of(record: TracedRecord) -> TraceStep:
    """The step that a record is; what cannot be read is one, too."""
    content, facts = record.content(), record.facts()
    kind, told = _KINDS.get(record.topic.removesuffix(".dlq"), ("act", _type))
    try:
        what = told(content, record)
    except (TypeError, ValueError, AttributeError, KeyError):
        # Anybody may have written it, and it is shown all the same.
        what = f"{_type(content, record)}, which cannot be read"
    if record.topic.endswith(".dlq"):
        kind = "letter"
        reason = record.headers.get("rollcall-reason") or record.headers.get("rollcall-label") or "no reason is told"
        what = f"dead letter of {record.headers.get('rollcall-stage', 'an agent')}: {reason} ({what})"
    email = _email(content)
    named = content.get("contact_id")
    who = named if isinstance(named, str) and named else contact_id(email) if email else None
    return TraceStep(
        stored_at=record.stored_at,
        happened_at=facts.happened_at,
        kind=kind,
        what=what,
        email=email,
        contact_id=who,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        event_id=record.headers.get("ce_id", ""),
    )


def _type(content: Content, record: TracedRecord) -> str:
    return record.headers.get("ce_type") or str(content.get("kind") or "a record")


def _event(content: Content, record: TracedRecord) -> str:
    origin = record.headers.get("origin")
    brought = f", brought by {origin}" if origin else ""
    return f"{record.headers.get('ce_type') or content.get('event') or 'an event'}{brought}"


def _quarantined(content: Content, record: TracedRecord) -> str:
    return f"{_event(content, record)}, quarantined: {record.headers.get('quarantine-reason', 'no reason is told')}"


def _lookup(content: Content, record: TracedRecord) -> str:
    if content.get("kind") != "request":
        return _type(content, record)
    return f"Zoom is asked for `{content.get('lookup')}`"


def _answer(content: Content, _record: TracedRecord) -> str:
    rows, detail = content.get("rows") or (), content.get("detail")
    page = "" if content.get("last") and not content.get("page") else f", page {(content.get('page') or 0) + 1}"
    is_found = content.get("outcome") == "found"
    what = f"{counted(len(rows), 'row')}{page}" if is_found else str(content.get("outcome"))
    return f"Zoom answers `{content.get('lookup')}`: {what}{f' ({detail})' if detail else ''}"


def _fact(content: Content, record: TracedRecord) -> str:
    back = f", taken back ({content.get('retraction_reason') or 'not theirs any more'})"
    match content.get("kind"):
        case "registration":
            told = f"registration {content.get('registration_status')}, by {content.get('observed')}"
        case "result":
            final = "final" if content.get("is_final") else "live"
            minutes = whole_minutes(content.get("attended_seconds") or 0)
            told = f"{final} result: {content.get('attendance_status')}, {minutes} min ({content.get('reason')})"
        case "notice":
            told = f"told that the session has {content.get('moment')}"
        case "recording" | "session_recording":
            told = "told of the recording"
        case _:
            return _type(content, record)
    revision = f", revision {content['revision']}" if "revision" in content else ""
    return f"{told}{revision}{back if content.get('retracted') else ''}"


def _session(content: Content, _record: TracedRecord) -> str:
    counts = content.get("counts") or {}
    numbers = ", ".join(
        f"{counts.get(name, 0)} {name.replace('_', ' ')}" for name in ("attended", "left_early", "no_shows")
    )
    waits = f", waits for {content['waits_for']}" if content.get("waits_for") else ""
    state = "taken back" if content.get("retracted") else content.get("state")
    return f"session {state}: {numbers}{waits}"


def _score(content: Content, _record: TracedRecord) -> str:
    if not content:
        return "no score any more"
    return f"score {content.get('contact_score')}, {content.get('tier')}, as of {content.get('reference_date')}"


def _candidates(content: Content, _record: TracedRecord) -> str:
    if not content:
        return "no candidate's score any more"
    given = [
        f"{candidate['model_version']} {candidate['contact_score']}, {candidate['tier']}"
        for candidate in content["candidates"]
    ]
    given += [f"{candidate['model_version']} nothing ({candidate['error']})" for candidate in content["failed"]]
    return f"scores by candidate models: {'; '.join(given)}"


def _command(content: Content, _record: TracedRecord) -> str:
    reason = f" ({content['reason']})" if content.get("reason") else ""
    match content.get("kind"):
        case "upsert":
            return f"contact to be written: {len(content.get('attributes') or ())} attributes{reason}"
        case "event":
            return f"event to be sent: {content.get('name')}{reason}"
        case other:
            return f"{other} to be sent: {content.get('name')}{reason}"


def _call(content: Content, record: TracedRecord) -> str:
    if "command_id" not in content:
        return _type(content, record)
    what = content.get("name") or "contact"
    status = f", HTTP {content['http_status']}" if content.get("http_status") else ""
    calls = f", {content['attempts']} calls" if (content.get("attempts") or 0) > 1 else ""
    imported = f", import {content['import_id'][:8]}" if content.get("import_id") else ""
    detail = f": {content['detail']}" if content.get("detail") else ""
    return f"{what} {str(content.get('outcome')).replace('_', ' ')}{status}{calls}{imported}{detail}"


def _feedback(content: Content, _record: TracedRecord) -> str:
    return f"Brevo tells: {str(content.get('kind')).replace('_', ' ')} ({content.get('source')})"


def _letter(content: Content, _record: TracedRecord) -> str:
    if content.get("kind") == "decision":
        return f"letter {content.get('state')} by {content.get('operator')}"
    return f"failed again, {content.get('attempts')} times so far: {content.get('reason')}"


def _act(content: Content, _record: TracedRecord) -> str:
    reason = f": {content['reason']}" if content.get("reason") else ""
    return f"{content.get('operator')} did {content.get('action')}{reason}"


def _resync(_content: Content, _record: TracedRecord) -> str:
    return "to be computed anew"


_KINDS: Mapping[str, tuple[TraceKind, Callable[[Content, TracedRecord], str]]] = MappingProxyType(
    {
        "zoom.events.raw.v1": ("event", _event),
        "zoom.events.quarantine.v1": ("letter", _quarantined),
        "zoom.lookups.v1": ("look-up", _lookup),
        "zoom.lookups.bulk.v1": ("look-up", _lookup),
        "zoom.lookup-results.v1": ("answer", _answer),
        "attendance.results.v1": ("decision", _fact),
        "attendance.sessions.v1": ("decision", _session),
        "engagement.scores.v1": ("score", _score),
        "engagement.candidates.v1": ("score", _candidates),
        "engagement.resyncs.v1": ("act", _resync),
        "brevo.commands.v1": ("command", _command),
        "brevo.commands.bulk.v1": ("command", _command),
        "brevo.results.v1": ("call", _call),
        "brevo.events.v1": ("told by Brevo", _feedback),
        "ops.audit.v1": ("act", _act),
        "ops.letters.v1": ("letter", _letter),
    }
)


def _email(content: Content) -> str | None:
    """Whom a record of one person is about; a question or an answer is about several."""
    payload = content.get("payload")
    subject = payload.get("object") if isinstance(payload, dict) else None
    people = [subject.get(name) for name in ("participant", "registrant")] if isinstance(subject, dict) else []
    for place in (content, *people):
        if isinstance(place, dict) and (email := normalise_email(place.get("email"))):
            return email
    return None
