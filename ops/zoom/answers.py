"""What Zoom answers a command: the answer, or an error that says why there is none."""

from __future__ import annotations

from typing import TypeVar

from runtime.outcome import NoAnswer, Outcome
from schemas.errors import RetryLaterError, RollcallError

T = TypeVar("T")
_FINAL = frozenset({Outcome.MISSING, Outcome.STOP, Outcome.REJECT})


class ZoomRefusedError(RollcallError):
    """Zoom will not answer this, however often it is asked; `outcome` says whether there is none, or we may not."""

    def __init__(self, answer: NoAnswer) -> None:
        super().__init__(f"Zoom refuses: {answer.says}")
        self.outcome = answer.outcome


def said(answer: T | NoAnswer) -> T:
    """The answer.

    Raises:
        ZoomRefusedError: there is none for good.
        RetryLaterError: there is none now.
    """
    if not isinstance(answer, NoAnswer):
        return answer
    if answer.outcome in _FINAL:
        raise ZoomRefusedError(answer)
    raise RetryLaterError(answer.says, after_seconds=answer.after_seconds)
