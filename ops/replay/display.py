"""What the commands about replays show. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.instants import format_instant
from schemas.replays import Replay, ReplayReport

_LINES = {
    "read": "records read",
    "published": "copies published",
    "facts_new": "told something new",
    "results_corrected": "facts about contacts told or corrected",
    "contacts_written": "contacts written at Brevo",
    "contacts_unchanged": "contacts looked at, of which Brevo had it all",
    "events_sent": "events sent",
    "events_held_back": "events held back: too old (--re-emit sends such), or not wanted",
    "refused": "refused by Brevo",
    "parked": "dead letters or in quarantine (rollcall dlq list, rollcall quarantine list)",
    "open": "commands are still open: rollcall replay status counts again",
}
_ALWAYS = frozenset(
    {"read", "published", "facts_new", "results_corrected", "contacts_written", "events_sent", "parked"}
)


def report_lines(report: ReplayReport) -> Iterator[str]:
    """The figures; those that are not always of interest only where there are any."""
    for name, what in _LINES.items():
        count = getattr(report, name)
        if count or name in _ALWAYS:
            yield f"{count:>9} {what}"


def line(replay: Replay) -> str:
    """One replay in a list."""
    at = format_instant(int(replay.started_at.timestamp()))
    return f"{replay.replay_id}  {replay.state:9}  {at}  {replay.published} of {replay.expected}  {replay.said}"


def heading(replay: Replay) -> Iterator[str]:
    """One replay in full."""
    yield f"{'replay':12} {replay.replay_id}"
    yield f"{'state':12} {replay.state}, {replay.published} of {replay.expected} published"
    yield f"{'selection':12} {replay.said}"
    yield f"{'rate':12} {replay.rate} a second{', old events too (--re-emit)' if replay.re_emit else ''}"
    yield f"{'begun':12} {format_instant(int(replay.started_at.timestamp()))} by {replay.operator}: {replay.reason}"
    yield f"{'last heard':12} {format_instant(int(replay.at.timestamp()))}"


def ending(replay: Replay) -> Iterator[str]:
    """Where it stands when a process has ended with it, and what to do next."""
    yield f"{replay.replay_id} is {replay.state}: {replay.published} of {replay.expected} published"
    if replay.report is not None:
        yield from report_lines(replay.report)
    elif replay.state == "paused":
        yield f"`rollcall replay resume {replay.replay_id}` goes on"


def document(replay: Replay, report: ReplayReport | None) -> dict[str, Any]:
    """The same for programs."""
    return {
        "replay_id": replay.replay_id,
        "state": replay.state,
        "selection": replay.said,
        "expected": replay.expected,
        "published": replay.published,
        "rate": replay.rate,
        "re_emit": replay.re_emit,
        "operator": replay.operator,
        "reason": replay.reason,
        "started_at": replay.started_at.isoformat(),
        "at": replay.at.isoformat(),
        "report": None if report is None else report.model_dump(),
    }
