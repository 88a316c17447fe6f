"""The headers of our records: CloudEvents 1.0, so that a consumer can route without reading the value."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.contracts import models_of
from schemas.cloud_events import caused_by, event_headers, event_type, tombstone_headers
from schemas.engagement import ContactScore
from schemas.lookups import LookupSettled
from schemas.model import Message
from schemas.topics import ATTENDANCE_RESULTS, ENGAGEMENT_SCORES, LOOKUPS, TOPICS
from tests.support.contact_facts import result

MODELS = sorted({model for topic in TOPICS for model in models_of(topic)}, key=lambda model: model.__name__)


def headers_of(message: Message, topic: str, key: bytes = b"k") -> dict[str, bytes]:
    """By name; no name twice."""
    headers = event_headers(topic, key, message, message.to_bytes())
    assert len(dict(headers)) == len(headers)
    return dict(headers)


def test_headers_of_a_result_say_what_it_is_without_its_value() -> None:
    """Kind and version in the type, the instant of the fact, the schema's name, and JSON."""
    fact = result()
    headers = headers_of(fact, ATTENDANCE_RESULTS.name)
    assert len(headers.pop("ce_id")) == 32
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_type": b"rollcall.attendance.result.v1",
        "ce_source": b"/rollcall/attendance",
        "ce_dataschema": b"urn:rollcall:schema:attendance.results.v1",
        "content-type": b"application/json",
        "ce_time": fact.occurred_at.isoformat().replace("+00:00", "Z").encode(),
    }


def test_id_is_the_content_and_differs_by_topic_key_value_and_cause() -> None:
    """Equal ids mean one event told twice, and nothing else."""
    one, other = result(), result(joins=3)
    ids = [
        headers_of(one, "a")["ce_id"],
        headers_of(one, "a")["ce_id"],
        headers_of(one, "b")["ce_id"],
        headers_of(one, "a", b"other")["ce_id"],
        headers_of(other, "a")["ce_id"],
        dict(caused_by(event_headers("a", b"k", one, one.to_bytes()), "t/0/1"))["ce_id"],
        dict(caused_by(event_headers("a", b"k", one, one.to_bytes()), "t/0/2"))["ce_id"],
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 6


def test_headers_that_are_not_ours_stay_as_they_are() -> None:
    """A dead letter keeps the id of its event."""
    assert caused_by((("zoom-request-id", b"1"),), "t/0/1") == (("zoom-request-id", b"1"),)
    assert caused_by((), "t/0/1") == ()


def test_record_without_an_instant_has_no_time() -> None:
    """CloudEvents lets it out; an invented one would be worse."""
    settled = LookupSettled(request_id="r", account_id="a")
    assert "ce_time" not in headers_of(settled, LOOKUPS.name)


def test_time_keeps_what_is_below_a_second() -> None:
    """Header and value name the same instant."""
    at = datetime(2026, 8, 12, 14, 0, 5, 466_000, tzinfo=UTC)
    assert headers_of(result(occurred_at=at), "a")["ce_time"] == b"2026-08-12T14:00:05.466000Z"
    whole = at.replace(microsecond=0)
    assert headers_of(result(occurred_at=whole), "a")["ce_time"] == b"2026-08-12T14:00:05Z"


def test_tombstone_has_no_content() -> None:
    """Its headers name the kind that is gone, and no content type."""
    headers = dict(tombstone_headers(ENGAGEMENT_SCORES.name, b"k", ContactScore))
    assert headers["ce_type"] == b"rollcall.engagement.score.v1"
    assert "content-type" not in headers


def test_every_kind_has_a_type_of_its_own() -> None:
    """No consumer gets two kinds under one name."""
    assert len({event_type(model) for model in MODELS}) == len(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_kind_takes_its_time_from_a_field_that_it_has(model: type[Message]) -> None:
    """What `cloud_event` names is there."""
    assert model.cloud_event.time is None or model.cloud_event.time in model.model_fields
