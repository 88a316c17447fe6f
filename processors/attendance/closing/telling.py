"""What else the people of a session are told, each thing once: that it has ended, and where its recording is. PURE."""

from __future__ import annotations

from typing import Any

from processors.attendance.book import ENDED_PUBLISHED, RECORDING_PUBLISHED
from processors.attendance.closing.step import ClosingStep
from processors.attendance.rules.judgement import Contact, Left, Retract, StandingResult
from processors.attendance.rules.recordings import ChosenRecording
from processors.attendance.rules.sessions import Session
from schemas.attendance import Notice, Origin, Recording, SessionRecording, session_stand_in
from schemas.codec import contact_id
from schemas.instants import as_datetime


def tell_choice(step: ClosingStep, session: Session, choice: ChosenRecording, email: str) -> None:
    """Tell a person of the session's recording."""
    contact = contact_id(email)
    if step.book.change(RECORDING_PUBLISHED, True, session.session_uuid, contact):
        told = Recording(contact_id=contact, email=email, **_recording(step, session, choice))
        step.book.tell(told)


def tell_session_choice(step: ClosingStep, session: Session, choice: ChosenRecording) -> None:
    """Tell of it once more for the session as a whole, when everybody has been told."""
    stand_in = session_stand_in(step.book.object_id)
    if step.book.change(RECORDING_PUBLISHED, True, session.session_uuid, stand_in):
        told = SessionRecording(contact_id=stand_in, email="", is_final=True, **_recording(step, session, choice))
        step.book.tell(told)


def tell_ended(step: ClosingStep, session: Session, known: Contact, judged: StandingResult | Retract | Left) -> None:
    """Tell whoever came and a webinar's approved registrants that the session has ended."""
    email = known.email
    is_out = isinstance(judged, Retract) and judged.why in ("excluded", "anonymous")
    if email is None or is_out or step.origin == "backfill" or not (known.filed or known.approved):
        return
    contact = contact_id(email)
    if step.book.change(ENDED_PUBLISHED, True, session.session_uuid, contact):
        fields = _fields(step, session, step.origin) | {"occurred_at": as_datetime(session.end)}
        step.book.tell(Notice(contact_id=contact, email=email, moment="ended", **fields))


def _recording(step: ClosingStep, session: Session, choice: ChosenRecording) -> dict[str, Any]:
    return {
        **_fields(step, session, "backfill" if step.origin == "backfill" else choice.origin),
        "occurred_at": as_datetime(choice.at),
        "share_url": choice.share_url,
        "minutes": choice.minutes,
        "parts": choice.parts,
        "given": session.given,
    }


def _fields(step: ClosingStep, session: Session, origin: Origin) -> dict[str, Any]:
    row = step.rows[session.session_uuid]
    return {
        **row.told(step.book.object_id),
        "origin": origin,
        "session_uuid": session.session_uuid,
        "instances": session.uuids,
    }
