"""Questions to the read model, each in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from sqlalchemy import Connection, select

from readmodel.database import Database
from readmodel.tables import META

T = TypeVar("T")


async def ask(database: Database, question: Callable[[Connection], T]) -> T:
    """The answer to a question, in a thread: whoever else is served does not wait for it."""

    def read() -> T:
        with database.reading() as connection:
            return question(connection)

    return await asyncio.to_thread(read)


async def apart(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """What it comes to, in a thread with a loop of its own: an act may compute for many seconds."""
    return await asyncio.to_thread(lambda: asyncio.run(work()))


def batches(connection: Connection) -> int:
    """How many were written: another number means that the tables may have changed."""
    found: int = connection.execute(select(META.c.batches)).scalar_one()
    return found
