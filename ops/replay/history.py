"""Replays as their topic tells of them: how each stands, and whether somebody wants it to pause. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.replays import REPLAY_RECORD, Replay, ReplayNews, ReplayOrder

_NEWS = b'"kind":"news"'


@dataclass(slots=True)
class KnownReplay:
    """One replay."""

    replay: Replay
    pause_wanted: bool = False

    def take(self, said: Replay | ReplayOrder) -> None:
        """Take in what was said next; a process that was overtaken says nothing that counts."""
        if isinstance(said, ReplayOrder):
            self.pause_wanted = True
        elif said.claim > self.replay.claim:
            self.replay, self.pause_wanted = said, False
        elif said.claim == self.replay.claim and said.runner == self.replay.runner:
            self.replay = said


def parse(value: bytes) -> Replay | ReplayOrder | None:
    """A record of the topic; ``None`` for one that the worker wrote: there may be very many."""
    if _NEWS in value:
        return None
    said = REPLAY_RECORD.validate_json(value)
    return None if isinstance(said, ReplayNews) else said


def known_in(values: Iterable[bytes]) -> dict[str, KnownReplay]:
    """By id, of what lies on the topic, each key's records in order."""
    found: dict[str, KnownReplay] = {}
    for value in values:
        said = parse(value)
        if said is None:
            continue
        if (known := found.get(said.replay_id)) is not None:
            known.take(said)
        elif isinstance(said, Replay):
            found[said.replay_id] = KnownReplay(said)
    return found
