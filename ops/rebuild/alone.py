"""Whether somebody else computes the same state: two would wait for each other's partitions for ever."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from schemas.errors import ConfigurationError

_PATIENCE_SECONDS = 8.0
"""So long one may lack partitions that nobody has: Kafka gives them away when all have joined."""


class Alone:
    """Looks at the group of a rebuild while it lacks partitions.

    Args:
        name: of the state.
        members: how many the group has; ``None``: this user may not know.
        now: seconds, from any beginning.
    """

    def __init__(
        self, name: str, members: Callable[[], Awaitable[int | None]], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._members = members
        self._now = now
        self._looks_at: float | None = None

    async def look(self, *, owns_all: bool) -> None:
        """Whoever looks first gives way, and the other one goes on.

        Raises:
            ConfigurationError: somebody else computes it, too.
            RetryLaterError: Kafka does not answer.
        """
        if owns_all or self._looks_at is None:
            self._looks_at = self._now() + _PATIENCE_SECONDS
        elif self._now() >= self._looks_at:
            self._looks_at = self._now() + _PATIENCE_SECONDS
            if (await self._members() or 0) > 1:
                raise ConfigurationError(
                    f"{self._name}: somebody else computes it, too: let them, and look at it when they are done; "
                    "if both have ended so, one of you starts it again"
                )
