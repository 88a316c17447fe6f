"""An order to forget somebody, as agents get it, and its sweep to the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from processors.engine.memory_store import MemoryStore
from processors.engine.view import Output, Rule
from schemas.codec import contact_id
from schemas.erasure import Erasure, mark_of
from schemas.topics import ERASURES
from tests.support.rules import record, run

SALT = "of-this-installation"


def order(email: str, at: datetime) -> Erasure:
    """What `rollcall forget` puts into every partition."""
    return Erasure(mark=mark_of(SALT, contact_id(email)), salt=SALT, erased_at=at)


def swept(rule: Rule, stores: Mapping[str, MemoryStore], erasure: Erasure) -> list[Output]:
    """All that follows from an order, the agent's messages to itself among it."""
    told: list[Output] = []
    waiting = [Output.of(ERASURES.name, erasure.record_key, erasure)]
    while waiting:
        output = waiting.pop(0)
        follows = run(rule, [record(ERASURES.name, output.value, key=output.key)], stores)
        told += follows
        waiting += [output for output in follows if output.topic == ERASURES.name]
    return told


def rows_with(stores: Mapping[str, MemoryStore], *words: str) -> list[tuple[str, bytes]]:
    """Table and key of each row that holds one of the words."""
    return [
        (table, key)
        for table, store in stores.items()
        for key, value in store.rows.items()
        if any(word.encode() in key + value for word in words)
    ]
