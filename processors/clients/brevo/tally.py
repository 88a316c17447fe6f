"""Counts what waits for a person: events in doubt, and events of contacts that no command has brought to Brevo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from processors.clients.brevo.metrics import BrevoMetrics
from processors.sink.ledger import ContactRow, EventRow, waits_for_its_contact


@dataclass(slots=True)
class _Keys:
    """Rows of one partition."""

    in_doubt: set[bytes] = field(default_factory=set)
    without_contact: set[bytes] = field(default_factory=set)


class Tally:
    """By partition, so that one that goes takes its own along."""

    def __init__(self, metrics: BrevoMetrics) -> None:
        self._metrics = metrics
        self._partitions: dict[int, _Keys] = {}

    def note(self, partition: int, contact: str, row: ContactRow, events: Mapping[bytes, EventRow]) -> None:
        """What the confirmed rows of a contact say; `events` are those that are not final."""
        known, prefix = self._partitions.setdefault(partition, _Keys()), f"{contact}/".encode()
        for keys in (known.in_doubt, known.without_contact):
            keys.difference_update([key for key in keys if key.startswith(prefix)])
        known.in_doubt.update(key for key, event in events.items() if event.state == "in_doubt")
        if waits_for_its_contact(contact, row):
            known.without_contact.update(key for key, event in events.items() if event.state == "pending")
        self._show()

    def drop(self, partition: int) -> None:
        """The partition is another worker's."""
        self._partitions.pop(partition, None)
        self._show()

    def _show(self) -> None:
        partitions = self._partitions.values()
        self._metrics.in_doubt.set(sum(len(each.in_doubt) for each in partitions))
        self._metrics.without_contact.set(sum(len(each.without_contact) for each in partitions))
