"""Opens the database: a SQLite file of this installation, or the PostgreSQL that `ROLLCALL_READ_MODEL_URL` names."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from readmodel.migrations import migrate
from readmodel.tables import META
from runtime.environment import data_dir_of
from runtime.private_files import PRIVATE_FILE, PRIVATE_FOLDER
from runtime.references import look_up
from runtime.secrecy import is_loopback
from schemas.errors import ConfigurationError, RetryLaterError

VARIABLE = "ROLLCALL_READ_MODEL_URL"
DATABASE_FILE = Path("read-model") / "rollcall.sqlite3"
"""In the data folder; deleted with what lies beside it, the model is built anew."""
BUSY_SECONDS = 60
"""So long one waits for who writes: a batch takes a second or so."""
_OPEN_TRIES, _OPEN_PAUSE_SECONDS = 10, 0.2
_UNPROTECTED = ("disable", "allow", "prefer")


class Database:
    """The tables, at this program's version. Use `opened`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to ask questions with; every one of them sees whole batches alone."""
        with _reported(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; whoever else writes waits until it ends. Nothing of it is kept when an exception leaves."""
        with _reported(), self._engine.begin() as connection:
            connection.execute(update(META).values(batches=META.c.batches + 1))
            yield connection

    def tidy(self) -> None:
        """Leave nothing of deleted rows in the file; PostgreSQL does so by itself."""
        if self.is_sqlite:
            with _reported(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@contextmanager
def opened(url: URL, topic_prefix: str = "") -> Iterator[Database]:
    """Open, create or bring up to date, and close at the end.

    Args:
        url: as `url_of` gives it.
        topic_prefix: of the installation; the tables are of one.

    Raises:
        ConfigurationError: the database refuses us, is of a newer version, or is another installation's.
        RetryLaterError: it does not answer.
    """
    database = Database(_engine(url))
    try:
        _prepare(database, topic_prefix)
        yield database
    finally:
        database.close()


def url_of(environment: Mapping[str, str]) -> URL:
    """`ROLLCALL_READ_MODEL_URL` (or `…_FILE`), else a file in the data folder.

    Raises:
        ConfigurationError: it is no URL of SQLite or PostgreSQL, or would show a password on the way.
    """
    said = look_up(VARIABLE, environment)
    if not said:
        return URL.create("sqlite", database=str(data_dir_of(environment) / DATABASE_FILE))
    try:
        url = make_url(said.strip())
    except ArgumentError:
        raise ConfigurationError(
            f"{VARIABLE}: no URL; write it like postgresql://user:password@host/database or sqlite:////path/to/file"
        ) from None
    match url.get_backend_name():
        case "sqlite" if url.database:
            return url.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return _protected(url.set(drivername="postgresql+psycopg"), environment)
        case _:
            raise ConfigurationError(f"{VARIABLE}: begins with none of postgresql:// and sqlite:////path")


def _protected(url: URL, environment: Mapping[str, str]) -> URL:
    """With TLS, unless the database is on this machine."""
    host = url.host or ""
    if not host or host.startswith("/") or is_loopback(f"http://{host}"):
        return url
    mode = url.query.get("sslmode")
    if mode in _UNPROTECTED and environment.get("ROLLCALL_ALLOW_PLAINTEXT") != "1":
        raise ConfigurationError(
            f"{VARIABLE}: sslmode={mode} may show the password to everybody on the way; write sslmode=verify-full, "
            "or set ROLLCALL_ALLOW_PLAINTEXT=1 where nobody else is on it"
        )
    defaults = {"sslmode": "require", "ssl_min_protocol_version": "TLSv1.2"}
    return url.update_query_dict({name: value for name, value in defaults.items() if name not in url.query})


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        _create_private(Path(url.database or ""))
        engine = create_engine(
            url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ModuleNotFoundError:
        raise ConfigurationError(
            f"{VARIABLE} names a PostgreSQL, and its client is not installed: "
            "pip install 'rollcall-connector[postgresql]'"
        ) from None


def _create_private(path: Path) -> None:
    """The file, for its user alone: it holds addresses. SQLite gives the files beside it the same rights."""
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE))
    except OSError as error:
        raise ConfigurationError(
            f"the read model {path} cannot be written: {error.strerror}; check ROLLCALL_DATA_DIR and its rights, "
            f"or set {VARIABLE}"
        ) from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # SQLite's own knows the letters of English alone.
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare(database: Database, topic_prefix: str) -> None:
    for tries in range(_OPEN_TRIES):
        try:
            with database._engine.begin() as connection:  # noqa: SLF001 (of this module)
                migrate(connection)
                _claim(connection, topic_prefix)
        except DBAPIError as error:
            # Two that create the tables at once get in each other's way, once.
            if tries == _OPEN_TRIES - 1:
                raise _in_words(error) from None
            time.sleep(_OPEN_PAUSE_SECONDS)
        else:
            return


def _claim(connection: Connection, topic_prefix: str) -> None:
    claimed = connection.execute(select(META.c.topic_prefix)).scalar_one()
    if claimed is None:
        connection.execute(update(META).values(topic_prefix=topic_prefix))
    elif claimed != topic_prefix:
        raise ConfigurationError(
            f"the read model is of the installation with KAFKA_TOPIC_PREFIX=`{claimed}`, this is `{topic_prefix}`: "
            f"give each its own ROLLCALL_DATA_DIR or {VARIABLE}, or delete the read model, and it is built anew"
        )


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _in_words(error) from error


def _in_words(error: DBAPIError) -> RetryLaterError:
    """The driver's own text may quote rows, and with them addresses."""
    return RetryLaterError(
        f"the read model's database does not answer ({type(error.orig).__name__}); check {VARIABLE}, and that it is up"
    )


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text
