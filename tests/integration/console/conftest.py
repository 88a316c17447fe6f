"""Consoles with something to show."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from console.password_file import PasswordFile
from tests.support.console import Visitor, console
from tests.support.console_story import story


@pytest.fixture
async def at_console(tmp_path: Path) -> AsyncIterator[tuple[Visitor, PasswordFile]]:
    """A console with two sessions."""
    async with console(tmp_path, story()) as found:
        yield found


@pytest.fixture
async def over_either(tmp_path: Path, url: URL) -> AsyncIterator[Visitor]:
    """The same over a database of each kind."""
    async with console(tmp_path, story(), url) as (visitor, _):
        yield visitor
