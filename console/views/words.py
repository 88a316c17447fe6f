"""Values as people read them, the same on every page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from markupsafe import Markup

from readmodel.words import EVIDENCE, REASONS
from schemas.instants import whole_minutes

NOTHING = "-"
_WORDS: Mapping[str, str] = {
    "left_early": "left early",
    "no_show": "no-show",
    "retracted": "taken back",
    "in_doubt": "in doubt",
    **REASONS,
    **EVIDENCE,
}
_STATES: Mapping[str, str] = {
    "scheduled": "scheduled",
    "running": "running",
    "ended": "ended, report awaited",
    "live": "judged live, not final",
    "final": "final",
}
_SYNC: Mapping[str, str] = {
    "written": "in Brevo",
    "waiting": "on its way",
    "refused": "refused by Brevo",
    "suppressed": "held back",
}


def words(code: str | None) -> str:
    """A code of the contracts in plain words.

    >>> words("left_early"), words("attended"), words(None)
    ('left early', 'attended', '-')
    """
    return NOTHING if not code else _WORDS.get(code, code.replace("_", " "))


def state_words(state: str) -> str:
    """The state of a session."""
    return _STATES.get(state, words(state))


def sync_words(sync: str) -> str:
    """How Brevo stands to a person.

    >>> sync_words("waiting")
    'on its way'
    """
    return _SYNC.get(sync, words(sync))


def when(at: datetime | None) -> str:
    """A minute of UTC; a line may end behind the day, and not within it.

    >>> from datetime import UTC
    >>> when(datetime(2026, 8, 12, 10, 0, 31, tzinfo=UTC))
    Markup('<time>2026-08-12</time> <time>10:00</time>')
    """
    return _instant(at, "%H:%M")


def second(at: datetime | None) -> str:
    """A second of UTC, as `when`."""
    return _instant(at, "%H:%M:%S")


def _instant(at: datetime | None, form: str) -> str:
    if at is None:
        return NOTHING
    return Markup("<time>{}</time> <time>{}</time>").format(f"{at:%Y-%m-%d}", at.strftime(form))


def with_code(text: str) -> Markup:
    """What stands in backticks is code; all of it is escaped.

    >>> with_code("run `rollcall check --url <url>`")
    Markup('run <code>rollcall check --url &lt;url&gt;</code>')
    """
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(re.split(r"`([^`]*)`", text))
    )


def lasting(seconds: float | None) -> str:
    """How long something took or takes.

    >>> lasting(59), lasting(3270), lasting(5400), lasting(0.35), lasting(200_000)
    ('59 s', '55 min', '1 h 30 min', '0.3 s', '2 d 7 h')
    """
    if seconds is None:
        return NOTHING
    if 0 < seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = whole_minutes(int(seconds))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def ago(at: datetime, now: datetime) -> str:
    """How long ago something was; a clock that is ahead of ours counts as now."""
    return f"{lasting(max(timedelta(), now - at).total_seconds())} ago"


def number(count: float | None) -> str:
    """A number with its thousands apart.

    >>> number(12345), number(3.0), number(41.6666), number(0.0277), number(None)
    ('12,345', '3', '41.7', '0.028', '-')
    """
    if count is None:
        return NOTHING
    if 0 < abs(count) < 0.1:
        return f"{count:.2g}"
    return f"{count:,.0f}" if float(count).is_integer() else f"{count:,.1f}"
