"""People of a session as rows and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from rich.table import Table

from ops.views import words
from ops.views.output import OutputRow, table
from readmodel.lines.sessions import PersonLine
from schemas.instants import whole_minutes

COLUMNS = (
    "email", "name", "status", "minutes", "late_minutes", "joins", "score", "reason", "is_final", "evidence",
    "brevo", "brevo_written_at", "brevo_detail", "in_doubt", "contact_id",
)  # fmt: skip
_HEADINGS = ("who", "status", "min", "score", "why, and what Brevo has")


Doubts = Mapping[str, Sequence[str]]
"""By contact id: names of the events that may or may not have been sent."""
NO_DOUBTS: Doubts = MappingProxyType({})


def row(person: PersonLine, doubts: Doubts = NO_DOUBTS, *, mask: bool) -> OutputRow:
    """A person for programs and spreadsheets."""
    late = person.late_seconds
    return {
        "email": None if mask else person.email,
        "name": None if mask else person.name,
        "status": person.status,
        "minutes": whole_minutes(person.attended_seconds),
        "late_minutes": None if late is None else whole_minutes(late),
        "joins": person.joins,
        "score": person.score,
        "reason": person.reason,
        "is_final": person.is_final,
        "evidence": person.evidence,
        "brevo": person.sync,
        "brevo_written_at": person.written_at,
        "brevo_detail": person.sync_detail,
        "in_doubt": ", ".join(doubts.get(person.contact_id, ())),
        "contact_id": person.contact_id,
    }


def as_table(people: Iterable[PersonLine], doubts: Doubts = NO_DOUBTS, *, mask: bool) -> Table:
    """For people: two lines each."""
    made = table(*_HEADINGS, right=("min", "score"), wraps=("who", "why, and what Brevo has"))
    for person in people:
        who = words.shown_email(person.email, person.contact_id, mask=mask)
        named = f"{who}\n{person.name}" if person.name and not mask else who
        score = "" if person.score is None else str(person.score)
        doubt = "".join(f"\nin doubt: {name}" for name in doubts.get(person.contact_id, ()))
        why = f"{words.why(person.reason)}\nBrevo: {words.at_brevo(person)}{doubt}"
        made.add_row(named, person.status.replace("_", " "), str(whole_minutes(person.attended_seconds)), score, why)
    return made
