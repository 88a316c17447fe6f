"""The final result against Zoom's own figures: absentees and participants (attendance.md 5). PURE.

A difference is told in the summary with what Rollcall knows of the contact; it is never resolved: ours stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from processors.attendance.book import TOTAL, Book, DueWork
from processors.attendance.rules.judgement import Left, Retract, StandingResult
from schemas.sessions import Difference, Reconciliation

MOST_DIFFERENCES = 1_000
"""What one summary holds; far more than a human reads."""
_WHY = {
    "excluded": "left out by a rule (host, panelist, own user or domain)",
    "outside": "seen, but in nothing that counts",
    "not_registered": "no registration for this session that was approved before its end",
    "elsewhere": "was in an earlier session of this date, or there was nothing to stay away from",
}


def compare(work: DueWork, contact: str, judged: StandingResult | Retract | Left, *, absent: bool) -> None:
    """Compare one contact with Zoom's list; a no-show of one is to be one of the other.

    Args:
        work: keeps the differences.
        contact: its id.
        judged: ours.
        absent: Zoom calls it absent from every run of the session.
    """
    status = judged.attendance.status if isinstance(judged, StandingResult) else None
    work.counts["zoom_absentees"] = work.counts.get("zoom_absentees", 0) + absent
    if absent == (status == "no_show"):
        return
    if status == "no_show":
        reason = "Zoom does not call it absent: it may have seen it under another identity"
    elif isinstance(judged, StandingResult):
        reason = f"{status}: seen for {judged.attendance.attended_seconds} s"
    else:
        reason = _WHY.get(judged.why, "no result")
    if len(work.differences) < MOST_DIFFERENCES:
        work.differences.append([contact, "only_ours" if status == "no_show" else "only_zoom", reason])
    else:
        work.counts["differences_left_out"] = work.counts.get("differences_left_out", 0) + 1


def reconciliation(book: Book, work: DueWork, uuids: Sequence[str], *, has_absentees: bool) -> Reconciliation:
    """What there is to tell with the final result."""
    totals = [total for uuid in uuids if (total := book.get(TOTAL, uuid)) is not None]
    return Reconciliation(
        zoom_participants=sum(totals) if len(totals) == len(uuids) else None,
        zoom_absentees=work.counts.get("zoom_absentees", 0) if has_absentees else None,
        differences=tuple(
            Difference(contact_id=contact, side="only_ours" if side == "only_ours" else "only_zoom", reason=reason)
            for contact, side, reason in (work.differences if has_absentees else [])
        ),
        truncated=work.counts.get("differences_left_out", 0) > 0,
    )
