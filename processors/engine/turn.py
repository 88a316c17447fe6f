"""One turn's decisions: which record is handled, skipped, a dead letter, or stops the turn. PURE.

The base class of what a rule raises says which (`view.Rule`); anything unknown makes a dead letter, since a record that
stops its batch would stop it for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from processors.engine.breaker import CircuitBreaker
from processors.engine.turn_view import TurnView
from processors.engine.view import Output, PartitionStore, Record, Rule
from schemas.errors import FatalError, RetryLaterError, SkipError
from schemas.replays import lineage_of


class Batch(NamedTuple):
    """Records of one partition of one topic, in order of their offsets."""

    topic: str
    """Logical name."""
    partition: int
    records: Sequence[Record]


@dataclass(slots=True)
class Turn:
    """What one turn has gathered; nothing of it is published or stored yet.

    Args:
        rule: of the agent.
        breaker: a copy, which becomes the agent's when the turn is confirmed.
        row_bytes: by table, what its changelog takes.
    """

    rule: Rule
    breaker: CircuitBreaker
    row_bytes: Mapping[str, int]
    views: dict[int, TurnView] = field(default_factory=dict)
    dead: list[tuple[Record, BaseException]] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    """Records by topic."""
    handled: list[int] = field(default_factory=list)
    """Per batch: how many of its first records are done with, dead letters and skipped ones included."""
    halt: str | None = None
    """Why the breaker is open: what comes behind is not handled."""

    def handle(self, batch: Batch, stores: Mapping[str, PartitionStore]) -> None:
        """Run the rule over a batch, until the breaker opens.

        Raises:
            RetryLaterError: the whole turn is to be done again later.
            FatalError: going on would lose something.
        """
        view = self.views.get(batch.partition)
        if view is None:
            view = self.views[batch.partition] = TurnView(batch.partition, dict(stores), self.row_bytes)
        handle, well = self.rule.handle, 0
        for number, record in enumerate(batch.records):
            view.lineage = lineage_of(record.headers)
            try:
                handle(record, view)
            except (RetryLaterError, FatalError):
                raise
            except SkipError:
                view.discard()
                self.skipped[batch.topic] = self.skipped.get(batch.topic, 0) + 1
                well += 1
            except Exception as exc:  # noqa: BLE001 (a poison record must not stop its batch)
                view.discard()
                self.dead.append((record, exc))
                self.breaker.handled(well)
                self.breaker.dead()
                well = 0
                if (reason := self.breaker.open_because()) is not None:
                    self.halt = reason
                    self.handled.append(number + 1)
                    return
            else:
                view.commit(record)
                well += 1
        self.breaker.handled(well)
        self.handled.append(len(batch.records))

    @property
    def outbox(self) -> list[tuple[Output, Record]]:
        """What to publish, each with the record it came from."""
        return [output for view in self.views.values() for output in view.outbox]
