"""`rollcall session`: one session, its people with their reasons, and every difference from Zoom's own list."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Connection

from ops.options import Json
from ops.views import people, words
from ops.views.choice import one_session
from ops.views.model import ReadModelView, read_model
from ops.views.output import Csv, Mask, OutputRow, one_form, table, terminal, write_csv, write_json, write_lines
from ops.views.sessions import row
from readmodel.lines.sessions import PersonLine, SessionLine
from readmodel.parts import every
from readmodel.queries import sessions as questions
from readmodel.queries.contacts import find_contacts
from readmodel.queries.operations import in_doubt
from readmodel.words import EVIDENCE, counted
from schemas.instants import format_instant, whole_minutes

DIFFERENCES = ("email", "contact_id", "side", "reason")
MOST_DOUBTS = 100_000
_SHOWN = 200
"""People of a table; documents hold all."""
_Which = Annotated[
    str, typer.Argument(help="`latest`, a uuid or its beginning, the webinar's id, or words of the topic.")
]
_EPILOG = """\b
Examples:
  rollcall session latest
  rollcall session roadmap --people
  rollcall session 93577204816 --differences
  rollcall session '/H7cZq0bS1uWm//5rXeTkQ==' --csv > people.csv
"""
_COUNTS = {
    "registered": "registrations approved before the end",
    "attended": "there in the last part of the session",
    "left_early": "came, and left before",
    "no_shows": "registered, and nothing was seen of them",
    "anonymous": "connections without an e-mail: counted, not synced",
    "excluded": "hosts, panelists, own users, excluded domains",
    "outside": "seen, but in nothing that counts",
    "assumed": "of those who came, some interval was not fully reported",
    "only_webhooks": "people that Zoom's report does not have",
    "not_synced": "Brevo does not hold the newest of them",
}
_ALWAYS = ("registered", "attended", "left_early", "no_shows", "anonymous", "excluded", "not_synced")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("session", epilog=_EPILOG)(session)


def session(
    which: _Which = "latest",
    with_people: Annotated[
        bool, typer.Option("--people", help="Everybody: status, minutes, score, reason, what Brevo has.")
    ] = False,
    with_differences: Annotated[
        bool, typer.Option("--differences", help="Everybody of whom Zoom says something else, and what we know.")
    ] = False,
    as_json: Json = False,
    as_csv: Csv = False,
    mask: Mask = False,
) -> None:
    """Show one session: when, its people in numbers, what it waits for, how it compares with Zoom's own figures.

    --csv holds the people, with --differences those of whom Zoom says something else. Exit code 1: no
    session is meant, or several are; they are named.
    """
    one_form(as_json=as_json, as_csv=as_csv)
    with read_model(as_json=as_json) as view:
        latest = questions.sessions(view.connection, limit=5).items
        line = one_session(which, questions.find_sessions(view.connection, which), latest)
        doubts = doubts_of(view.connection, line)
        found = everybody(view.connection, line)
        if as_csv and with_differences:
            write_csv(differences(view.connection, line, mask=mask), DIFFERENCES)
        elif as_csv:
            write_csv((people.row(person, doubts, mask=mask) for person in found), people.COLUMNS)
        elif as_json:
            rows = (people.row(person, doubts, mask=mask) for person in found)
            write_json(_document(view.connection, line, rows if with_people else None, mask=mask))
        else:
            console = terminal()
            _show(console, line)
            _show_differences(console, view, line, in_full=with_differences, mask=mask)
            if with_people:
                _show_people(console, found, doubts, mask=mask)


def everybody(connection: Connection, line: SessionLine) -> Iterator[PersonLine]:
    """Everybody with a result that stands, who stayed longest first."""
    return every(lambda after: questions.people(connection, line.session, after=after, limit=1_000))


def doubts_of(connection: Connection, line: SessionLine) -> people.Doubts:
    """Events of a session that may or may not have been sent, by contact."""
    found: dict[str, list[str]] = {}
    uuids = (line.session_uuid, *line.instances)
    for call in in_doubt(connection, limit=MOST_DOUBTS, sessions=uuids):
        found.setdefault(call.contact_id, []).append(call.name or "an event")
    return found


def differences(connection: Connection, line: SessionLine, *, mask: bool) -> Iterator[OutputRow]:
    """Everybody of whom Zoom says something else, for programs and spreadsheets."""
    for difference in line.reconciliation.differences if line.reconciliation else ():
        known = find_contacts(connection, difference.contact_id)
        email = None if mask or not known else known[0].email
        yield {
            "email": email,
            "contact_id": difference.contact_id,
            "side": difference.side,
            "reason": difference.reason,
        }


def _document(connection: Connection, line: SessionLine, found: Iterator[OutputRow] | None, *, mask: bool) -> OutputRow:
    counts = {name: getattr(line, name) for name in _COUNTS}
    return {
        **row(line),
        **counts,
        "instances": line.instances,
        "length_seconds": line.length_seconds,
        "evidence": line.evidence,
        "retracted": line.retracted,
        "reconciliation": line.reconciliation,
        "interaction": line.interaction,
        "differences": list(differences(connection, line, mask=mask)),
        **({} if found is None else {"people": list(found)}),
    }


def _show(console: Console, line: SessionLine) -> None:
    console.print(f"{line.topic}  ({line.object_type} {line.object_id})", style="bold")
    console.print(f"uuid {line.session_uuid}")
    if line.started_at and line.ended_at:
        start, end = (format_instant(int(instant.timestamp())) for instant in (line.started_at, line.ended_at))
        console.print(f"{start} to {end}, {whole_minutes(line.length_seconds)} min live")
    elif at := line.started_at or line.scheduled_at:
        console.print(f"{'began' if line.started_at else 'is due'} {format_instant(int(at.timestamp()))}")
    console.print(f"{'taken back' if line.retracted else line.state}; from {EVIDENCE[line.evidence]}")
    if line.waits_for:
        again = f", looked at again {words.when(line.next_check_at)} UTC" if line.next_check_at else ""
        console.print(f"waits for {line.waits_for}{again}")
    if len(line.instances) > 1:
        console.print(f"{len(line.instances)} instances: {', '.join(line.instances)}")
    made = table("what", "count", "meaning", right=("count",), wraps=("meaning",))
    made.show_header = False
    for name, meaning in _COUNTS.items():
        if name in _ALWAYS or getattr(line, name):
            made.add_row(name.replace("_", " "), str(getattr(line, name)), meaning)
    console.print(made)


def _show_differences(console: Console, view: ReadModelView, line: SessionLine, *, in_full: bool, mask: bool) -> None:
    found = line.reconciliation
    if found is None:
        console.print("Compared with Zoom once the result is final.")
        return
    if found.zoom_participants is not None:
        console.print(f"Zoom counts {found.zoom_participants} participants: devices and rejoins each on their own.")
    if found.zoom_absentees is None:
        console.print("Zoom has no list of absentees for it.")
        return
    told = counted(len(found.differences), "difference")
    hint = "" if in_full or not found.differences else " (--differences shows them)"
    console.print(f"Zoom calls {found.zoom_absentees} absent: {told}{hint}")
    for difference in found.differences if in_full else ():
        known = find_contacts(view.connection, difference.contact_id)
        who = words.shown_email(known[0].email if known else None, difference.contact_id, mask=mask)
        side = "no-show here, not at Zoom" if difference.side == "only_ours" else "absent at Zoom, not here"
        write_lines(console, [f"  {who}  {side}: {difference.reason}"])
    if found.truncated:
        console.print("  … and more than one record holds")


def _show_people(console: Console, found: Iterator[PersonLine], doubts: people.Doubts, *, mask: bool) -> None:
    lines = list(islice(found, _SHOWN))
    if not lines:
        console.print("nobody has a result yet")
        return
    console.print(people.as_table(lines, doubts, mask=mask))
    if next(found, None) is not None:
        console.print(f"and more: --csv holds everybody (these are {_SHOWN})")
