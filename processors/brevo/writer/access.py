"""Access to Brevo: permits for both families, and what each answer means for the calls after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from processors.brevo.api.limits import (
    CATCH_UP_SECONDS,
    HOURLY_BURST,
    Limiter,
    Parking,
    Window,
)
from processors.brevo.decisions.answers import AnswerClass, classify, refused_address
from processors.brevo.decisions.budget import WriterFigures, intent_window, share
from processors.brevo.decisions.families import CALL_FAMILIES, ONCE, WITHIN, CallFamily, Family
from processors.brevo.writer.metrics import CallMetrics
from runtime.calls import Answer
from runtime.outage import Outage
from runtime.outcome import Outcome
from runtime.pace import REPORTED_AFTER_SECONDS
from schemas.instants import SECONDS_PER_HOUR

CAMPAIGN_PROBES = 10
"""So many times rarer are probes of parked campaigns: one a minute would be most of what `account` has."""

log = logging.getLogger(__name__)


class Access:
    """The budget of this worker.

    Args:
        per_second: the whole installation's rate for each family, in calls per second.
        account_per_hour: the whole installation's calls an hour of the family `account`.
        total_partitions: of every topic; the share is what is assigned of them.
        now: monotonic seconds.
    """

    def __init__(
        self,
        per_second: Mapping[Family, float],
        account_per_hour: float,
        total_partitions: int,
        figures: WriterFigures,
        metrics: CallMetrics,
        now: Callable[[], float],
    ) -> None:
        hourly = account_per_hour * (1 - HOURLY_BURST) / SECONDS_PER_HOUR
        self._per_second: dict[CallFamily, float] = {
            "contacts": per_second["contacts"],
            "events": per_second["events"],
            "mails": per_second["mails"],
            "confirmations": per_second["confirmations"],
            "campaigns": hourly,
            "account": hourly,
        }
        self._total_partitions = total_partitions
        self._metrics = metrics
        self._now = now
        self._soon_seconds = figures.first_backoff_seconds
        self._outage = Outage(figures.backoff(attempts=1, spread=1))
        self._account = Parking(figures.probe_seconds)
        self._parkings = {
            family: Parking(figures.probe_seconds * (CAMPAIGN_PROBES if family == "campaigns" else 1))
            for family in CALL_FAMILIES
        }
        burst = account_per_hour * HOURLY_BURST / hourly
        self.limiters = {
            family: Limiter(
                (self._account, self._parkings[family]),
                now,
                burst if family in ("account", "campaigns") else CATCH_UP_SECONDS,
            )
            for family in CALL_FAMILIES
        }
        self.intents = {family: self._window(self.limiters[family]) for family in ONCE}

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why calls wait, for readiness; empty when they do not."""
        parked = [("brevo", self._account)] + [(f"brevo {family}", self._parkings[family]) for family in CALL_FAMILIES]
        found = [f"{name}: {parking.reason}" for name, parking in parked if parking.reason is not None]
        for family, limiter in self.limiters.items():
            if (seconds := limiter.pace.held_seconds(self._now())) >= REPORTED_AFTER_SECONDS:
                found.append(f"brevo {family}: the rate limit is used up for another {seconds:.0f} s")
        return tuple(found)

    async def permit(self, family: CallFamily, *, urgent: bool) -> None:
        """Wait until one call may be made."""
        began_at = self._now()
        await self.limiters[family].acquire(urgent=urgent)
        if (wider := WITHIN.get(family)) is not None:
            try:
                await self.limiters[wider].acquire(urgent=urgent)
            except asyncio.CancelledError:
                self.limiters[family].give_back()
                raise
        self._metrics.waited.labels(family).inc(self._now() - began_at)

    def unused(self, family: CallFamily) -> None:
        """A permit led to no call, as its work had changed while it waited: it is given to the next."""
        self.limiters[family].give_back()
        if (wider := WITHIN.get(family)) is not None:
            self.limiters[wider].give_back()

    def is_paused(self, family: CallFamily) -> bool:
        """Whether Brevo has told to wait since the permit was given."""
        return self.limiters[family].is_paused or self.limiters[WITHIN.get(family, family)].is_paused

    def assigned(self, partitions: int) -> None:
        """This worker has so many partitions now."""
        for family, limiter in self.limiters.items():
            limiter.set_rate(share(self._per_second[family], partitions, self._total_partitions))
            self._metrics.allowed.labels(family).set(limiter.rate)
        self._wake_intents()

    def judge(self, family: CallFamily, answer: Answer, backoff_seconds: float) -> AnswerClass:
        """Classify an answer and act on it: pause, park or go on.

        `backoff_seconds` is the pause after a 429 that does not say how long.
        """
        verdict = classify(answer, family)
        self._metrics.calls.labels(family, verdict.name).inc()
        if answer.remaining is not None:
            self._metrics.remaining.labels(family).set(answer.remaining)
        limiter = self.limiters[WITHIN.get(family, family)]
        if verdict.outcome is Outcome.PAUSE:
            limiter.pause(answer.reset_seconds or backoff_seconds)
        elif answer.remaining == 0 and answer.reset_seconds:
            # Others share the account's budget: the next call would be refused.
            limiter.pause(answer.reset_seconds)
        if verdict.outcome is Outcome.PARK:
            self._park(self._account, "all calls", verdict, answer)
        elif verdict.outcome in (Outcome.STOP, Outcome.FOREIGN):
            self._park(self._parkings[family], family, verdict, answer)
        elif answer.status is not None and answer.status < 500 and self._go_on((self._account, self._parkings[family])):
            log.info("brevo answers again", extra={"calls": family})
        self._note_outage(verdict, answer)
        return verdict

    def resume(self) -> None:
        """Go on with everything, as a person asked."""
        if self._go_on((self._account, *self._parkings.values())):
            log.info("brevo tried again", extra={"reason": "a person asked for it"})

    @staticmethod
    def _window(limiter: Limiter) -> Window:
        return Window(lambda seconds: intent_window(limiter.rate, seconds, parked=limiter.parked))

    def _wake_intents(self) -> None:
        for window in self.intents.values():
            window.wake()

    def _park(self, parking: Parking, what: str, verdict: AnswerClass, answer: Answer) -> None:
        address = refused_address(answer)
        reason = f"{verdict.says} (HTTP {answer.status}{f', address {address}' if address else ''})"
        # Somebody in between is often gone after a moment.
        if parking.park(reason, self._now(), self._soon_seconds if verdict.outcome is Outcome.FOREIGN else None):
            log.error("brevo parked", extra={
                "calls": what, "reason": reason,
                "next": "nothing is lost; mend it, then rollcall brevo resume, or wait for the next probe",
            })  # fmt: skip
        self._changed()

    def _go_on(self, parkings: tuple[Parking, ...]) -> bool:
        were_parked = [parking.clear() for parking in parkings]
        if any(were_parked):
            self._changed()
        return any(were_parked)

    def _note_outage(self, verdict: AnswerClass, answer: Answer) -> None:
        """An outage parks nothing: each call comes again by itself. It is told once, and its end."""
        if verdict.outcome is Outcome.FOREIGN:
            return  # somebody in between, of whom a line of their own tells
        if answer.status is None or answer.status >= 500:
            if self._outage.failed(self._now()):
                log.warning("brevo lost", extra={
                    "reason": verdict.says, "next": "nothing is lost, and it goes on by itself; https://status.brevo.com",
                })  # fmt: skip
        elif (seconds := self._outage.answered(self._now())) is not None:
            log.info("brevo reached again", extra={"away_seconds": round(seconds, 1)})

    def _changed(self) -> None:
        for family, limiter in self.limiters.items():
            self._metrics.parked.labels(family).set(limiter.parked)
            limiter.wake()
        self._wake_intents()
