"""The numbered changes of the tables, forward only: a database is brought to this version when it is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, insert, select, update

from readmodel.tables import META, METADATA
from schemas.errors import ConfigurationError

Migration = Callable[[Connection], None]


def _first_tables(connection: Connection) -> None:
    METADATA.create_all(connection)


MIGRATIONS: Sequence[Migration] = (_first_tables,)
"""Number 1 first. One that is released is never changed: what follows is a new one."""


def migrate(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Do what is missing, within the caller's transaction.

    Raises:
        ConfigurationError: the tables are of a newer version of this program.
    """
    META.create(connection, checkfirst=True)
    if connection.execute(select(META.c.only)).first() is None:
        connection.execute(insert(META).values(only=1, schema_version=0, batches=0))
    # Takes turns with another process that opens it.
    connection.execute(update(META).values(batches=META.c.batches + 1))
    version = connection.execute(select(META.c.schema_version)).scalar_one()
    if version > len(migrations):
        raise ConfigurationError(
            f"the read model has tables of version {version}, this program knows {len(migrations)}: "
            "run the newer program, or delete the read model, and it is built anew"
        )
    for migration in migrations[version:]:
        migration(connection)
    connection.execute(update(META).values(schema_version=len(migrations)))
