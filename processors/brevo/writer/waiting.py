"""Counts what waits for a person: events in doubt, and events of contacts that no command has brought to Brevo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from processors.brevo.decisions.ledger import ContactRow, EventRow
from processors.brevo.decisions.open_work import waits_for_its_contact
from processors.brevo.writer.metrics import BrevoMetrics


class _Waiting(NamedTuple):
    """Numbers of events."""

    in_doubt: int = 0
    without_contact: int = 0

    def changed(self, before: _Waiting, now: _Waiting) -> _Waiting:
        return _Waiting(*(total - old + new for total, old, new in zip(self, before, now, strict=True)))


_NONE = _Waiting()


class WaitingEvents:
    """By partition, so that one that goes takes its own along; contacts for whom nothing waits are not kept."""

    def __init__(self, metrics: BrevoMetrics) -> None:
        self._metrics = metrics
        self._partitions: dict[int, dict[str, _Waiting]] = {}
        self._total = _NONE

    def note(self, partition: int, contact: str, row: ContactRow, events: Mapping[bytes, EventRow]) -> None:
        """What the confirmed rows of a contact say; `events` are those that are not final."""
        states = [event.state for event in events.values()]
        unwritten = states.count("pending") if states and waits_for_its_contact(contact, row) else 0
        now = _Waiting(states.count("in_doubt"), unwritten)
        known = self._partitions.setdefault(partition, {})
        before = known.pop(contact, _NONE)
        if now != _NONE:
            known[contact] = now
        self._change(before, now)

    def drop(self, partition: int) -> None:
        """The partition is another worker's."""
        for waiting in self._partitions.pop(partition, {}).values():
            self._change(waiting, _NONE)

    def _change(self, before: _Waiting, now: _Waiting) -> None:
        if before != now:
            self._total = self._total.changed(before, now)
            self._metrics.in_doubt.set(self._total.in_doubt)
            self._metrics.without_contact.set(self._total.without_contact)
