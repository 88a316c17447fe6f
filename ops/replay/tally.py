"""What followed from a replay, counted from what lies on the topics: nothing is assumed. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson

from schemas.cloud_events import ID
from schemas.replays import REPLAY_ID, REPLAY_OF, ReplayReport
from schemas.topic import Topic
from schemas.topics import (
    ATTENDANCE_RESULTS,
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    BREVO_RESULTS,
    LETTERS,
    QUARANTINE,
    REPLAYS,
    TOPICS,
)

_COMMANDS = (BREVO_COMMANDS, BREVO_COMMANDS_BULK)
FOLLOWED: tuple[Topic, ...] = (
    REPLAYS,
    ATTENDANCE_RESULTS,
    QUARANTINE,
    LETTERS,
    *(topic.dead_letter for topic in TOPICS if topic.dead_letters),
    *_COMMANDS,
    BREVO_RESULTS,
)
"""In the order in which they are to be taken in: an outcome behind its command."""
_OPEN = frozenset({"intended", "withdrawn", "in_doubt"})

CommandOfContact = tuple[bytes, str]
"""Whose it is, and how outcomes name it."""


class ReplayTally:
    """Counts what carries the lineage of one replay, and what became of it; a record that comes twice counts once."""

    def __init__(self, replay_id: str) -> None:
        self._id = replay_id.encode()
        self._text = replay_id
        self._news: set[str] = set()
        self._facts: set[bytes] = set()
        self._parked: set[str] = set()
        self._commands: dict[CommandOfContact, str | None] = {}
        """With their outcomes."""
        self._kinds: dict[CommandOfContact, str] = {}
        self._upserts: dict[bytes, dict[CommandOfContact, int]] = {}
        """Of each contact, with their revisions."""

    def take(
        self,
        topic: Topic,
        partition: int,
        offset: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
    ) -> None:
        """Take one record of `FOLLOWED` in."""
        known = dict(headers)
        if topic.name == BREVO_RESULTS.name:
            self._outcome(key or b"", orjson.loads(value or b"{}"))
        elif topic.name == REPLAYS.name:
            self._said(key, orjson.loads(value or b"{}"))
        elif known.get(REPLAY_ID) != self._id:
            return
        elif topic.name == ATTENDANCE_RESULTS.name:
            if REPLAY_OF not in known:  # the copies themselves, where this topic was replayed
                self._facts.add(known.get(ID) or f"{partition}/{offset}".encode())
        elif topic in _COMMANDS:
            self._command((key or b"", f"{topic.name}@{offset}"), orjson.loads(value or b"{}"))
        else:
            self._parked.add(f"{topic.name}/{partition}/{offset}")

    def report(self, *, read: int, published: int) -> ReplayReport:
        """As far as the records tell."""
        ended = Counter(
            ("contact" if self._kinds[command] == "upsert" else "event", outcome)
            for command, outcome in self._commands.items()
        )
        return ReplayReport(
            read=read,
            published=published,
            facts_new=len(self._news),
            results_corrected=len(self._facts),
            contacts_written=ended["contact", "acknowledged"],
            contacts_unchanged=ended["contact", "unchanged"],
            events_sent=ended["event", "acknowledged"],
            events_held_back=ended["event", "suppressed"],
            refused=ended["contact", "rejected"] + ended["event", "rejected"],
            parked=len(self._parked),
            open=sum(outcome is None or outcome in _OPEN for outcome in self._commands.values()),
        )

    def _said(self, key: bytes | None, said: Any) -> None:
        if key == self._id and said.get("kind") == "news":
            self._news.add(said["original"])

    def _command(self, command: CommandOfContact, content: Any) -> None:
        self._commands.setdefault(command, None)
        self._kinds[command] = kind = content.get("kind", "")
        if kind == "upsert":
            self._upserts.setdefault(command[0], {})[command] = content["revision"]

    def _outcome(self, key: bytes, result: Any) -> None:
        command = (key, result.get("answers") or "")
        if command in self._commands:
            self._commands[command] = result["outcome"]
        if result.get("kind") == "upsert" and result["outcome"] != "intended":
            for older, revision in self._upserts.get(key, {}).items():
                if revision < result["revision"] and self._commands[older] is None:
                    self._commands[older] = "overtaken"
