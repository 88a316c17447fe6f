"""What is of a trail, and how it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
import pytest
from aiokafka import TopicPartition

from ops.selection.selection import SessionKey
from ops.trace.command import Latest
from ops.trace.describe import step_of
from ops.trace.reading import Topics
from ops.trace.trail import TracedRecord, Trail, subject_of, topics_of
from schemas.codec import contact_id
from schemas.topics import ATTENDANCE_RESULTS, BREVO_RESULTS, LOOKUP_RESULTS, RAW_EVENTS

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MAYA = "maya.okafor@example.com"
_STARTED = b'{"event":"webinar.started","payload":{"account_id":"abc","object":{"id":"9100001","uuid":"run-1"}}}'
LAUNCH = SessionKey("abc", "9100001", ("run-1",), "Spring launch")


def _header(name: str) -> str:
    return name if name.startswith("ce_") else name.replace("_", "-")


def seen(topic: str, fields: dict[str, Any], key: str = "k", **headers: str) -> TracedRecord:
    """A record."""
    told = {_header(name): text for name, text in headers.items()}
    return TracedRecord(topic, 1, 7, NOW, key.encode(), orjson.dumps(fields), told)


def joined(participant: dict[str, Any], uuid: str = "run-1", **headers: str) -> TracedRecord:
    """A webhook."""
    payload = {"account_id": "abc", "object": {"id": 9100001, "uuid": uuid, "participant": participant}}
    return seen(
        RAW_EVENTS.name, {"event": "webinar.participant_joined", "payload": payload}, ce_id="request-1",
        ce_type="webinar.participant_joined", dedupe_key="f" * 64, **headers,
    )  # fmt: skip


def result(email: str = MAYA, **changed: Any) -> TracedRecord:
    """A result."""
    fields = {
        "kind": "result", "contact_id": contact_id(email), "email": email, "account_id": "abc", "object_id": "9100001",
        "session_uuid": "run-1", "identity": {"rule": "registrant", "registrant_id": "reg-1"}, "is_final": True,
        "attendance_status": "left_early", "attended_seconds": 1_800, "reason": "left_before_the_end", "revision": 2,
    }  # fmt: skip
    return seen(ATTENDANCE_RESULTS.name, fields | changed, key=contact_id(email))


def maya() -> Trail:
    """Her trail, once the results were read."""
    trail = Trail(contact=contact_id(MAYA), email=MAYA)
    assert trail.holds(result())
    return trail


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (joined({"email": " Maya.Okafor@Example.com "}), True),
        (joined({"email": "", "registrant_id": "reg-1"}), True),
        (joined({"email": "", "registrant_id": "reg-2"}), False),
        (joined({"email": "bo@example.com"}), False),
        (seen("zoom.lookups.v1", {"kind": "request", "lookup": "identities", "emails": [MAYA]}), True),
        (seen("zoom.lookups.v1", {"kind": "request", "lookup": "identities", "emails": ["bo@example.com"]}), False),
        (seen(LOOKUP_RESULTS.name, {"lookup": "report", "rows": [{"user_email": MAYA}]}), True),
        (seen(LOOKUP_RESULTS.name, {"lookup": "registrants", "rows": [{"id": "reg-1"}]}), True),
        (seen(LOOKUP_RESULTS.name, {"lookup": "report", "rows": [{"user_email": "bo@example.com"}]}), False),
        (seen(BREVO_RESULTS.name, {"command_id": "c", "contact_id": contact_id(MAYA)}), True),
        (seen("ops.audit.v1", {"operator": "eva", "action": "effects.resolve", "subject": contact_id(MAYA)}), True),
        (TracedRecord("engagement.scores.v1", 1, 7, NOW, contact_id(MAYA).encode(), None, {}), True),
        (TracedRecord(RAW_EVENTS.name, 1, 7, NOW, b"k", b"\xff\x00", {}), False),
    ],
)
def test_trail_of_a_contact_has_what_names_them(record: TracedRecord, expected: bool) -> None:
    """By address however it is written, by contact id, or by a registration that a result has told of."""
    assert maya().holds(record) is expected


def test_trail_of_a_contact_id_alone_learns_the_address_from_the_results() -> None:
    """Until then nothing can be passed over by a look at its bytes."""
    trail = Trail(contact=contact_id(MAYA))
    assert trail.holds(joined({"email": MAYA}))
    assert trail.holds(result())
    assert (trail.email, trail.registrants) == (MAYA, {"reg-1"})


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (joined({"email": "bo@example.com"}), True),
        (joined({"email": "bo@example.com"}, uuid="run-2"), False),
        (result(), True),
        (result(session_uuid="run-2"), False),
        (seen("brevo.commands.v1", {"kind": "event", "session": "run-1"}), True),
        (seen("brevo.commands.v1", {"kind": "event", "session": "run-2"}), False),
        (seen("engagement.scores.v1", {"sessions": [{"session_uuid": "run-1"}]}), True),
        (seen("ops.audit.v1", {"action": "zoom.recover", "subject": "abc", "details": {"object": "9100001"}}), True),
        (seen("ops.audit.v1", {"action": "zoom.recover", "subject": "abc"}), False),
    ],
)
def test_trail_of_a_session_has_what_names_its_runs(record: TracedRecord, expected: bool) -> None:
    """Of everybody; another run of the webinar is another session."""
    assert Trail(session=LAUNCH).holds(record) is expected


def test_trail_of_a_delivery_goes_on_with_its_person_in_its_session_from_then_on() -> None:
    """Its repeats and letters are of it, whenever they came; who it is, the registration may have to tell."""
    delivery = joined({"email": "", "registrant_id": "reg-1"})
    trail = subject_of(delivery, {"reg-1": contact_id(MAYA)}, [LAUNCH])
    earlier = replace(delivery, stored_at=NOW - timedelta(hours=1), offset=3)
    other = replace(joined({"email": MAYA}), headers={"ce_id": "request-2"})
    letter = replace(
        delivery, topic=RAW_EVENTS.dead_letter.name, headers={**delivery.headers, "rollcall-letter-id": "l1"}
    )
    assert [trail.holds(record) for record in (delivery, earlier, letter, result())] == [True] * 4
    assert not trail.holds(result(session_uuid="run-2"))
    assert not trail.holds(result("bo@example.com"))
    assert trail.holds(other)
    assert not trail.holds(replace(other, stored_at=NOW - timedelta(hours=1)))
    started = replace(joined({}), headers={"ce_id": "request-3"}, value=_STARTED)
    whole = subject_of(started, {}, [LAUNCH])
    assert [whole.holds(record) for record in (started, joined({"email": MAYA}), result())] == [True, False, False]
    assert trail.holds(seen("ops.letters.v1", {"kind": "decision", "letter_id": "l1"}))
    assert not trail.holds(seen("ops.letters.v1", {"kind": "decision", "letter_id": "l2"}))


def test_trail_of_a_delivery_under_another_address_is_of_whom_the_registration_names() -> None:
    """The result goes there, and not to whoever has the address."""
    delivery = joined({"email": "private@example.com", "registrant_id": "reg-1"})
    trail = subject_of(delivery, {"reg-1": contact_id(MAYA)}, [LAUNCH])
    assert [trail.holds(record) for record in (delivery, result(), result("private@example.com"))] == [
        True, True, False,
    ]  # fmt: skip
    assert subject_of(delivery, {}, [LAUNCH]).contact == contact_id("private@example.com")
    assert subject_of(result(), {"reg-1": "another"}, [LAUNCH]).contact == contact_id(MAYA)


def test_trail_of_a_delivery_knows_the_registrations_of_its_person_before_anything_is_read() -> None:
    """Topics are read in one pass: a webhook that names the registration alone may come before the results."""
    delivery = joined({"email": MAYA})
    left = replace(joined({"email": "private@example.com", "registrant_id": "reg-1"}), headers={"ce_id": "request-2"})
    assert subject_of(delivery, {"reg-1": contact_id(MAYA)}, [LAUNCH]).holds(left)
    assert not subject_of(delivery, {"reg-1": contact_id("bo@example.com")}, [LAUNCH]).holds(left)


def test_trail_of_a_delivery_that_is_about_nothing_has_itself_alone() -> None:
    """As of an account that removed the app."""
    delivery = seen(RAW_EVENTS.name, {"event": "app_deauthorized", "payload": {"account_id": "abc"}}, ce_id="request-9")
    trail = subject_of(delivery, {}, [LAUNCH])
    other = seen("brevo.commands.v1", {"kind": "event", "session": "run-1", "reason": 'a "word"'})
    assert [trail.holds(record) for record in (delivery, result(), other)] == [True, False, False]


def test_delivery_is_called_by_its_headers_and_a_command_by_its_id() -> None:
    """By the beginning, too; a word in a value is no name."""
    command = seen("brevo.commands.v1", {"kind": "event", "command_id": "d728b4cc", "name": "reg-1"}, ce_id="e1")
    called = [command.is_called(name) for name in ("d728b4", "d728b4cc", "e1", "reg-1", "28b4cc")]
    assert called == [True, True, True, False, False]
    assert joined({}).is_called("request")
    assert (joined({}).fact, command.fact) == ("f" * 64, "d728b4cc")


def test_topics_are_read_in_the_one_partition_that_may_hold_something() -> None:
    """And clocks not at all."""
    contact, session = dict(topics_of(maya())), dict(topics_of(Trail(session=LAUNCH)))
    assert contact[ATTENDANCE_RESULTS] == contact_id(MAYA).encode()
    assert (contact[RAW_EVENTS], session[RAW_EVENTS]) == (None, b"9100001")
    assert "attendance.ticks.v1" not in {topic.name for topic in contact}


@pytest.mark.parametrize(
    ("record", "kind", "what"),
    [
        (joined({"email": MAYA}, origin="backfill"), "event", "webinar.participant_joined, brought by backfill"),
        (result(), "decision", "final result: left_early, 30 min (left_before_the_end), revision 2"),
        (
            result(retracted=True, retraction_reason="excluded"), "decision",
            "final result: left_early, 30 min (left_before_the_end), revision 2, taken back (excluded)",
        ),
        (seen("zoom.lookups.v1", {"kind": "request", "lookup": "report"}), "look-up", "Zoom is asked for `report`"),
        (
            seen(LOOKUP_RESULTS.name, {"lookup": "report", "outcome": "found", "rows": [{}], "page": 0, "last": True}),
            "answer", "Zoom answers `report`: 1 row",
        ),
        (
            seen(LOOKUP_RESULTS.name, {"lookup": "report", "outcome": "missing", "detail": "3001"}),
            "answer", "Zoom answers `report`: missing (3001)",
        ),
        (
            seen("brevo.commands.v1", {"kind": "event", "name": "zoom_webinar_attended", "reason": "result"}),
            "command", "event to be sent: zoom_webinar_attended (result)",
        ),
        (
            seen(BREVO_RESULTS.name, {"command_id": "c", "outcome": "in_doubt", "http_status": 500, "attempts": 2}),
            "call", "contact in doubt, HTTP 500, 2 calls",
        ),
        (
            seen(f"{RAW_EVENTS.name}.dlq", {}, ce_type="webinar.ended", rollcall_reason="no id"),
            "letter", "dead letter of an agent: no id (webinar.ended)",
        ),
        (seen("ops.audit.v1", {"operator": "eva", "action": "dlq.drop"}), "act", "eva did dlq.drop"),
        (TracedRecord("engagement.scores.v1", 1, 7, NOW, b"c", None, {}), "score", "no score any more"),
        (
            seen("engagement.candidates.v1", {
                "candidates": [{"model_version": "stays", "contact_score": 52, "tier": "warm"}],
                "failed": [{"model_version": "odd", "error": "ZeroDivisionError"}],
            }),
            "score", "scores by candidate models: stays 52, warm; odd nothing (ZeroDivisionError)",
        ),
        (seen("engagement.candidates.v1", {"candidates": [{}]}), "score", "a record, which cannot be read"),
        (TracedRecord(RAW_EVENTS.name, 1, 7, NOW, b"k", b"\xff", {}), "event", "an event"),
        (result(attended_seconds="soon"), "decision", "result, which cannot be read"),
    ],
)  # fmt: skip
def test_step_says_what_a_record_is(record: TracedRecord, kind: str, what: str) -> None:
    """In words without anything of a person; who it is stands apart."""
    step = step_of(record)
    assert (step.kind, step.what) == (kind, what)
    assert step.source == f"{record.topic}/1/7"
    assert "@" not in step.what


def test_latest_keeps_the_latest_and_counts_the_others() -> None:
    """However large the topics are."""
    latest = Latest(2)
    for minute in (3, 1, 4, 2):
        latest.add(step_of(replace(result(), stored_at=NOW + timedelta(minutes=minute))))
    assert [step.stored_at.minute for step in latest.in_order()] == [3, 4]
    assert latest.left_out == 2


class _EmptyTopic:
    """As much of aiokafka's consumer as is asked about a topic without records."""

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """It ends where it begins."""
        return dict.fromkeys(places, 0)

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, None]:
        """As the real one, which takes no time before 1970."""
        if any(at_ms < 0 for at_ms in times.values()):
            raise ValueError("The target time must not be negative")
        return dict.fromkeys(times)

    def assign(self, places: list[TopicPartition]) -> None:
        """So that it knows where they are."""

    def pause(self, *places: TopicPartition) -> None:
        """Nothing is fetched before it is asked for."""


async def test_time_before_all_records_is_no_error() -> None:
    """`--since 1960-01-01` means all of it."""
    topics = Topics(cast("Any", _EmptyTopic()), "", {RAW_EVENTS.name: [0, 1]})
    since = datetime(1960, 1, 1, tzinfo=UTC)
    assert [record async for record in topics.read([(RAW_EVENTS, None)], since, lambda *_counts: None)] == []
