"""Every row of every table lies beside the records that it is made of, whatever the number of partitions."""

from __future__ import annotations

import pytest

from ops.rebuild.homes import WORKER_TABLES, Home, home_of
from processors.agents import SPECS
from processors.attendance.book import ATTENDANCE_TABLE as FACTS
from processors.brevo.decisions.ledger import LEDGER, RESUME, event_key
from processors.engagement.agent import ENGAGEMENT_TABLE as CONTACTS
from processors.engagement.row_bytes import head_key
from processors.zoom.questions.pending import LOOKUPS_PENDING, Pending, pack_pending
from sandbox.simulator.simulation import simulate_webinar
from schemas.instants import as_datetime
from schemas.lookups import LookupRequest
from tests.support.tracking import Pipeline, configuration

CONTACT = "b64b178a98dfec3c9923bfa5ecacb178"


def test_every_table_of_a_worker_is_known() -> None:
    """A new one needs a home."""
    assert set(WORKER_TABLES) == {table for spec in SPECS for table in spec.tables}


def test_rows_of_a_webinar_lie_beside_its_events_and_those_of_contacts_beside_their_results() -> None:
    """All that the rules write, before and after a session is closed."""
    world = simulate_webinar(12, 3, frozenset({"dup"}), starts_at=1_786_543_200, duration_minutes=60)
    pipeline = Pipeline(configuration(sessions={"report_checks": ["5m"]}), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    written = dict(pipeline.stores[FACTS].rows)
    pipeline.settle()
    written |= pipeline.stores[FACTS].rows
    (object_id,) = {home_of(FACTS, key, value) for key, value in written.items()}
    assert object_id in {result.object_id.encode() for result in pipeline.results.values()}
    homes = {home_of(CONTACTS, key, value) for key, value in pipeline.stores[CONTACTS].rows.items()}
    assert homes >= {result.contact_id.encode() for result in pipeline.results.values()}


@pytest.mark.parametrize(
    ("table", "key", "home"),
    [
        (FACTS, b"owner|123|acc|0001", b"123"),
        (FACTS, b"due|acc|1786543200000|123", b"123"),
        (FACTS, b"sweep|", "nowhere"),
        (FACTS, b"~erased|0f", "everywhere"),
        (CONTACTS, b"~erasing|0f", "nowhere"),
        (CONTACTS, b"sweep", "nowhere"),
        (CONTACTS, b"session-123|w|acc|uuid", b"session-123"),
        (CONTACTS, head_key(CONTACT), CONTACT.encode()),
        (LEDGER, event_key(CONTACT, "zoom_webinar_attended", "a|b"), CONTACT.encode()),
        (LEDGER, RESUME, "nowhere"),
    ],
)
def test_other_rows_have_a_home_too(table: str, key: bytes, home: Home) -> None:
    """Of a partition's own walks none comes along; whom to keep out everybody knows."""
    assert home_of(table, key, b"") == home


def test_a_question_lies_beside_those_of_its_account() -> None:
    """Its row has the account in its value alone."""
    request = LookupRequest(
        request_id="r", lookup="session", account_id="acc", object_id="1", object_type="webinar",
        requested_at=as_datetime(0),
    )  # fmt: skip
    assert home_of(LOOKUPS_PENDING, b"r", pack_pending(Pending("live", request))) == b"acc"
