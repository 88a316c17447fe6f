"""Whose facts are taken in: what is synced, of no excluded domain, and of nobody who was forgotten. PURE."""

from __future__ import annotations

from processors.engine.view import View
from processors.erasure.marks import Marks
from runtime.models import Configuration
from schemas.attendance import AnyFact, Registration, Result, SessionRecording


class Admission:
    """The operator's choice, and the marks in the agent's table."""

    def __init__(self, configuration: Configuration, table: str) -> None:
        self._filters = configuration.filters
        self._syncs = configuration.syncs
        self._marks = Marks(table, returns=configuration.brevo.lets_return)

    def takes(self, fact: AnyFact, view: View) -> bool:
        """Whether a fact counts. Who may return after they were forgotten does so here, by their registration."""
        return self._is_wanted(fact) and not (self._marks.any(view) and self._is_kept_out(fact, view))

    def _is_wanted(self, fact: AnyFact) -> bool:
        """Synced, of no excluded domain, and no registration of a meeting, which serves identity only.

        What takes something back of somebody who is excluded now is no news about them: it has to come through.
        """
        if isinstance(fact, Registration) and fact.object_type == "meeting":
            return False
        if not self._syncs.of(fact.account_id).covers(fact.object_type):
            return False
        is_taken_back = isinstance(fact, Result | Registration) and fact.retracted
        return is_taken_back or not self._filters.excludes(fact.email)

    def _is_kept_out(self, fact: AnyFact, view: View) -> bool:
        """Of somebody who was forgotten; who may return does so by a registration that a webhook told of."""
        if isinstance(fact, SessionRecording):
            return False
        happened = int(fact.occurred_at.timestamp())
        if isinstance(fact, Registration) and fact.observed == "webhook" and fact.registration_status == "approved":
            self._marks.registers(fact.contact_id, happened, view)
        return self._marks.keeps_out(fact.contact_id, happened, view)
