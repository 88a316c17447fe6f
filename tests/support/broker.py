"""What tests need of a Kafka that they may break, whether it is a child process or a container."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self

from sandbox.kafka.probe import answers


class Broker(Protocol):
    """One node that keeps its address and its data through every fault; all methods block."""

    @property
    def bootstrap(self) -> str:
        """For clients' `bootstrap_servers`."""

    def start(self) -> object:
        """Start it and wait until it answers; also after `kill`."""

    def stop(self) -> None:
        """End it in order; its data stays."""

    def kill(self) -> None:
        """End it at once."""

    def pause(self) -> None:
        """Connections stay open, and nothing answers."""

    def resume(self) -> None:
        """What was sent meanwhile is answered."""

    def __enter__(self) -> Self:
        """Started."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ended, its data removed."""


class BrokerLoan:
    """A broker that tests break one after another: a warm one computes four seconds less than a new one in each.

    Args:
        make: a broker, not started yet.
        until: its end is the brokers'.
    """

    def __init__(self, make: Callable[[], Broker], until: ExitStack) -> None:
        self._make = make
        self._until = until
        self._at_hand: Broker | None = None

    def take(self) -> Broker:
        """A running one, which nobody else uses until it is given back."""
        broker, self._at_hand = self._at_hand or self._until.enter_context(self._make()), None
        return broker

    def give_back(self, broker: Broker) -> bool:
        """Whether it still answers; otherwise whoever comes next gets another."""
        if is_alive := answers(int(broker.bootstrap.rpartition(":")[2])):
            self._at_hand = broker
        return is_alive
