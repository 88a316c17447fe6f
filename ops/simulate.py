"""`rollcall simulate webinar|meeting`: sends a seeded session, signed as Zoom signs, to an ingress."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.options import Json
from sandbox.simulator import ACCOUNT_ID, CHAOS, Chaos, World, simulate_meeting, simulate_webinar
from sandbox.simulator.sender import Summary, Target, send
from schemas.errors import ConfigurationError
from schemas.instants import format_instant

# The session ends a while before now: what comes late, and a link that is opened again, then lie in the past, too.
_ENDED_AGO_SECONDS = 90 * 60
_FAILED_SHOWN = 5
_ANSWER_SECONDS = 10

_Attendees = Annotated[int, typer.Option(min=1, help="People who end as contacts; staff and anonymous come on top.")]
_Seed = Annotated[int, typer.Option(help="Decides everything: one seed, one session.")]
_ChaosNames = Annotated[str, typer.Option("--chaos", help=f"Comma-separated, or all: {', '.join(sorted(CHAOS))}.")]
_Url = Annotated[str, typer.Option(help="The ingress' webhook address.")]
_Secret = Annotated[
    str, typer.Option(envvar="ZOOM_WEBHOOK_SECRET", help="Secret token that the ingress verifies with.")
]
_Zoom = Annotated[str | None, typer.Option(help="Base URL of a sandbox Zoom that shall answer look-ups about it.")]
_Account = Annotated[str, typer.Option(envvar="ZOOM_ACCOUNT_ID", help="Zoom account that the webhooks name.")]
_Rate = Annotated[float | None, typer.Option(min=0.1, help="Deliveries a second; without it as fast as answered.")]
_Minutes = Annotated[int, typer.Option("--minutes", min=20, help="Scheduled length of the session.")]
_Recorded = Annotated[bool, typer.Option("--recorded", help="With a cloud recording that Zoom tells of twice.")]


def register(app: typer.Typer) -> None:
    """Add the group `simulate`."""
    group = typer.Typer(help="Send an invented session to an ingress, signed as Zoom signs.", no_args_is_help=True)
    example = "Example:  rollcall simulate {} --attendees 200 --seed 7 --chaos dup,reorder,lost-left,late"
    for name, simulate, what in (
        ("webinar", simulate_webinar, "registrations, joins, leaves, room moves, no-shows"),
        ("meeting", simulate_meeting, "joins, leaves, waiting room"),
    ):
        text = f"Send a {name}: {what}. Exit 1 if a delivery was never accepted."
        group.command(name, help=text, epilog=example.format(name))(_command(simulate))
    app.add_typer(group, name="simulate")


def _command(simulate: Callable[..., World]) -> Callable[..., None]:
    """What either command does, with the options of both."""

    def command(
        *,
        attendees: _Attendees = 50,
        seed: _Seed = 7,
        chaos: _ChaosNames = "",
        url: _Url = "http://127.0.0.1:8080/webhooks/zoom",
        secret: _Secret = "",
        zoom: _Zoom = None,
        account_id: _Account = ACCOUNT_ID,
        rate: _Rate = None,
        minutes: _Minutes = 60,
        recorded: _Recorded = False,
        as_json: Json = False,
    ) -> None:
        world = simulate(
            attendees,
            seed,
            parse_chaos(chaos),
            starts_at=recent_start(minutes),
            duration_minutes=minutes,
            account_id=account_id,
            recorded=recorded,
        )
        _simulate(world, Target(url, _required(secret), rate), zoom, as_json=as_json)

    return command


def parse_chaos(text: str) -> frozenset[Chaos]:
    """The kinds of `dup,reorder`, or all of them for `all`. Raises ``ConfigurationError`` for an unknown one."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if names == {"all"}:
        return CHAOS
    unknown = names - CHAOS
    if unknown:
        choices = ", ".join(["all", *sorted(CHAOS)])
        raise ConfigurationError(f"--chaos {', '.join(sorted(unknown))}: unknown; choose of {choices}")
    return frozenset(kind for kind in CHAOS if kind in names)


def recent_start(minutes: int) -> int:
    """A scheduled start, on a whole minute, so that a session of this length is over by now."""
    start = int(time.time()) - _ENDED_AGO_SECONDS - minutes * 60
    return start - start % 60


async def load_zoom(world: World, base_url: str) -> None:
    """Adds the world to what a sandbox Zoom holds. Raises ``ConfigurationError`` where none answers."""
    body = io.BytesIO(world.zoom.model_dump_json().encode())
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.post(f"{base_url.rstrip('/')}/_sandbox/state", data=body) as response,
        ):
            response.raise_for_status()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ConfigurationError(
            f"--zoom {base_url}: no sandbox Zoom took the session ({error}); start one with `rollcall sandbox zoom`"
        ) from error


async def send_with_progress(world: World, target: Target, console: Console) -> Summary:
    """Sends all deliveries under a progress bar; on anything but a terminal only the summary follows."""
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("sending", total=len(world.deliveries))
        advance: Callable[[bool], None] = lambda _: progress.advance(task)  # noqa: E731
        return await send(world.deliveries, target, advance)


def _required(secret: str) -> str:
    if not secret:
        raise ConfigurationError(
            "no secret: give --secret or set ZOOM_WEBHOOK_SECRET to the one the ingress verifies with"
        )
    return secret


def _simulate(world: World, target: Target, zoom: str | None, *, as_json: bool) -> None:
    console = Console(stderr=True)
    event = world.event
    console.print(
        f"{event.object_type} {event.object_id} “{event.topic}”, {format_instant(event.starts_at)}: "
        f"{len(world.people)} people, {len(world.deliveries)} deliveries to {target.url}",
        highlight=False,
    )

    async def run() -> Summary:
        await _check_that_somebody_answers(target.url)
        if zoom is not None:
            await load_zoom(world, zoom)
        return await send_with_progress(world, target, console)

    summary = asyncio.run(run())
    if as_json:
        print(json.dumps(_document(world, summary)))
    else:
        _tell(summary)
    if summary.failed:
        raise typer.Exit(1)


async def _check_that_somebody_answers(url: str) -> None:
    """Whatever is said to a `GET`. Raises ``ConfigurationError`` where nobody does: all would be sent in vain."""
    try:
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, allow_redirects=False):
            return
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ConfigurationError(
            f"--url {url}: nobody answers ({type(error).__name__}); start `rollcall ingress`, or name its address"
        ) from error


def _document(world: World, summary: Summary) -> dict[str, Any]:
    event = world.event
    return {
        "object_type": event.object_type,
        "object_id": str(event.object_id),
        "session_uuids": [span.uuid for span in event.spans],
        "chaos": sorted(world.chaos),
        "people": len(world.people),
        **{field.name: getattr(summary, field.name) for field in fields(summary)},
    }


def _tell(summary: Summary) -> None:
    answers = ", ".join(f"{count} x {answer}" for answer, count in sorted(summary.answers.items()))
    pace = summary.deliveries / summary.seconds if summary.seconds else 0.0
    print(
        f"{summary.accepted} of {summary.deliveries} deliveries accepted in {summary.seconds:.1f} s ({pace:.0f}/s), "
        f"{summary.retries} repeated; answers: {answers}"
    )
    if summary.failed:
        shown = ", ".join(summary.failed[:_FAILED_SHOWN])
        print(
            f"{len(summary.failed)} never accepted, first request ids: {shown}. "
            "401: another secret than the ingress has; ClientConnectorError: no ingress at this address; "
            "503: the ingress cannot reach Kafka.",
            file=sys.stderr,
        )
