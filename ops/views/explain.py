"""`rollcall explain`: why a contact's sessions, score and state at Brevo are what they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from ops.options import Json
from ops.views import explanation, people
from ops.views.choice import NotOneError, one_contact, one_session
from ops.views.history import ScoreStep, history
from ops.views.model import ReadModelView, read_model
from ops.views.output import Csv, Mask, OutputRow, one_form, terminal, write_csv, write_json, write_lines
from readmodel.lines.contacts import SessionResult, WholeContact
from readmodel.queries.contacts import contact as whole_contact
from readmodel.queries.contacts import find_contacts
from readmodel.queries.sessions import find_sessions
from runtime.configuration import load_for_display
from runtime.environment import config_path
from runtime.scoring_models import Scoring
from schemas.errors import ConfigurationError

CALLS_SHOWN = 20
_COLUMNS = ("started_at", "topic", "session_uuid", *people.COLUMNS)
_EPILOG = """\b
Examples:
  rollcall explain ana.ferreira@example.com
  rollcall explain ana.ferreira@example.com --session roadmap
  rollcall explain b64b178a98dfec3c --json
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", epilog=_EPILOG)(explain)


def explain(
    who: Annotated[str, typer.Argument(help="An e-mail address, a contact id, or 6 digits or more it begins with.")],
    session: Annotated[
        str | None, typer.Option(help="Only this one: `latest`, a uuid, an id, or words of the topic.")
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    mask: Mask = False,
) -> None:
    """Tell why somebody was there or absent, left out, scored so, and what Brevo has of them.

    Each session with its evidence (webhooks, Zoom's report), the parts of its score and what it counts for today; the
    tiers after each session, by the settings of rollcall.yaml; what candidate models would give; registrations; the
    latest calls to Brevo. --csv holds the sessions. Exit code 1: nobody is meant, or several; they are named.
    """
    one_form(as_json=as_json, as_csv=as_csv)
    with read_model(as_json=as_json) as view:
        found = one_contact(who, find_contacts(view.connection, who))
        contact = whole_contact(view.connection, found.contact_id)
        assert contact is not None  # it was found in the same tables
        chosen = _chosen(view, contact, session)
        steps = _steps(contact)
        if as_csv:
            write_csv((_row(result, mask=mask) for result in chosen), _COLUMNS)
        elif as_json:
            write_json(_document(contact, chosen, steps, mask=mask))
        else:
            _show(contact, chosen, steps, mask=mask)


def _chosen(view: ReadModelView, contact: WholeContact, session: str | None) -> Sequence[SessionResult]:
    """All sessions of the contact, or the one that is meant: among those of the contact first."""
    if session is None:
        return contact.results
    latest = [result.session for result in contact.results if result.session]
    candidates = tuple(latest[:1]) if session == "latest" else find_sessions(view.connection, session)
    theirs = {held.session for held in latest}
    among = [candidate for candidate in candidates if candidate.session in theirs]
    line = one_session(session, among or candidates, latest)
    chosen = [result for result in contact.results if result.person.session == line.session]
    if not chosen:
        raise NotOneError(
            f"they have no result in {line.session_uuid} ({line.topic}): neither a registration nor a connection of "
            "it leads to them, or the session is not over"
        )
    return chosen


def _steps(contact: WholeContact) -> tuple[ScoreStep, ...]:
    """How the score came about; nothing where the settings cannot be read."""
    scoring = _scoring()
    if scoring is None or contact.standing is None:
        return ()
    return history(contact.results, scoring, contact.standing.reference_date)


def _scoring() -> Scoring | None:
    try:
        return load_for_display(config_path(os.environ), os.environ).scoring
    except ConfigurationError:
        typer.echo("warning: without rollcall.yaml nothing is told of decay and tiers; set ROLLCALL_CONFIG", err=True)
        return None


def _document(
    contact: WholeContact, chosen: Sequence[SessionResult], steps: Sequence[ScoreStep], *, mask: bool
) -> OutputRow:
    who = contact.who
    return {
        "contact_id": who.contact_id,
        "email": None if mask else who.email,
        "name": None if mask else who.name,
        "standing": contact.standing,
        "candidates": contact.candidates,
        "written_at": who.written_at,
        "brevo_outcome": who.outcome,
        "brevo_detail": who.detail,
        "sessions": [
            {
                **_row(result, mask=mask),
                "evidence": {"from": result.person.evidence, "webhooks": result.person.webhooks,
                             "report_rows": result.person.report_rows, "recognised_by": result.person.rule},
                "score_parts": result.person.scoring,
            }
            for result in chosen
        ],
        "history": steps,
        "registrations": contact.registrations,
        "calls": contact.calls,
    }  # fmt: skip


def _row(result: SessionResult, *, mask: bool) -> OutputRow:
    held = result.session
    return {
        "session_uuid": held.session_uuid if held else None,
        "topic": held.topic if held else None,
        "started_at": held.started_at if held else None,
        **people.row(result.person, mask=mask),
    }


def _show(contact: WholeContact, chosen: Sequence[SessionResult], steps: Sequence[ScoreStep], *, mask: bool) -> None:
    console = terminal()
    write_lines(console, explanation.heading(contact, steps, mask=mask))
    for result in chosen:
        console.print()
        write_lines(console, explanation.attendance(result, steps))
    if contact.registrations:
        console.print("\nRegistrations", style="bold")
        write_lines(console, (f"  {explanation.registration(registration)}" for registration in contact.registrations))
    if contact.calls:
        console.print("\nCalls to Brevo, the latest first", style="bold")
        write_lines(console, (f"  {explanation.call(call)}" for call in contact.calls[:CALLS_SHOWN]))
        if len(contact.calls) > CALLS_SHOWN:
            console.print(f"  … and {len(contact.calls) - CALLS_SHOWN} more: --json")
