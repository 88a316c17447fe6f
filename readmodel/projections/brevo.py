"""`brevo.commands.v1`, its bulk topic and `brevo.results.v1`: what Brevo shall hold and what became of it. PURE."""

from __future__ import annotations

from typing import Any

import orjson

from readmodel.changes import Changes, RowKind, SourceRecord, SqlRow, required, text, whole
from readmodel.codes import OUTCOME_LETTERS
from readmodel.instants import required_milliseconds, required_seconds
from readmodel.keys import command_key, contact_key
from readmodel.outcomes import level_of, wanted_at
from readmodel.shared import together

_NO_END = ("intended", "withdrawn")


def project_command(source: SourceRecord, changes: Changes) -> None:
    """What is wanted of Brevo; an upsert is also what is wanted of its contact."""
    if source.value is None:
        return
    command = orjson.loads(source.value)
    contact, revision = contact_key(command["contact_id"]), whole(command["revision"])
    occurred_at = required_seconds(command["occurred_at"])
    call: SqlRow = {
        "contact": contact,
        "command": command_key(required(command, "command_id")),
        "wanted": _wanted(command),
        "revision": revision,
        "occurred_at": occurred_at,
        "wanted_after": source.timestamp_ms - occurred_at * 1_000,
    }
    before = changes.get(RowKind.WANTED_CALL, (contact, call["command"]))
    if before is None or wanted_at(before) <= source.timestamp_ms:  # both topics may have brought it
        changes.put(RowKind.WANTED_CALL, (contact, call["command"]), call)
    if command["kind"] == "upsert":
        before = changes.get(RowKind.WANTED_CONTACT, (contact,))
        newest = max(revision, _number(before, "wanted_revision"))
        email = (before["email"] if before else None) or text(command["email"])
        row: SqlRow = {"contact": contact, "email": email, "wanted_revision": newest}
        changes.put(RowKind.WANTED_CONTACT, (contact,), row)


def _wanted(command: dict[str, Any]) -> str:
    """In the order of `WANTED`."""
    kind, name, session = required(command, "kind"), text(command.get("name")), text(command["session"])
    just_now = command.get("as_it_happened") is True
    return together(kind, name, session, text(command["reason"]), text(command["origin"]), just_now)


def project_result(source: SourceRecord, changes: Changes) -> None:
    """What became of a command. An order to all workers (`Resume`) is about none."""
    if source.value is None:
        return
    result = orjson.loads(source.value)
    if "command_id" not in result:
        return
    contact, outcome = contact_key(result["contact_id"]), required(result, "outcome")
    occurred_at = required_seconds(result["occurred_at"])
    call: SqlRow = {
        "contact": contact,
        "command": command_key(required(result, "command_id")),
        "occurred_at": occurred_at,
        "outcome": OUTCOME_LETTERS.code(outcome),
        "http_status": _optional(result["http_status"]),
        "attempts": whole(result["attempts"]),
        "detail": text(result["detail"]) or None,
        "finished_after": required_milliseconds(result["finished_at"]) - occurred_at * 1_000,
        "level": level_of(result),
    }
    changes.add(RowKind.ANSWERED_CALL, (contact, call["command"]), call)
    if result["kind"] == "upsert" and outcome not in _NO_END:
        changes.add(RowKind.ANSWERED_CONTACT, (contact,), _answered(contact, outcome, result))


def _answered(contact: bytes, outcome: str, result: dict[str, Any]) -> SqlRow:
    return {
        "contact": contact,
        "answered_revision": whole(result["revision"]),
        "outcome": OUTCOME_LETTERS.code(outcome),
        "detail": text(result["detail"]) or None,
        "answered_at": required_milliseconds(result["finished_at"]),
        "taken_before": None,
        "left_out": _left_out(result["acknowledged"] or {}),
    }


def _left_out(held: dict[str, Any]) -> str | None:
    refused, lists = held.get("refused"), held.get("refused_lists")
    if not refused and not lists:  # of almost everybody
        return None
    return text(", ".join([*map(str, refused or ()), *(f"list {list_id}" for list_id in lists or ())]))


def _optional(value: object) -> int | None:
    return None if value is None else whole(value)


def _number(row: SqlRow | None, name: str) -> int:
    found = row[name] if row else 0
    return found if isinstance(found, int) else 0
