"""How codes, spans and numbers are told, the same on pages and in commands. PURE."""

from __future__ import annotations

from types import MappingProxyType

REASONS = MappingProxyType(
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
"""Of a result, or of its being taken back."""
EVIDENCE = MappingProxyType(
    {"live": "webhooks", "report": "Zoom's report", "both": "webhooks and Zoom's report"},
)
"""What a result was worked out from."""


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


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "session"), counted(0, "session"), counted(2_000, "look-up")
    ('1 session', '0 sessions', '2,000 look-ups')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
