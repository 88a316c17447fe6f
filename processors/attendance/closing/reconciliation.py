"""The final result against Zoom's own figures: absentees and participants (attendance.md 5). PURE.

A difference is told in the summary with what Rollcall knows of the contact; it is never resolved: ours stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from processors.attendance.book.keys import TABLE, key, last_part, prefix
from processors.attendance.closing.jobs import Run
from processors.attendance.closing.results import OccurrenceFacts
from processors.attendance.intake.asked import ask, question
from processors.attendance.rules.people import Attendance
from processors.engine.view import View
from schemas.attendance import Difference, Reconciliation
from schemas.codec import contact_id, normalise_email, pack, unpack
from schemas.lookups import LookupResult

MOST_DIFFERENCES = 1_000
"""What one summary holds; far more than a human reads."""


def ask_zoom(view: View, facts: OccurrenceFacts, now_ms: int) -> list[str]:
    """Ask for Zoom's figures of every instance; the scopes of the questions."""
    scopes = []
    for uuid in facts.occurrence.uuids:
        scopes.append(f"totals|{uuid}")
        ask(view, facts.subject, "past_session", scopes[-1], now_ms, session_uuid=uuid)
        if facts.first.object_type == "webinar":
            scopes.append(f"absentees|{uuid}")
            ask(view, facts.subject, "absentees", scopes[-1], now_ms, session_uuid=uuid)
    return scopes


def take_absentees(view: View, result: LookupResult) -> None:
    """Remember who was absent from an instance, as Zoom says."""
    for row in result.rows:
        if email := normalise_email(row.get("email")):
            view.put(TABLE, key("a", result.object_id, result.session_uuid or "", contact_id(email)), b"1")


def take_totals(view: View, result: LookupResult) -> None:
    """Remember how many participants Zoom counts in an instance."""
    for row in result.rows:
        if isinstance(count := row.get("participants_count"), int):
            view.put(TABLE, key("n", result.object_id, result.session_uuid or ""), pack(count))


def absent_rows(view: View, object_id: str, uuid: str, cursor: str) -> Iterator[str]:
    """Contacts that Zoom calls absent from an instance, from the cursor on, in order."""
    below = prefix("a", object_id, uuid)
    for row_key, _data in view.scan(TABLE, below, below + cursor.encode()):
        yield last_part(row_key)


def note(
    run: Run,
    facts: OccurrenceFacts,
    contact: str,
    *,
    absent_from: int,
    attendance: Attendance | None,
    excluded: bool,
    registered: bool,
) -> None:
    """Compare one contact with Zoom's list; a no-show of one is to be one of the other.

    Args:
        run: keeps the differences.
        facts: the occurrence.
        contact: its id.
        absent_from: how many instances Zoom calls it absent from; from all of them is absent.
        attendance: our result, ``None`` for none.
        excluded: a rule leaves it out.
        registered: it has a registration that was approved before the end.
    """
    absent = absent_from == len(facts.occurrence.instances)
    ours = attendance is not None and attendance.status == "no_show"
    run.counts["zoom_absentees"] = run.counts.get("zoom_absentees", 0) + absent
    if absent == ours:
        return
    if ours:
        reason = "Zoom does not call it absent: it may have seen it under another identity"
    elif excluded:
        reason = "left out by a rule (host, panelist, own user or domain)"
    elif attendance is not None:
        reason = f"{attendance.status}: seen for {attendance.attended_seconds} s"
    elif not registered:
        reason = "no registration for this session that was approved before its end"
    else:
        reason = "no result"
    if len(run.differences) < MOST_DIFFERENCES:
        run.differences.append([contact, "only_ours" if ours else "only_zoom", reason])
    else:
        run.counts["differences_left_out"] = run.counts.get("differences_left_out", 0) + 1


def reconciliation(view: View, facts: OccurrenceFacts, run: Run) -> Reconciliation | None:
    """What there is to tell, with the final result; ``None`` before."""
    if not facts.final or not facts.stands:
        return None
    totals = [view.get(TABLE, key("n", facts.object_id, uuid)) for uuid in facts.occurrence.uuids]
    known = has_absentees(view, facts)
    return Reconciliation(
        zoom_participants=sum(unpack(each) for each in totals if each) if all(totals) else None,
        zoom_absentees=run.counts.get("zoom_absentees", 0) if known else None,
        differences=tuple(
            Difference(contact_id=contact, side="only_ours" if side == "only_ours" else "only_zoom", reason=reason)
            for contact, side, reason in (run.differences if known else [])
        ),
        truncated=run.counts.get("differences_left_out", 0) > 0,
    )


def has_absentees(view: View, facts: OccurrenceFacts) -> bool:
    """Whether Zoom answered for every instance."""
    asked = [question(view, facts.object_id, f"absentees|{uuid}") for uuid in facts.occurrence.uuids]
    return facts.first.object_type == "webinar" and all(each is not None and each.state == "found" for each in asked)
