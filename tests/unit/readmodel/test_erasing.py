"""What a batch costs in which nobody is forgotten."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from readmodel.changes import Changes, RowKind
from readmodel.database import opened
from readmodel.erasing import Forgotten, erase
from tests.support.read_model import sqlite_url


def test_batch_without_an_erasure_reads_no_table(tmp_path: Path) -> None:
    """Else every batch would read all people that there are; also when somebody was forgotten before."""
    before = Changes()
    before.put(RowKind.ERASED, ("mark",), {"mark": "mark", "salt": "salt", "erased_at": 1, "returned_at": None})
    asked: list[str] = []
    with opened(sqlite_url(tmp_path)) as database, database.reading() as connection:
        forgotten = Forgotten.of(connection, before)
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2]))
        erase(connection, Changes(), forgotten)
        assert asked == []
        erase(connection, before, forgotten)
        assert asked
