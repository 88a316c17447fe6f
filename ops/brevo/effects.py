"""`rollcall effects`: events that may or may not have been sent, by name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.brevo.account import opened
from ops.brevo.at_brevo import AtBrevo, found_at_brevo
from ops.brevo.choosing import EventSelection
from ops.brevo.ledger import Open, doubts, ledger, suppressed, without_contact
from ops.options import Json
from ops.selection.finding import SessionsByWords, known_sessions
from ops.views.output import Csv, Mask, OutputRow, one_form, table, terminal, write_csv, write_json
from readmodel.words import counted
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.instants import format_instant
from schemas.sessions import SessionSummary

_Check = Annotated[bool, typer.Option("--check", help="Ask Brevo whether it has them: up to two calls for each.")]
OfSession = Annotated[
    str | None, typer.Option("--session", help="Of this one: `latest`, a uuid, an id, or words of the topic.")
]
OfContact = Annotated[str | None, typer.Option("--contact", help="Of this one: an e-mail address or a contact id.")]
OfName = Annotated[str | None, typer.Option("--name", help="Of this name: zoom_webinar_attended.")]
_COLUMNS = ("id", "event_date", "name", "email", "contact_id", "session", "topic", "state", "at_brevo")
EFFECTS_EPILOG = """\b
Examples:
  rollcall effects --check
  rollcall effects --session latest --csv > doubts.csv
"""


def effects(
    context: typer.Context,
    check: _Check = False,
    session: OfSession = None,
    contact: OfContact = None,
    name: OfName = None,
    as_json: Json = False,
    as_csv: Csv = False,
    mask: Mask = False,
) -> None:
    """List the events in doubt: their call was made and the answer was lost, or the worker died in between.

    Mails of recordings, questions about lists and campaigns are among them. They wait for `rollcall effects resolve`
    (or brevo.in_doubt decides). Events whose contact no command has ever brought to Brevo are listed too: they wait
    for one. Events that are never sent, such as those of a back-fill, are counted by name. Exit code 1: there are some
    in doubt or without a contact.
    """
    if context.invoked_subcommand is not None:
        return
    one_form(as_json=as_json, as_csv=as_csv)
    configure_command_logging()
    found = asyncio.run(_list(session, contact, name, check=check, mask=mask))
    if as_csv:
        write_csv([*found["in_doubt"], *found["without_contact"]], _COLUMNS)
    elif as_json:
        write_json(found)
    else:
        _show(found)
    if found["in_doubt"] or found["without_contact"]:
        raise typer.Exit(FOUND_WRONG)


def event_selection(
    summaries: Sequence[SessionSummary],
    session: str | None,
    contact: str | None,
    name: str | None,
    command_id: str | None = None,
) -> EventSelection:
    """What a person's words choose.

    Raises:
        ConfigurationError: no session, or several, are meant; or nobody.
    """
    finder = SessionsByWords(summaries)
    return EventSelection(
        command_id=command_id,
        session=finder.session(session) if session else None,
        contact=finder.contact(contact) if contact else None,
        name=name,
    )


async def asked_of_brevo(found: Sequence[Open]) -> list[AtBrevo]:
    """Whether Brevo has each, in their order; said on stderr how far it is, on a terminal alone."""
    answers: list[AtBrevo] = []
    if found:
        with Console(stderr=True).status("asking Brevo …") as shown:
            async with opened() as (_, client):
                for event in found:
                    answers.append(await found_at_brevo(client, event.command))
                    shown.update(f"asking Brevo … {len(answers)} of {len(found)}")
    return answers


async def _list(
    session: str | None, contact: str | None, name: str | None, *, check: bool, mask: bool
) -> dict[str, Any]:
    connection = KafkaConnection.from_environment(os.environ)
    rows, summaries = await ledger(connection), await known_sessions(connection)
    selection = event_selection(summaries, session, contact, name)
    titles = titles_of(summaries)
    in_doubt = selection.of(doubts(rows.events))
    answers = await asked_of_brevo(in_doubt) if check else [None] * len(in_doubt)
    return {
        "in_doubt": [
            shown(event, titles, mask=mask, at_brevo=at_brevo) | {"state": "in_doubt"}
            for event, at_brevo in zip(in_doubt, answers, strict=True)
        ],
        "without_contact": [
            {**shown(event, titles, mask=mask), "state": "without_contact"}
            for event in selection.of(without_contact(rows))
        ],
        "suppressed": suppressed(rows.events),
    }


def titles_of(summaries: Iterable[SessionSummary]) -> Mapping[str, str]:
    """By the uuid of a run."""
    return {uuid: summary.topic for summary in summaries for uuid in (summary.session_uuid, *summary.instances)}


def shown(event: Open, titles: Mapping[str, str], *, mask: bool, at_brevo: AtBrevo | None = None) -> dict[str, Any]:
    """An event for programs and spreadsheets."""
    command = event.command
    return {
        "id": command.command_id,
        "name": command.name,
        "email": None if mask else command.email or None,
        "contact_id": command.contact_id,
        "event_date": format_instant(int(command.event_date.timestamp())),
        "session": command.session,
        "topic": titles.get(command.session or ""),
        **({"at_brevo": at_brevo} if at_brevo else {}),
    }


def show_events(console: Console, events: Sequence[OutputRow], last: str) -> None:
    """A line each; `last` heads what is said in the field of that name."""
    made = table("id", "of", "event", "who, and in which session", last, wraps=("who, and in which session", "event"))
    for event in events:
        who = event["email"] or event["contact_id"][:12]
        where = f"\n{event['topic']}" if event["topic"] else ""
        made.add_row(event["id"][:8], event["event_date"][:10], event["name"], f"{who}{where}", event.get(last) or "")
    console.print(made)


def _show(found: dict[str, Any]) -> None:
    console = terminal()
    if found["in_doubt"]:
        told = [{**event, "at Brevo": event.get("at_brevo")} for event in found["in_doubt"]]
        show_events(console, told, "at Brevo")
    if found["without_contact"]:
        told = [{**event, "waits for": "its contact"} for event in found["without_contact"]]
        show_events(console, told, "waits for")
        console.print("replay the contacts' facts, and these go")
    for name, count in found["suppressed"].items():
        console.print(f"{count} {name} suppressed")
    in_doubt = len(found["in_doubt"])
    console.print(f"{counted(in_doubt, 'event')} in doubt" if in_doubt else "nothing is in doubt")
