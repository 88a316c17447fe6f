"""What a back-fill tells people while it works: a bar on a terminal, plain lines otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ops.backfill.estimate import Estimate
from ops.backfill.gathering import UnitProgress
from ops.backfill.plan import BackfillWish, Skipped
from ops.backfill.sessions import PastSession
from readmodel.words import counted, span

_TENTHS = 10


@contextmanager
def bar(console: Console, what: str) -> Iterator[UnitProgress]:
    """A function to tell how far it is."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        said = -1

        def tell(done: int, total: int) -> None:
            nonlocal said
            progress.update(task, completed=done, total=total)
            tenth = _TENTHS * done // total if total else _TENTHS
            if not console.is_terminal and tenth != said:
                said = tenth
                _say(console, f"{what}: {done} of {total}")

        yield tell


def say_limits(console: Console) -> None:
    """What Zoom still knows."""
    _say(
        console,
        "Zoom's reports go back 6 months (webinars, and lists of sessions), answers about a single meeting 1 year.",
    )


def say_found(console: Console, wish: BackfillWish, sessions: Sequence[PastSession], cost: Estimate) -> None:
    """How much it is, and what will become of it."""
    people = sum(session.participants for session in sessions)
    webinars = sum(session.object_type == "webinar" for session in sessions)
    days = f", over {cost.days} days: the plan's daily pool is smaller" if cost.days > 1 else ""
    events = "will be sent" if wish.origin == "backfill_with_events" else "are suppressed; --events sends them"
    _say(
        console,
        f"{counted(len(sessions), 'session')} from {wish.span.first} to {wish.span.last}: "
        f"{counted(webinars, 'webinar')}, {counted(len(sessions) - webinars, 'meeting')}, {counted(people, 'join')}.\n"
        f"The worker will make about {counted(cost.calls, 'call')} to Zoom: {span(60 * cost.minutes)} at least{days}.\n"
        f"Brevo events {events}.",
    )


def say_skipped(console: Console, skipped: Sequence[Skipped]) -> None:
    """What could not be read; nothing when all was."""
    for left_out in skipped:
        _say(console, f"skipped, account {left_out.account_id}: {left_out.what}: {left_out.reason}")
    if skipped:
        _say(console, f"{len(skipped)} skipped; the same command asks for these again.")


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
