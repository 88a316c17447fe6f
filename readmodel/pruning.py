"""Rows that stand for one record each go when Kafka has deleted the record: a model that was kept up is one built anew.

Rows about people stay: a session of last year is asked for, too. Whoever is forgotten goes by `readmodel.erasing`.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select

from readmodel.offsets import ReadPositions
from readmodel.tables import AUDIT, DEAD_LETTERS, DELIVERIES
from schemas.topics import AUDIT as AUDIT_TOPIC


def has_outlived(connection: Connection, begins: ReadPositions) -> bool:
    """Whether there is such a row; `begins`: by partition of a topic the offset of its first record."""
    return any(
        connection.execute(select(table.c.offset).where(gone).limit(1)).first() is not None
        for table, gone in _gone(begins)
    )


def prune(connection: Connection, begins: ReadPositions) -> None:
    """Delete them, within the caller's transaction."""
    for table, gone in _gone(begins):
        connection.execute(delete(table).where(gone))


def _gone(begins: ReadPositions) -> list[tuple[Table, ColumnElement[bool]]]:
    """Per table the condition of its rows, where a partition of it has lost its beginning."""
    lost = {where: first for where, first in begins.items() if first > 0}
    found: list[tuple[Table, ColumnElement[bool]]] = []
    for table in (DELIVERIES, DEAD_LETTERS):
        places = [
            and_(table.c.topic == topic, table.c.partition == partition, table.c.offset < first)
            for (topic, partition), first in lost.items()
        ]
        if places:
            found.append((table, or_(*places)))
    acts = [
        and_(AUDIT.c.partition == partition, AUDIT.c.offset < first)
        for (topic, partition), first in lost.items()
        if topic == AUDIT_TOPIC.name
    ]
    return [*found, (AUDIT, or_(*acts))] if acts else found
