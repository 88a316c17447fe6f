"""What is wrong with an account at Zoom: said once, counted, and its end said too."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from processors.zoom.metrics import LookupMetrics
from processors.zoom.questions.pages import QuestionAnswer
from processors.zoom.questions.troubles import Troubles
from runtime.backoff import Backoff
from runtime.outage import Outage
from runtime.outcome import NoAnswer, Outcome
from schemas.lookups import ZoomRow

MissingScopes = Callable[[frozenset[str]], Mapping[str, str]]
"""Of the scopes of a token: those that it lacks, each with the features that need it."""

log = logging.getLogger(__name__)


class AccountHealth:
    """The troubles and outages of each account whose questions are ours.

    Args:
        clock: seconds since 1970.
        metrics: shared with the agent.
        backoff: an outage is one that outlasts its first wait.
        missing_scopes: by account id, what the enabled features lack; absent: nobody is told.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        metrics: LookupMetrics,
        backoff: Backoff,
        missing_scopes: Mapping[str, MissingScopes],
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._backoff = backoff
        self._missing_scopes = missing_scopes
        self._troubles = Troubles()
        self._outages: dict[str, Outage] = {}

    @property
    def reasons(self) -> tuple[str, ...]:
        """What keeps questions from being answered until a person acts."""
        return self._troubles.reasons

    def forget(self, account_id: str) -> None:
        """Of an account that is another worker's now."""
        self._troubles.forget(account_id)
        self._metrics.troubles.labels(account_id).set(0)

    def note_scopes(self, account_id: str, granted: frozenset[str]) -> None:
        """What a token may do; empty where Zoom did not say."""
        missing = self._missing_scopes.get(account_id)
        self._say(self._troubles.note_scopes(account_id, missing(granted) if missing and granted else {}), account_id)

    def note_answer(self, account_id: str, what: str, came: QuestionAnswer | Sequence[ZoomRow] | NoAnswer) -> None:
        """What came of a question for `what`: a kind of look-up, or `token`."""
        if isinstance(came, QuestionAnswer) and came.outcome != "found":
            return  # Zoom was not asked
        before = self._troubles.count(account_id)
        trouble = self._troubles.note(account_id, what, came if isinstance(came, NoAnswer) else Outcome.DONE)
        self._say(trouble, account_id)
        if before and not self._troubles.count(account_id):
            log.info("zoom trouble over", extra={"account": account_id})
        self._note_outage(account_id, came)

    def _say(self, trouble: str | None, account_id: str) -> None:
        self._metrics.troubles.labels(account_id).set(self._troubles.count(account_id))
        if trouble is not None:
            log.error("zoom trouble", extra={"reason": trouble, "next": "mend it; rollcall check looks at it again"})

    def _note_outage(self, account_id: str, came: QuestionAnswer | Sequence[ZoomRow] | NoAnswer) -> None:
        """An outage waits for nobody: each question comes again by itself. It is told once, and its end."""
        outage = self._outages.setdefault(account_id, Outage(self._backoff.seconds(1, spread=1)))
        if isinstance(came, NoAnswer) and came.outcome is Outcome.RETRY:
            if outage.failed(self._clock()):
                log.warning("zoom lost", extra={
                    "account": account_id, "reason": came.says,
                    "next": "nothing is lost, and it goes on by itself; https://status.zoom.us",
                })  # fmt: skip
        elif (seconds := outage.answered(self._clock())) is not None:
            log.info("zoom reached again", extra={"account": account_id, "away_seconds": round(seconds, 1)})
