"""Rules and an effect for the engine's own tests: small, yet the hardest kinds to carry through a crash."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from pydantic import ConfigDict
from typing_extensions import override

from processors.engine.effect import Effect, OwnAgent, RowChanges
from processors.engine.view import Output, PartitionStore, Record, Rule, View
from schemas.codec import pack
from schemas.errors import DeadLetterError, FatalError, RetryLaterError, SkipError
from schemas.model import CloudEvent, Message
from schemas.topic import MIB, Topic

SOURCE = Topic(
    name="lab.events.v1",
    key="meeting",
    value="JSON of the tests",
    producers=("tests",),
    consumers=("lab",),
    max_message_bytes=2 * MIB,
    dead_letters=True,
)
OUTPUT = Topic(name="lab.outputs.v1", key="meeting", value="JSON of the tests", producers=("lab",), consumers=())
SEEN, PENDING, DUE_TABLE = "seen", "pending", "due"
DUE, FACT = b"due|", b"fact|"


class Journal:
    """Lines of JSON in a file that outlives the process, also one that is killed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def write(self, **facts: Any) -> None:
        """Append one line in one system call."""
        os.write(self._file, json.dumps(facts).encode() + b"\n")


class Told(Message):
    """What the rules of the tests send."""

    model_config = ConfigDict(str_max_length=None)  # tests want outputs that a broker refuses

    cloud_event = CloudEvent("lab.told")
    i: int
    pad: str = ""


class Fired(Message):
    """A reminder that was due, and how many facts its rule knew then."""

    cloud_event = CloudEvent("lab.fired")
    fired: int
    facts: int


class SeenOnce:
    """An id seen already sends nothing: what a crash takes between state and output would be lost for good.

    State: the ids seen per compound key. A record may ask for trouble: `poison` raises, `pad` makes its output so many
    bytes large, `state` its row, `beside` makes one more in another table; `error` raises one of our own kinds, `retry`
    once alone.
    """

    def __init__(self, journal: Journal, *, slow_seconds: float = 0) -> None:
        self._journal = journal
        self._slow_seconds = slow_seconds
        self._retried: set[int] = set()

    def handle(self, record: Record, view: View) -> None:
        """Send the id once."""
        event = orjson.loads(record.value or b"")
        key = f"{event['m']}|{event['p']}".encode()
        ids = orjson.loads(view.get(SEEN, key) or b"[]")
        if self._slow_seconds:
            time.sleep(self._slow_seconds)
        if event["i"] in ids:
            self._journal.write(repeated=event["i"])
            return
        view.put(SEEN, key, pack([*ids, event["i"], *(["y" * event["state"]] if "state" in event else [])]))
        if event.get("beside"):
            view.put(PENDING, b"%d" % event["i"], key)
        if event.get("poison"):
            raise ValueError(f"poison {event['i']}")
        self._ask_for_recovery(event)
        view.send(OUTPUT.name, record.key, Told(i=event["i"], pad="x" * event.get("pad", 0)))

    def _ask_for_recovery(self, event: dict[str, Any]) -> None:
        match event.get("error"):
            case "skip":
                raise SkipError("not ours")
            case "dead letter":
                raise DeadLetterError("will never work")
            case "fatal":
                raise FatalError("going on would lose something")
            case "retry" if event["i"] not in self._retried:
                self._retried.add(event["i"])
                raise RetryLaterError("comes again", after_seconds=0.2)


class Errands:
    """The intake of `Courier`: an event becomes a pending row, its outcome removes the row and is sent."""

    def handle(self, record: Record, view: View) -> None:
        """One event, or one outcome."""
        event = orjson.loads(record.value or b"")
        if "done" not in event:
            view.put(PENDING, b"%d" % event["i"], record.key or b"")
        elif view.get(PENDING, b"%d" % event["done"]) is not None:
            view.delete(PENDING, b"%d" % event["done"])
            view.send(OUTPUT.name, record.key, Told(i=event["done"]))


@dataclass
class Courier(Effect):
    """An effect that runs every pending errand by posting its outcome; `held`, it only takes notes."""

    journal: Journal
    held: bool = False
    rule: Rule = field(default_factory=Errands)
    _waiting: dict[int, dict[bytes, bytes]] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        rows = self._waiting[partition] = dict(stores[PENDING].scan(b"", b""))
        self.journal.write(load=partition, rows=len(rows))
        self._changed.set()

    @override
    def applied(self, partition: int, changes: Mapping[str, RowChanges]) -> None:
        waiting = self._waiting[partition]
        for key, value in changes[PENDING].items():
            if value is None:
                waiting.pop(key, None)
            else:
                waiting[key] = value
        self.journal.write(applied=partition, rows=len(changes[PENDING]))
        self._changed.set()

    @override
    def revoke(self, partition: int) -> None:
        del self._waiting[partition]
        self.journal.write(revoke=partition)

    @override
    async def run(self, agent: OwnAgent) -> None:
        posted: set[bytes] = set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self.held:
                continue
            errands = {key: meeting for rows in self._waiting.values() for key, meeting in rows.items()}
            fresh = {key: meeting for key, meeting in errands.items() if key not in posted}
            posted |= set(fresh)
            if fresh:
                await agent.post(
                    [Output(SOURCE.name, meeting, pack({"done": int(key)})) for key, meeting in fresh.items()]
                )


class Reminders:
    """The rule behind a `DueClock`: a reminder fires once it is due, and tells how many facts it knew then."""

    def __init__(self, *, slow_seconds: float = 0) -> None:
        self._slow_seconds = slow_seconds

    def handle(self, record: Record, view: View) -> None:
        """A reminder to set, a fact, or a tick of the clock."""
        event = orjson.loads(record.value or b"")
        if "due_ms" in event:
            view.put(DUE_TABLE, DUE + b"%013d|%d" % (event["due_ms"], event["i"]), record.key or b"")
        elif "fact" in event:
            time.sleep(self._slow_seconds)
            view.put(DUE_TABLE, FACT + b"%d" % event["fact"], b"1")
        else:
            facts = sum(1 for _row in view.scan(DUE_TABLE, FACT))
            for key, meeting in view.scan(DUE_TABLE, DUE):
                if due_ms(key) > record.taken_ms:
                    break
                view.delete(DUE_TABLE, key)
                view.send(OUTPUT.name, meeting, Fired(fired=int(key.rpartition(b"|")[2]), facts=facts))


def due_ms(key: bytes) -> int:
    """Milliseconds since 1970 of a due row."""
    return int(key.split(b"|")[1])


def tick(partition: int) -> Output:
    """The clock's message to its own agent."""
    return Output(SOURCE.name, None, b"{}", partition=partition)
