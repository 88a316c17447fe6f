"""One question to Brevo, repeated until there is an answer that says something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from processors.brevo.decisions.budget import WriterFigures
from processors.brevo.decisions.families import CallFamily
from processors.brevo.writer.access import Access
from runtime.calls import Answer
from runtime.outcome import Outcome

BrevoCall = Callable[[], Awaitable[Answer]]


class Asker:
    """For calls that may repeat; each try takes a permit of its family."""

    def __init__(self, access: Access, figures: WriterFigures, spread: Callable[[], float]) -> None:
        self._access = access
        self._figures = figures
        self._spread = spread

    async def ask(
        self,
        family: CallFamily,
        call: BrevoCall,
        *,
        urgent: bool = False,
        doubted: Callable[[], Awaitable[None]] | None = None,
        telling: int | None = None,
    ) -> Answer:
        """The first answer that Brevo means: done, missing or refused for good.

        Args:
            family: that the call counts against.
            call: makes one call.
            urgent: goes before others that wait for the family.
            telling: a status that says enough, whoever says it.
            doubted: awaited before the next try when Brevo may have done what was asked.
        """
        attempts = 0
        while True:
            await self._access.permit(family, urgent=urgent)
            answer = await call()
            attempts += 1
            backoff = self._figures.backoff(attempts, self._spread())
            verdict = self._access.judge(family, answer, backoff)
            if verdict.outcome in (Outcome.DONE, Outcome.MISSING, Outcome.REJECT) or (
                telling and answer.status == telling
            ):
                return answer
            if verdict.ambiguous and doubted is not None:
                await doubted()
            await asyncio.sleep(backoff)
