"""The commands `rollcall replay plan|apply|status|pause|resume`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import orjson
import typer

from ops.failure import found_wrong, stopping
from ops.letters.frame import expression
from ops.options import Json, Reason, Yes, agreed
from ops.replay import acts, display
from ops.replay.pace import MOST_A_SECOND
from ops.replay.plan import document, in_words
from ops.replay.store import known_replays, one_replay
from ops.workplace import Workplace
from runtime.exits import FOUND_WRONG
from runtime.logs import configure_command_logging
from schemas.replays import Replay

T = TypeVar("T")
_Words = Annotated[list[str] | None, typer.Argument(help="Which: conditions as in docs/how-to/replay.md.")]
_Which = Annotated[str, typer.Argument(help="Its id, or the beginning of it.")]
_Rate = Annotated[int, typer.Option(min=1, max=MOST_A_SECOND, help="Copies a second, at most.")]
RAW_CONDITION = "topic=raw"
RATE = 2_000
_AGAIN = "`rollcall replay status` shows how far it is, `rollcall replay resume ID` goes on from there."


def plan(words: _Words = None, rate: _Rate = RATE, as_json: Json = False) -> None:
    """Count what a selection holds, by partition and type, and tell how long a replay of it takes; change nothing.

    Which: topic=raw (if none is named) or topic=results, type=, from=, to=, stored-from=, stored-to=, session=,
    contact=, account=, offsets=, zone=. Copies that earlier replays have made are left out. Exit code 1: nothing is
    selected, or Kafka does not answer.
    """
    found = _run(acts.plan(_here(), expression(words, RAW_CONDITION)), as_json=as_json)
    if as_json:
        typer.echo(orjson.dumps(document(found, rate)).decode())
    else:
        typer.echo("\n".join(in_words(found, rate)))
    if not found.count:
        raise typer.Exit(FOUND_WRONG)


def apply(
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit topic.")],
    words: _Words = None,
    rate: _Rate = RATE,
    re_emit: Annotated[
        bool, typer.Option("--re-emit", help="Send events and mails that were never sent, however old.")
    ] = False,
    expect: Annotated[
        int | None, typer.Option(min=1, help="Go on only if so many are selected, as `plan` said.")
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Publish the records of a selection again, after a question, and count what comes of it.

    What is known changes nothing: contacts are written where they differ, events are sent where they never were, and
    none of what happened longer ago than brevo.max_effect_age (24 h) unless --re-emit is given. It goes at its rate,
    and waits while workers are busy. Stop it at any time: `resume` goes on where it stopped. --yes needs --expect.
    Exit code 1: nothing is selected, or not as many as expected, Kafka does not answer, or you said no.
    """
    if yes and expect is None:
        raise typer.BadParameter("--yes needs --expect with the number that `rollcall replay plan` says")
    if not reason.strip():
        raise typer.BadParameter("--reason says nothing: whoever looks at the audit topic wants to know why")
    place = _here()
    found = _run(acts.plan(place, expression(words, RAW_CONDITION)), as_json=as_json)
    if not as_json:
        typer.echo("\n".join(in_words(found, rate)))
    if not found.count:
        raise found_wrong("nothing is selected, and nothing was published", as_json=as_json)
    if expect is not None and expect != found.count:
        raise found_wrong(
            f"{found.count} are selected, and not {expect}: look again with `rollcall replay plan`", as_json=as_json
        )
    if not agreed(f"Publish {found.count} records again?", yes=yes):
        raise found_wrong("nothing was published", as_json=as_json)
    replay = _run(acts.begin(place, found, reason=reason, rate=rate, re_emit=re_emit), as_json=as_json)
    typer.echo(f"replay {replay.replay_id} begins", err=True)
    _end(_run(acts.run(place, replay, reason), as_json=as_json), as_json=as_json)


def status(
    which: Annotated[str | None, typer.Argument(help="Its id, or the beginning.")] = None, as_json: Json = False
) -> None:
    """List the replays of the last 30 days, or show one and count anew what came of it."""
    place = _here()
    if which is None:
        known = [known_replay.replay for known_replay in _run(known_replays(place.connection), as_json=as_json)]
        if as_json:
            typer.echo(
                orjson.dumps({"replays": [display.document(replay, replay.report) for replay in known]}).decode()
            )
        else:
            typer.echo("\n".join(map(display.line, known)) or "no replays")
        return
    replay = _run(one_replay(place.connection, which), as_json=as_json).replay
    report = _run(acts.report_of(place, replay), as_json=as_json)
    if as_json:
        typer.echo(orjson.dumps(display.document(replay, report)).decode())
    else:
        typer.echo("\n".join([*display.heading(replay), *display.report_lines(report)]))


def pause(which: _Which, reason: Reason = "", as_json: Json = False) -> None:
    """Stop a replay that runs, here or elsewhere, until somebody resumes it."""
    place = _here()
    history = _run(one_replay(place.connection, which), as_json=as_json)
    _end(_run(acts.pause(place, history, reason), as_json=as_json), as_json=as_json)


def resume(
    which: _Which,
    reason: Reason = "",
    rate: Annotated[
        int | None, typer.Option(min=1, max=MOST_A_SECOND, help="Copies a second from now on; else as before.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Go on, in this terminal, with a replay that was paused, killed or cut off; nothing is published twice.

    One whose copies are all published is counted to the end.
    """
    place = _here()
    history = _run(one_replay(place.connection, which), as_json=as_json)
    if history.replay.state == "done":
        _end(history.replay, as_json=as_json)
        return
    replay = _run(acts.taken_on(place, history, reason, rate), as_json=as_json)
    _end(_run(acts.run(place, replay, reason or replay.reason), as_json=as_json), as_json=as_json)


def _here() -> Workplace:
    configure_command_logging("ERROR")
    return Workplace.here()


def _run(work: Coroutine[Any, Any, T], *, as_json: bool) -> T:
    with stopping(_AGAIN, as_json=as_json):
        return asyncio.run(work)


def _end(replay: Replay, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(display.document(replay, replay.report)).decode())
        return
    typer.echo("\n".join(display.ending(replay)))
