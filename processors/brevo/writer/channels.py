"""What a way to do something at most once has to say about itself."""

from __future__ import annotations

from typing import Protocol

from processors.brevo.decisions.campaigns import Trace
from processors.brevo.decisions.open_work import EventWork
from processors.brevo.decisions.results import Ending
from processors.brevo.writer.outcomes import Again
from runtime.calls import Answer


class Channel(Protocol):
    """One way to reach people."""

    leaves_trace: bool = False
    """Whether Brevo can be asked what became of a call whose answer was lost."""

    async def withheld(self, contact: str, work: EventWork) -> Ending | Again | None:
        """How the work ends without the call, if something that only Brevo knows speaks against it; before the intent.

        `Again`: its time has not come. An ending `intended`: go on, and tell this with the intent.
        """

    async def call(self, contact: str, work: EventWork) -> Answer:
        """The one call."""

    async def trace(self, contact: str, work: EventWork) -> Trace:  # noqa: ARG002 (needed by others)
        """What became of a call, if it leaves a trace; some time after the call."""
        return "unknown"
