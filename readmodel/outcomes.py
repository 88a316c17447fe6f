"""Which of several outcomes of one command stands. PURE.

As the sink's own rows have it (`processors.brevo.decisions.intake`): what is known of a command only grows, so a doubt
that comes behind an acknowledgement, a result that is told twice, and what a worker says late that was stopped change
nothing. Two things begin a command again: it was refused, so it was surely never done, or a person has a doubt sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_SENT_AGAIN, _WAITS, _IN_DOUBT, _REJECTED, _SUPPRESSED, _DONE = range(-4, 2)
"""Almost all are `_DONE`, and SQLite keeps a 1 in no byte."""
_LEVELS: Mapping[str, int] = {
    "intended": _WAITS,
    "withdrawn": _WAITS,
    "in_doubt": _IN_DOUBT,
    "rejected": _REJECTED,
    "suppressed": _SUPPRESSED,
    "acknowledged": _DONE,
    "unchanged": _DONE,
}


def level_of(result: Mapping[str, Any]) -> int:
    """How much a result (`schemas.brevo.CommandResult`) knows. Raises ``KeyError``: an unknown outcome."""
    decision = result["decision"] or {}
    return _SENT_AGAIN if decision.get("verdict") == "resend" else _LEVELS[result["outcome"]]


def wanted_at(call: Any, number: Callable[[int], Any] = int) -> Any:
    """When a command was published, in milliseconds since 1970, of the values of a call or of its columns.

    `number` writes a constant, as in `replaces`.
    """
    return call["occurred_at"] * number(1_000) + call["wanted_after"]


def finished_at(call: Any, number: Callable[[int], Any] = int) -> Any:
    """When its outcome was found, as `wanted_at`."""
    return call["occurred_at"] * number(1_000) + call["finished_after"]


def replaces(level: Any, at: Any, known_level: Any, known_at: Any, number: Callable[[int], Any] = int) -> Any:
    """Whether a result stands from now on, in the place of the known one.

    The same formula for numbers and for columns, where `number` writes a constant. `at`: when the command was finished.

    >>> replaces(_IN_DOUBT, 2, _DONE, 1), replaces(_DONE, 2, _IN_DOUBT, 1), replaces(_WAITS, 1, _REJECTED, 2)
    (False, True, False)
    >>> replaces(_WAITS, 3, _REJECTED, 2), replaces(_WAITS, 3, _IN_DOUBT, 2), replaces(_SENT_AGAIN, 3, _IN_DOUBT, 2)
    (True, False, True)
    """
    is_resent = (known_level == number(_IN_DOUBT)) & (level == number(_SENT_AGAIN))
    begins_again = (known_level == number(_REJECTED)) | is_resent
    return (level > known_level) | ((at >= known_at) & ((level == known_level) | begins_again))
