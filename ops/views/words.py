"""How instants, spans, people and reasons are told. Instants are aware and shown in UTC. PURE."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from readmodel.lines.sessions import PersonLine, SessionLine
from readmodel.words import REASONS, span

_RULES = MappingProxyType(
    {
        "registrant": "the registration's e-mail",
        "email": "the connection's own e-mail",
        "user": "the Zoom user's e-mail",
    }
)


def when(moment: datetime | None) -> str:
    """To the minute; empty without one."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`."""
    return f"{span(max(timedelta(), now - moment).total_seconds())} ago"


def shown_email(email: str | None, contact_id: str, *, mask: bool) -> str:
    """The address; the beginning of the contact id where it is hidden or not known."""
    return email if email and not mask else contact_id[:12]


def state(line: SessionLine, now: datetime) -> str:
    """Where a session is, and when it is looked at next."""
    if line.retracted:
        return "taken back"
    if line.next_check_at is None or line.is_final:
        return line.state
    due = "due" if line.next_check_at <= now else f"{line.next_check_at.astimezone(UTC):%H:%M}"
    if (line.next_check_at - now) > timedelta(hours=24):
        due = f"{line.next_check_at.astimezone(UTC):%m-%d}"
    return f"{line.state},\nnext {due}"


def why(reason: str | None) -> str:
    """A result's reason, or why it was taken back."""
    return REASONS.get(reason or "", reason or "")


def recognised(rule: str | None) -> str:
    """By what a person was recognised; empty where nothing was."""
    return _RULES.get(rule or "", rule or "")


def at_brevo(person: PersonLine) -> str:
    """What Brevo has of somebody, else why not."""
    match person.sync:
        case "written":
            left_out = f", without {person.left_out}" if person.left_out else ""
            return f"written {when(person.written_at)}{left_out}"
        case "refused":
            return f"refused: {person.sync_detail or 'no reason given'}"
        case "suppressed":
            return f"not sent: {person.sync_detail or 'suppressed'}"
        case _:
            return f"waits{': ' + person.sync_detail if person.sync_detail else ''}"
