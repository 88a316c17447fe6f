"""Remembers signatures that were published, so that one captured delivery does not fill a topic. PURE.

Zoom signs each attempt anew (docs/reference/zoom.md), so the same signature again is the same request again: a proxy's
repetition, or somebody's who has captured it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Replays:
    """A bounded memory: two generations, of which the older one is forgotten when the newer one is full or old.

    Args:
        seconds: for at least so long a signature is remembered, unless others push it out.
        capacity: of each generation; a signature takes some 170 bytes.
    """

    seconds: float
    capacity: int
    _newer: set[bytes] = field(default_factory=set)
    _older: set[bytes] = field(default_factory=set)
    _since: float = 0.0

    def claim(self, signature: bytes, now: float) -> bool:
        """Whether it is new; from now on it is not. `now` in any seconds that do not go back."""
        if now - self._since >= self.seconds or len(self._newer) >= self.capacity:
            self._turn(now)
        if signature in self._newer or signature in self._older:
            return False
        self._newer.add(signature)
        return True

    def forget(self, signature: bytes) -> None:
        """It was not published after all."""
        self._newer.discard(signature)
        self._older.discard(signature)

    def _turn(self, now: float) -> None:
        if now - self._since >= 2 * self.seconds:  # also what the newer one holds is that old
            self._newer = set()
        self._older, self._newer, self._since = self._newer, set(), now
