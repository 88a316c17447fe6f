"""Numbers that stand for sessions and words in the rows: what 100,000 people repeat is written once.

Who comes first has the smaller number, so numbers are of one database alone, and no order of anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, select

PARAMETERS = 10_000
"""Of one statement: SQLite takes 32,766."""


def number_of(connection: Connection, numbers: Table, named: Any) -> int | None:
    """The number of one; ``None``: nothing is known of it."""
    found: int | None = connection.execute(select(numbers.c.number).where(numbers.c.named == named)).scalar()
    return found


def names_of(connection: Connection, numbers: Table, given: Iterable[int | None]) -> dict[int | None, Any]:
    """What these numbers stand for; ``None`` for ``None``."""
    wanted = select(numbers.c.number, numbers.c.named).where(numbers.c.number.in_(set(given) - {None}))
    return {None: None, **{row.number: row.named for row in connection.execute(wanted)}}


class Numbers:
    """Those of one of these tables."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, connection: Connection, named: Iterable[Any]) -> dict[Any, int]:
        """The numbers of those of them that have one, and maybe of others."""
        rest, known = iter(named), dict[Any, int]()
        while part := list(islice(rest, PARAMETERS)):
            known.update(_known(connection, self._table, part))
        return known

    def add(self, connection: Connection, known: dict[Any, int], named: Sequence[Any]) -> None:
        """Give each of these, which have none, the next one, and let it be `known`.

        Within a transaction of `Database.writing`.
        """
        if not named:
            return
        number = self._table.c.number
        first = connection.execute(select(func.coalesce(func.max(number), 0))).scalar_one() + 1
        given = {name: number for number, name in enumerate(named, first)}
        _insert(connection, self._table, [(number, name) for name, number in given.items()])
        known.update(given)


# Past SQLAlchemy's handling of each value: most of the time would go there.


def _known(connection: Connection, numbers: Table, named: Sequence[Any]) -> Iterable[tuple[Any, int]]:
    sql = f"SELECT named, number FROM {numbers.name} WHERE named"  # noqa: S608 (a name of ours)
    if connection.dialect.name == "postgresql":
        rows = connection.exec_driver_sql(f"{sql} = ANY(%s)", (named,))
    else:
        rows = connection.exec_driver_sql(f"{sql} IN ({','.join('?' * len(named))})", tuple(named))
    return ((name, number) for name, number in rows)


def _insert(connection: Connection, numbers: Table, rows: Sequence[tuple[int, Any]]) -> None:
    sql = f"INSERT INTO {numbers.name} (number, named)"
    if connection.dialect.name == "postgresql":
        kind = numbers.c.named.type.compile(connection.dialect)
        given = f"unnest(%s::INTEGER[], %s::{kind}[])"
        arrays = [number for number, _ in rows], [name for _, name in rows]
        connection.exec_driver_sql(f"{sql} SELECT * FROM {given}", arrays)  # noqa: S608 (as above)
    else:
        connection.exec_driver_sql(f"{sql} VALUES (?, ?)", list(rows))
