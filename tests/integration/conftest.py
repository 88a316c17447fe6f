"""A database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from readmodel.database import url_of
from tests.support.postgresql import postgresql
from tests.support.read_model import sqlite_url


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """One PostgreSQL for all tests of a process."""
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, topic_prefix: str) -> URL:
    """An empty database; every test that asks for one runs with either kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    server = url_of({"ROLLCALL_READ_MODEL_URL": request.getfixturevalue("postgresql_server")})
    name = topic_prefix.strip("-")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.set(database=name)
