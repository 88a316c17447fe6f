"""One call's end at somebody else's HTTP API, whatever it was: what a client hands to whoever judges it. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

CallFailure = Literal["refused", "reset", "timeout"]
"""No answer at all: no connection came about, it broke after sending, nothing came in time."""
_LONGEST_TEXT = 1_000
"""Characters of an error body's field: cut before anything searches it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or the failure that stood in for it."""

    status: int | None
    body: Any = None
    """Parsed JSON; ``None`` when there is none."""
    failure: CallFailure | None = None
    remaining: float | None = None
    """Calls left in the window of the rate limit, if that was told."""
    reset_seconds: float | None = None
    """How long the window still lasts, if that was told."""
    is_page: bool = False
    """The body is no JSON, such as a page of HTML from a proxy, or JSON that is not what was asked for."""

    def text(self, field: str) -> str:
        """The first 1,000 characters of a text of the error body (`code`, `message`), empty when there is none."""
        value = self.body.get(field) if isinstance(self.body, dict) else None
        return value[:_LONGEST_TEXT] if isinstance(value, str) else ""
