"""What tests need of a Kafka that they may break, whether it is a child process or a container."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self


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
