"""`rollcall quarantine list|show|release|drop`: authentic deliveries that did not reach the live topic."""

from __future__ import annotations

import typer

from ops.letters import acts
from ops.letters.frame import LetterWords, WhichLetter, expression, list_chosen, show_one
from ops.letters.planning import DROP_DELIVERY, RELEASE
from ops.options import DryRun, Json, Reason, Yes
from runtime.logs import configure_command_logging
from schemas.topics import QUARANTINE

QUARANTINE_CONDITION = "topic=quarantine"


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Look at quarantined deliveries, and release them.", no_args_is_help=True)
    group.callback()(_group)
    group.command("list", epilog="Example:  rollcall quarantine list label=stale from=2h")(list_deliveries)
    group.command("show", epilog="Example:  rollcall quarantine show 5d0f6a7c")(show)
    group.command("release", epilog="Example:  rollcall quarantine release label=stale --reason 'our clock was off'")(
        release
    )
    group.command("drop", epilog="Example:  rollcall quarantine drop label=account --reason 'a foreign app'")(drop)
    app.add_typer(group, name="quarantine")


def _group() -> None:
    """Look at quarantined deliveries, and release them."""


def list_deliveries(words: LetterWords = None, as_json: Json = False) -> None:
    """List quarantined deliveries, why each is there (label), and what became of it.

    Labels: stale (its time was too far from ours), account (signed with the secret of another account), owner (the
    webinar is another account's). Conditions: label=, type=, from=, to=, stored-from=, stored-to=, session=, contact=,
    account=, offsets=, zone=.
    """
    configure_command_logging("ERROR")
    list_chosen(expression(words, QUARANTINE_CONDITION), as_json=as_json)


def show(which: WhichLetter, as_json: Json = False) -> None:
    """Show one: why, where, its shape without content, and what would be done with it if it were released."""
    show_one(which, [QUARANTINE], as_json=as_json)


def release(
    words: LetterWords = None, reason: Reason = "", dry_run: DryRun = False, yes: Yes = False, as_json: Json = False
) -> None:
    """Publish stale deliveries to the live topic, after a question.

    Of those of another account nothing was kept that could be released. Exit code 1: you said no, or Kafka does not
    answer.
    """
    which = expression(words, QUARANTINE_CONDITION)
    acts.act(RELEASE, which, reason, dry_run=dry_run, yes=yes, as_json=as_json)


def drop(
    words: LetterWords = None, reason: Reason = "", dry_run: DryRun = False, yes: Yes = False, as_json: Json = False
) -> None:
    """Drop quarantined deliveries: they are never released. They stay in the topic until its retention ends.

    Exit code 1: you said no, or Kafka does not answer.
    """
    which = expression(words, QUARANTINE_CONDITION)
    acts.act(DROP_DELIVERY, which, reason, dry_run=dry_run, yes=yes, as_json=as_json)
