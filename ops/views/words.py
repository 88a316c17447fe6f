"""How instants, spans, people and reasons are told. Instants are aware and shown in UTC. PURE."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from readmodel.lines.sessions import PersonLine, SessionLine

HIDDEN = "(hidden)"
_REASONS = MappingProxyType(
    {
        "present_to_the_end": "there to the end",
        "left_before_the_end": "left before the end",
        "below_the_minimum": "there to the end, but for less than sessions.attended_minimum",
        "approved_and_not_seen": "registered and approved, and never seen",
        "excluded": "left out by a rule: host, panelist, own user or excluded domain",
        "outside": "was only there outside of the live time",
        "anonymous": "nothing leads to an address any more",
        "not_registered": "no approved registration leads to this address any more",
        "elsewhere": "was in an earlier session of the same date",
        "not_yet": "nobody is judged yet: the session is not over",
        "no_session": "it was no session of its own: a rehearsal, or merged with another",
    }
)
_RULES = MappingProxyType(
    {
        "registrant": "the registration's e-mail",
        "email": "the connection's own e-mail",
        "user": "the Zoom user's e-mail",
    }
)
EVIDENCE = MappingProxyType(
    {"live": "webhooks", "report": "Zoom's report", "both": "webhooks and Zoom's report"},
)


def when(moment: datetime | None) -> str:
    """To the minute; empty without one."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def span(seconds: float) -> str:
    """A length in the largest unit that fits.

    >>> span(0.35), span(42), span(95), span(7_300), span(200_000)
    ('0.3 s', '42 s', '1 min', '2 h', '2 d')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`."""
    return f"{span(max(timedelta(), now - moment).total_seconds())} ago"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "session"), counted(0, "session"), counted(2, "look-up")
    ('1 session', '0 sessions', '2 look-ups')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


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
    return _REASONS.get(reason or "", reason or "")


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
