"""Bursts: many contacts that wait to be told of the same session go behind the rest.

So one registration is not told half an hour late because a large webinar has just ended.
"""

from __future__ import annotations

from collections.abc import Hashable


class EventBursts:
    """How many contacts wait to be told of the same session."""

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self._group_of: dict[str, Hashable] = {}
        self._sizes: dict[Hashable, int] = {}

    def add(self, contact: str, group: Hashable) -> None:
        """A contact waits; without a group it is never in a burst."""
        self.discard(contact)
        if group is not None:
            self._group_of[contact] = group
            self._sizes[group] = self._sizes.get(group, 0) + 1

    def discard(self, contact: str) -> None:
        """A contact waits no more."""
        group = self._group_of.pop(contact, None)
        if group is not None:
            self._sizes[group] -= 1
            if not self._sizes[group]:
                del self._sizes[group]

    def yields(self, contact: str) -> bool:
        """Whether a waiting contact goes behind the rest."""
        group = self._group_of.get(contact)
        return group is not None and self._sizes[group] >= self._threshold
