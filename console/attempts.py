"""How often somebody may try to sign in. PURE.

Counted for each name and for each client, since either alone leaves a way: many names from one client, or one name from
many clients.
"""

from __future__ import annotations

WINDOW_SECONDS = 300.0
MOST_PER_NAME = 10
MOST_PER_CLIENT = 30
_MOST_REMEMBERED = 10_000


class Attempts:
    """What was tried in the last `WINDOW_SECONDS`; instants are of any monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._tried: dict[tuple[str, str], list[float]] = {}

    def claim(self, name: str, client: str, now: float) -> int:
        """Count an attempt, before its password is looked at; the seconds to wait where there were too many, else 0."""
        limits = {("name", name): MOST_PER_NAME, ("client", client): MOST_PER_CLIENT}
        held = {key: self._recent(key, now) for key in limits}
        full = [key for key, times in held.items() if len(times) >= limits[key]]
        if full:
            return max(1, round(max(held[key][0] for key in full) + WINDOW_SECONDS - now))
        for key, times in held.items():
            self._tried.pop(key, None)
            self._tried[key] = [*times, now]
        while len(self._tried) > _MOST_REMEMBERED:
            del self._tried[next(iter(self._tried))]  # the one that was tried longest ago
        return 0

    def succeeded(self, name: str) -> None:
        """Forget the name's failures."""
        self._tried.pop(("name", name), None)

    def _recent(self, key: tuple[str, str], now: float) -> list[float]:
        return [at for at in self._tried.get(key, ()) if at > now - WINDOW_SECONDS]
