"""Who is meant, whether a record mentions them, what of it is theirs, and until when Kafka has it."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from ops.forget.extract import own_part
from ops.forget.order import left_by_rebuilds
from ops.forget.person import DataSubject
from ops.forget.place import Place, PlaceKind
from schemas.codec import contact_id
from schemas.errors import ConfigurationError

MAYA, NOAH = "maya.okafor@example.com", "noah@example.com"
DAY_MS = 86_400_000
BY_ADDRESS, BY_ID = DataSubject.named(f" {MAYA.upper()} "), DataSubject.named(contact_id(MAYA))


@pytest.mark.parametrize("person", [BY_ADDRESS, BY_ID], ids=["address", "id"])
@pytest.mark.parametrize(
    ("data", "found"),
    [
        (contact_id(MAYA).encode() + b"|h", True),
        (b'{"email":"Maya.Okafor@Example.com"}', True),
        (b'{"email":"maya.okafor\\u0040example.com"}', True),
        (b'{"text":"write to <maya.okafor@example.com>, or call"}', True),
        (b'{"email":"noah@example.com"}', False),
        (b"not JSON, no address", False),
        (b"\xff\xfe@\x00", False),
    ],
)
def test_record_mentions_a_person_however_the_address_is_written(person: DataSubject, data: bytes, found: bool) -> None:
    """By the address, and by the id alone: then every address is hashed."""
    assert person.is_in(None, data) == found


def test_word_that_is_neither_address_nor_id_is_refused_without_being_quoted() -> None:
    """It may be a mistyped address."""
    with pytest.raises(ConfigurationError, match="neither an e-mail address nor a contact id") as refused:
        DataSubject.named("maya at example")
    assert "maya" not in str(refused.value)


def test_address_of_an_id_is_found_where_a_record_says_it() -> None:
    """Brevo knows people by their address."""
    records = [b'{"email":"noah@example.com"}', b'["Maya.Okafor@example.com"]']
    assert BY_ID.address_in(records) == MAYA
    assert BY_ID.address_in(records[:1]) is None


def test_export_of_a_page_about_several_people_has_the_persons_rows_alone() -> None:
    """What names nobody stays: it is what the row is about."""
    page = {"rows": [{"email": MAYA, "joins": [1, 2]}, {"email": NOAH}, {"poll": "a"}], "emails": [NOAH, MAYA]}
    assert own_part(BY_ADDRESS, orjson.dumps(page)) == {
        "rows": [{"email": MAYA, "joins": [1, 2]}, {"poll": "a"}],
        "emails": [MAYA],
    }
    assert own_part(BY_ADDRESS, b"L" + orjson.dumps({"emails": [NOAH]})) == {"emails": []}
    assert own_part(BY_ADDRESS, None) is None


@pytest.mark.parametrize(
    ("kind", "settings", "held", "days"),
    [
        ("log", {"retention.ms": 30 * DAY_MS, "segment.ms": 7 * DAY_MS}, 3, 37),
        ("log", {"retention.ms": -1, "segment.ms": 7 * DAY_MS}, 3, None),
        ("state", {"max.compaction.lag.ms": 7 * DAY_MS, "delete.retention.ms": DAY_MS}, 0, 8),
        ("state", {"max.compaction.lag.ms": 7 * DAY_MS, "delete.retention.ms": DAY_MS}, 1, None),
        ("table", {"max.compaction.lag.ms": 2**63 - 1, "delete.retention.ms": DAY_MS}, 0, None),
    ],
)
def test_place_says_by_when_kafka_deletes(
    kind: PlaceKind, settings: dict[str, int], held: int, days: int | None
) -> None:
    """From the newest record on; never, where a setting says so or something stands."""
    place = Place("t", kind, {name: str(value) for name, value in settings.items()}, held=held, newest_ms=DAY_MS)
    wanted = None if days is None else datetime.fromtimestamp((1 + days) * 86_400, UTC)
    assert place.gone_by == wanted


def test_what_a_live_state_was_computed_with_is_emptied_and_its_tables_are_left_to_the_workers() -> None:
    """Else nobody could ever be forgotten again after a switch: no worker reads it."""
    theirs = [("rollcall-worker-kept-answers.anew-changelog", 2, b"p"), ("rebuild.anew.engagement.scores.v1", 1, b"m")]
    workers = [
        ("rollcall-worker-attendance.anew-changelog", 2, b"q"),
        ("rollcall-worker-brevo-ledger-changelog", 1, b"m"),
        ("engagement.scores.v1", 1, b"m"),
    ]
    found = left_by_rebuilds(dict.fromkeys([*theirs, *workers], b"{}"))
    assert found == {(topic, partition): {key: None} for topic, partition, key in theirs}
