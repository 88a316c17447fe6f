"""Zoom's `registrant` object, which webhooks and REST rows share (attendance.md 3). PURE."""

from __future__ import annotations

from typing import Any, get_args

from processors.attendance.rules.facts import Event, Registered
from processors.attendance.rules.fields import LONGEST_FIELD, FieldError, identifier, text
from schemas.attendance import REGISTRANT_FIELDS, RegistrationStatus
from schemas.codec import normalise_email

_STATUSES: dict[str, RegistrationStatus] = {status: status for status in get_args(RegistrationStatus)}


def status_of(named: str) -> RegistrationStatus | None:
    """The status that Zoom names; ``None`` for one that it has never had."""
    return _STATUSES.get(named)


def registered(
    event: Event,
    registrant: dict[str, Any],
    status: RegistrationStatus,
    occurrences: list[tuple[str, int]],
) -> Registered:
    """A registration from Zoom's `registrant` object, which webhooks and REST rows share."""
    registrant_id = identifier(registrant.get("id")) or identifier(registrant.get("registrant_id"))
    if registrant_id is None:
        raise FieldError("registrant.id is missing")
    questions = [
        (title, str(question.get("value") or "")[:LONGEST_FIELD])
        for question in registrant.get("custom_questions") or ()
        if (title := text(question.get("title")))
    ]
    source = registrant.get("tracking_source") or {}
    return Registered(
        event=event,
        registrant_id=registrant_id,
        status=status,
        email=normalise_email(registrant.get("email")),
        first_name=text(registrant.get("first_name")),
        told=tuple((name, value) for name in REGISTRANT_FIELDS if (value := text(registrant.get(name)))),
        source=text(source.get("source_name")),
        custom_questions=tuple(sorted(questions)),
        occurrences=tuple(sorted(set(occurrences), key=lambda occurrence: (occurrence[1], occurrence[0]))),
    )
