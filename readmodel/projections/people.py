"""`attendance.results.v1` and `engagement.scores.v1`: people, who they are, and what they scored. PURE.

This is what a session of 100,000 people brings, so fields are taken as they are from the JSON: the schemas' own models
need five times as long.
"""

from __future__ import annotations

from typing import Any

import orjson

from readmodel.changes import Changes, RowKind, SourceRecord, SqlRow, required, text, whole
from readmodel.codes import STATUS_LETTERS
from readmodel.instants import days, milliseconds, required_milliseconds, seconds
from readmodel.keys import beginning, contact_key, session_key, untold
from readmodel.shared import brief, together
from readmodel.stays import stored
from readmodel.vocabulary import POINT, RETRACTED, SCORING


def project_fact(source: SourceRecord, changes: Changes) -> None:
    """A result or registration; links to recordings and notices are no rows (their commands are)."""
    if source.value is None:
        return
    fact = orjson.loads(source.value)
    kind = fact["kind"]
    if kind == "result":
        _result(fact, changes)
    elif kind == "registration":
        _registration(fact, changes)


def project_score(source: SourceRecord, changes: Changes) -> None:
    """A contact's score, or that there is none any more."""
    contact = contact_key((source.key or b"").decode())
    if source.value is None:
        changes.put(RowKind.NO_SCORE, (contact,), {"contact": contact})
        return
    score = orjson.loads(source.value)
    changes.put(
        RowKind.SCORE,
        (contact,),
        {
            "contact": contact,
            "score": whole(score["contact_score"]),
            "why": brief(required(score, "why")),
            "standing": _standing(score),
        },
    )
    for scored in score["sessions"]:
        session = session_key(scored["account_id"], scored["session_uuid"])
        changes.put(
            RowKind.SCORED_PERSON,
            (contact, session),
            {
                "session": session,
                "contact": contact,
                "score": whole(scored["score"]),
                **_scoring(scored["parts"]),
            },
        )


def _standing(score: dict[str, Any]) -> str:
    """In the order of `STANDING`."""
    tier, day = required(score, "tier"), days(required(score, "reference_date"))
    borders = whole(score["hot_from"]), whole(score["warm_from"])
    return together(tier, day, required(score, "model_version"), whole(score["half_life_days"]), *borders)


def _scoring(parts: dict[str, Any]) -> SqlRow:
    """What a session's score is made of."""
    return {
        "attendance": whole(round(_points(parts["attendance"]) * POINT)),
        "punctuality": whole(round(_points(parts["punctuality"]) * POINT)),
        "scoring": together(*(None if parts[name] is None else _points(parts[name]) for name in SCORING)),
    }


def _points(value: object) -> float:
    if type(value) is not float and type(value) is not int:
        raise TypeError("no points")
    return float(value)


def _contact(fact: dict[str, Any], contact: bytes, name: str | None, changes: Changes) -> None:
    before = changes.get(RowKind.CONTACT, (contact,))
    known = name or (before["name"] if before else None)
    email = text(fact["email"])
    row: SqlRow = {
        "contact": contact,
        "beginning": beginning(contact),
        "rest": untold(contact, email),
        "email": email,
        "name": known,
    }
    changes.put(RowKind.CONTACT, (contact,), row)


def _result(fact: dict[str, Any], changes: Changes) -> None:
    contact = contact_key(fact["contact_id"])
    session = session_key(fact["account_id"], fact["session_uuid"])
    identity = fact["identity"] or {}
    retracted = fact["retracted"]
    attended_seconds = whole(fact["attended_seconds"])
    late_seconds = None if fact["late_seconds"] is None else whole(fact["late_seconds"])
    stays = tuple((whole(since), whole(until)) for since, until in fact["intervals"])
    _contact(fact, contact, text(identity.get("name")), changes)
    changes.put(
        RowKind.PERSON,
        (contact, session),
        {
            "session": session,
            "contact": contact,
            "revision": whole(fact["revision"]),
            "status": STATUS_LETTERS.code(RETRACTED if retracted else required(fact, "attendance_status")),
            "attended_seconds": attended_seconds,
            "late_seconds": late_seconds,
            "intervals": stored(stays, attended_seconds, late_seconds),
            "judgement": _judgement(fact),
            "judged_at": seconds(fact["judged_at"]),
        },
    )


def _judgement(fact: dict[str, Any]) -> str:
    """In the order of `JUDGEMENT`."""
    webhooks = report_rows = 0
    for run in fact["runs"]:
        webhooks += whole(run["webhooks"])
        report_rows += whole(run["report_rows"])
    return together(
        text(fact["retraction_reason"] if fact["retracted"] else fact["reason"]),
        bool(fact["is_final"]),
        required(fact, "evidence"),
        text((fact["identity"] or {}).get("rule")),
        whole(fact["joins"]),
        bool(fact["assumed"]),
        webhooks,
        report_rows,
    )


def _registration(fact: dict[str, Any], changes: Changes) -> None:
    contact = contact_key(fact["contact_id"])
    names = [name for field in ("first_name", "last_name") if (name := text(fact[field]))]
    _contact(fact, contact, " ".join(names) or None, changes)
    row: SqlRow = {
        "contact": contact,
        "account_id": required(fact, "account_id"),
        "object_id": required(fact, "object_id"),
        "registrant_id": required(fact, "registrant_id"),
    }
    changes.put(
        RowKind.REGISTRATION,
        tuple(row.values()),
        {
            **row,
            "revision": whole(fact["revision"]),
            "retracted": bool(fact["retracted"]),
            "status": required(fact, "registration_status"),
            "topic": required(fact, "topic"),
            "occurred_at": required_milliseconds(fact["occurred_at"]),
            "approved_at": milliseconds(fact["approved_at"]),
            "starts_at": milliseconds(fact["starts_at"]),
            "before_end": bool(fact["before_end"]),
            "source": text(fact["registration_source"]),
            "observed": required(fact, "observed"),
        },
    )
