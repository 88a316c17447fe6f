"""Whom a rule leaves out."""

from __future__ import annotations

import pytest

from processors.attendance.book import ATTENDANCE_TABLE, Book
from processors.attendance.known.exclusion import is_excluded
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.facts import Shown
from processors.attendance.settings import TrackingSettings
from processors.engine.memory_store import MemoryStore
from processors.engine.turn_view import TurnView
from tests.support.tracking import configuration


@pytest.mark.parametrize("exclude_internal", [True, False])
def test_row_that_zoom_calls_internal_leaves_its_person_out(exclude_internal: bool) -> None:
    """Whether or not the address is known as an own user's."""
    settings = TrackingSettings.from_configuration(configuration(filters={"exclude_internal": exclude_internal}))
    book = Book(TurnView(0, {ATTENDANCE_TABLE: MemoryStore()}), "account", "1", 0, settings)
    row = Connection(email="ivo@branch.example", internal=True)
    excluded = is_excluded(book, row, row.shown, row.email, host_id=None, hosts=(), panelists=())
    assert excluded is exclude_internal


@pytest.mark.parametrize("exclude_hosts", [True, False])
@pytest.mark.parametrize(
    ("shown", "hosts"),
    [(Shown(None, None, "host id", None), ()), (Shown(None, "hedy@example.com", None, None), ("hedy@example.com",))],
    ids=["by id", "by address"],
)
def test_host_is_known_by_id_or_by_address(shown: Shown, hosts: tuple[str, ...], *, exclude_hosts: bool) -> None:
    """Zoom shows the one or the other."""
    settings = TrackingSettings.from_configuration(configuration(filters={"exclude_hosts": exclude_hosts}))
    book = Book(TurnView(0, {ATTENDANCE_TABLE: MemoryStore()}), "account", "1", 0, settings)
    excluded = is_excluded(book, Connection(), shown, shown.email, host_id="host id", hosts=hosts, panelists=())
    assert excluded is exclude_hosts
