from __future__ import annotations

from typing import Any

import orjson
import pytest

from ingress.envelope import Delivery, to_record
from ops.backfill.sessions import PastSession, parse_session, records
from processors.attendance.rules.events import parse_event
from processors.attendance.rules.facts import Ended, Started
from runtime.lenient_json import parse_json
from schemas.attendance import Origin
from tests.support.ingress import as_zoom_writes, example

ROW: dict[str, Any] = {
    "uuid": "/H7cZq0bS1uWm//5rXeTkQ==",
    "id": 93577204816,
    "type": 5,
    "topic": "Produktwebinar: Añadir datos en vivo",
    "start_time": "2026-08-19T15:55:12Z",
    "end_time": "2026-08-19T17:31:05Z",
    "participants_count": 40,
}
ACCOUNT, HOST = "Qm7dTr2xR9-aLwK3vNzY5g", "kR3vQpZlTN6wYb1mUxE0dA"


def session(**changes: Any) -> PastSession:
    """The webinar of the examples, as Zoom's report tells of it."""
    return parse_session({**ROW, **changes}, ACCOUNT, HOST)


def test_session_of_a_report_has_the_host_who_was_asked_about() -> None:
    """A row of the report names none; an answer about a past meeting does."""
    assert session().host_id == HOST
    assert session(host_id="another").host_id == "another"


@pytest.mark.parametrize(("zoom_type", "kind"), [(1, "meeting"), (8, "meeting"), (5, "webinar"), (9, "webinar")])
def test_type_decides_between_webinar_and_meeting(zoom_type: int, kind: str) -> None:
    """Types 5, 6 and 9 are webinars."""
    assert session(type=zoom_type).object_type == kind
    assert [orjson.loads(record.value)["event"] for record in records(session(type=zoom_type), "backfill", 0)] == [
        f"{kind}.started",
        f"{kind}.ended",
    ]


@pytest.mark.parametrize("name", ["uuid", "id", "type", "start_time", "end_time"])
def test_session_without_what_tells_it_apart_is_refused(name: str) -> None:
    """And the message names it."""
    with pytest.raises(ValueError, match=name):
        session(**{name: ""})


@pytest.mark.parametrize(("number", "name"), [(0, "webinar.started__plain"), (1, "webinar.ended__plain")])
def test_record_means_what_zooms_own_event_does(number: int, name: str) -> None:
    """Same key, type, source and dedupe-key, so that either of them is a repeat of the other."""
    body = as_zoom_writes(example(name))
    theirs = to_record(Delivery(body, b"", b"", "", 1.0), parse_json(body), ACCOUNT)
    ours = records(session(), "backfill", 1.0)[number]
    assert ours.key == theirs.key
    said, known = dict(ours.headers), dict(theirs.headers)
    for header in ("ce_type", "ce_source", "dedupe-key", "content-type", "ce_specversion", "received-at"):
        assert said[header] == known[header]
    fact = parse_event(orjson.loads(ours.value), 0)
    assert isinstance(fact, (Started, Ended))
    assert (fact.event.object_id, fact.event.uuid, fact.event.host_id) == ("93577204816", ROW["uuid"], HOST)


def test_record_names_its_origin_and_no_request_of_zoom() -> None:
    """The tracking takes the header's value."""
    origins: tuple[Origin, ...] = ("backfill", "backfill_with_events")
    for origin in origins:
        for record in records(session(), origin, 0):
            assert dict(record.headers)["origin"] == origin.encode()
            assert "zoom-request-id" not in dict(record.headers)


def test_records_are_the_same_whenever_they_are_made_but_for_the_time_of_receipt() -> None:
    """So a second run is recognised, and Kafka's retention counts from now."""
    first, second = records(session(), "backfill", 1.0), records(session(), "backfill", 2_000.0)
    for one, two in zip(first, second, strict=True):
        assert (one.key, one.value) == (two.key, two.value)
        changed = {name for name, value in one.headers if dict(two.headers)[name] != value}
        assert changed == {"received-at"}
        assert (one.timestamp_ms, two.timestamp_ms) == (1_000, 2_000_000)
    assert len({dict(record.headers)["ce_id"] for record in first}) == 2
