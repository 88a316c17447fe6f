"""Selections: what people write, what is meant by it, and which records are of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from ops.selection.expression import parse_selection
from ops.selection.finding import SessionsByWords
from ops.selection.reading import facts_of
from ops.selection.selection import Facts, SessionKey
from schemas.codec import contact_id
from schemas.errors import ConfigurationError
from schemas.sessions import SessionCounts, SessionSummary

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MAYA = contact_id("maya.okafor@example.com")
LAUNCH = SessionKey("abc", "9100001", ("run-1", "run-2"), "Spring launch")


class Known:
    """Knows one session and every address."""

    def session(self, words: str) -> SessionKey:
        """By its title, or as the latest."""
        if words not in ("latest", "Spring launch"):
            raise ConfigurationError(f"no session {words}")
        return LAUNCH

    def contact(self, words: str) -> str:
        """Of any address."""
        return contact_id(words)


FACTS = Facts(
    partition=3,
    offset=120,
    stored_at=NOW,
    happened_at=NOW - timedelta(hours=1, minutes=30),
    event_type="webinar.participant_joined",
    account_id="abc",
    object_id="9100001",
    instance="run-1",
    contacts=frozenset({MAYA}),
    label="",
)


def holds(text: str, facts: Facts = FACTS) -> bool:
    """Whether the record is of the selection that the text means."""
    return parse_selection(text, Known(), NOW).holds(facts)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("", True),
        ("type=webinar.*", True),
        ("type=meeting.* type=*.participant_joined", True),
        ("type=webinar.ended", False),
        ("from=10:00 to=11:00", True),
        ("from=10:30 to=10:31", True),
        ("from=09:00 to=10:30", False),
        ("from=2h", True),
        ("from=1h", False),
        ("from=2026-11-20T11:00 to=2026-11-20T12:00 zone=Europe/Berlin", True),
        ("from=2026-11-20T11:00+01:00 to=2026-11-20T11:31+01:00", True),
        ("stored-from=12:00", True),
        ("stored-to=12:00", False),
        ("offsets=3:100-120", True),
        ("offsets=3:100-119", False),
        ("offsets=2:100-200", False),
        ("offsets=2:1,3:120", True),
        ("session=latest", True),
        ("session='Spring launch'", True),
        ("contact=maya.okafor@example.com", True),
        ("contact=noah@example.com", False),
        ("account=abc", True),
        ("account=other", False),
        ("label=poison", False),
    ],
)
def test_condition_holds_what_it_says(conditions: str, expected: bool) -> None:
    """Each condition on its own, joined by *and* with the topic."""
    assert holds(f"topic=raw {conditions}") is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(FACTS, instance="run-2"), True),
        (replace(FACTS, instance=""), True),
        (replace(FACTS, instance="run-3"), False),
        (replace(FACTS, object_id="9100002"), False),
        (replace(FACTS, account_id="other"), False),
    ],
)
def test_session_takes_its_runs_and_what_names_no_run(facts: Facts, expected: bool) -> None:
    """A registration belongs to every session of its webinar; another account's id is another webinar."""
    assert holds("topic=raw session=latest", facts) is expected


def test_record_without_a_time_of_its_own_is_never_left_out_by_time() -> None:
    """What cannot be placed is shown rather than missed."""
    assert holds("topic=scores from=10:00 to=10:01", replace(FACTS, happened_at=None))


def test_time_of_day_is_the_latest_that_is_past() -> None:
    """Shortly after midnight, 23:00 was yesterday."""
    selection = parse_selection("topic=raw from=13:00", Known(), NOW)
    assert selection.happened is not None
    assert selection.happened.start == NOW - timedelta(hours=23)


def test_selection_is_echoed_in_full_with_its_zone() -> None:
    """Who wrote a local time sees what it is in UTC."""
    selection = parse_selection("topic=raw.dlq type=webinar.* from=11:00 zone=Europe/Berlin label=x", Known(), NOW)
    assert str(selection) == (
        "records of zoom.events.raw.v1.dlq of type webinar.* that happened "
        "from 2026-11-20 11:00:00 CET (2026-11-20 10:00:00 UTC) with the label x"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the selection is empty"),
        ("zone=UTC", "the selection is empty"),
        ("type=webinar.*", "names no topic"),
        ("topic=rae", "topic=rae is no topic of ours: it is one of raw"),
        ("topic=audit.dlq", "no topic of ours"),
        ("topic=raw colour=red", "'colour=red' is no condition"),
        ("topic=raw yesterday", "'yesterday' is no condition"),
        ("topic=raw type=", "type= says nothing"),
        ("topic=raw topic=results", "topic= is there twice"),
        ("topic=raw from=noon", "'noon' is no time: write 10:00"),
        ("topic=raw from=25:00", "'25:00' is no time"),
        ("topic=raw from=999999d", "'999999d' is no time"),
        ("topic=raw to=9999-12-31T23:59-12:00", "'9999-12-31T23:59-12:00' is no time"),
        ("topic=raw from=0001-01-01 zone=Asia/Tokyo", "'0001-01-01' is no time"),
        ("topic=raw from=11:00 to=10:00", "is not before"),
        ("topic=raw from=2026-11-21", "is in the future"),
        ("topic=raw zone=Mars/Olympus", "is no time zone"),
        ("topic=raw offsets=5", "cannot be read"),
        ("topic=raw offsets=5:9-3", "holds nothing"),
        ("topic=raw session='Spring", "a quote is not closed"),
    ],
)
def test_absurd_selection_is_told_with_the_next_step(text: str, words: str) -> None:
    """Before anything is read or sent."""
    with pytest.raises(ConfigurationError) as caught:
        parse_selection(text, Known(), NOW)
    assert words in str(caught.value)


def test_facts_of_an_event_of_zoom() -> None:
    """Account, webinar, run and person are in the body, type and time in the headers."""
    participant = {"email": " Maya.Okafor@Example.com", "user_name": "Maya"}
    event = {
        "event": "webinar.participant_joined",
        "payload": {"account_id": "abc", "object": {"id": 9100001, "uuid": "run-1", "participant": participant}},
    }
    headers = [("ce_type", b"webinar.participant_joined"), ("ce_time", b"2026-11-20T10:30:00.000Z")]
    assert facts_of(3, 120, NOW, b"9100001", headers, orjson.dumps(event)) == FACTS


@pytest.mark.parametrize("event", ["webinar.registration_created", "webinar.updated", "webinar.deleted"])
def test_facts_of_an_event_about_a_webinar_as_a_whole_name_no_run(event: str) -> None:
    """Its `uuid` is that of no run: it is of every session of the webinar."""
    value = orjson.dumps({"event": event, "payload": {"object": {"id": 9100001, "uuid": "of-no-run"}}})
    assert facts_of(3, 120, NOW, b"9100001", [("ce_type", event.encode())], value).instance == ""


def test_facts_of_a_record_of_ours() -> None:
    """Results and commands name their contact and session themselves."""
    value = orjson.dumps({"contact_id": MAYA, "account_id": "abc", "object_id": "9100001", "session_uuid": "run-1"})
    facts = facts_of(3, 120, NOW, MAYA.encode(), [("ce_type", b"rollcall.attendance.result.v1")], value)
    assert (facts.contacts, facts.object_id, facts.instance) == (frozenset({MAYA}), "9100001", "run-1")


def test_facts_of_a_registration_name_no_run() -> None:
    """Its `uuid` is that of the webinar as it is planned: it is of every session."""
    event = {"payload": {"account_id": "abc", "object": {"id": 9100001, "uuid": "planned"}}}
    headers = [("ce_type", b"webinar.registration_created")]
    facts = facts_of(3, 120, NOW, b"9100001", headers, orjson.dumps(event))
    assert facts.instance == ""
    assert holds("topic=raw session=latest", facts)


def test_command_that_names_its_session_alone_is_of_that_session() -> None:
    """Commands and what became of them say nothing of account and object."""
    of = facts_of(0, 0, NOW, b"c", [], orjson.dumps({"contact_id": MAYA, "session": "run-2"}))
    other = facts_of(0, 0, NOW, b"c", [], orjson.dumps({"contact_id": MAYA, "session": "run-9"}))
    none = facts_of(0, 0, NOW, b"c", [], orjson.dumps({"contact_id": MAYA}))
    assert [holds("topic=commands session=latest", record) for record in (of, other, none)] == [True, False, False]


@pytest.mark.parametrize(
    "value", [None, b"", b"\xff\x00", b"[]", b'"x"', b'{"payload": 5}', b'{"payload":{"object":[]}}']
)
def test_facts_of_what_is_broken_are_few_and_no_error(value: bytes | None) -> None:
    """Dead letters and quarantine hold anything; each can still be chosen by where it lies and by its label."""
    headers = [("rollcall-label", b"poison"), ("ce_time", b"\xff"), ("ce_type", None)]
    facts = facts_of(1, 2, NOW, None, headers, value)
    assert (facts.partition, facts.offset, facts.label, facts.happened_at) == (1, 2, "poison", None)


def summary(uuid: str, topic: str, hour: int, *, retracted: bool = False) -> SessionSummary:
    """A session of that day."""
    return SessionSummary(
        session_uuid=uuid,
        instances=(uuid,),
        account_id="acc",
        object_id=f"9{hour}",
        object_type="webinar",
        topic=topic,
        host_id="h",
        started_at=NOW.replace(hour=hour),
        ended_at=None,
        length_seconds=0,
        is_final=False,
        retracted=retracted,
        counts=SessionCounts(),
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("latest", "94"),
        ("/H7cZq0bS1uWm//5rXeTkQ==", "93"),
        ("/H7cZq", "93"),
        ("93", "93"),
        ("SPRING", "93"),
        ("rehearsal-uuid==", "95"),
    ],
)
def test_session_is_meant_by_the_same_words_as_in_rollcall_session(words: str, expected: str) -> None:
    """What was taken back is no session, unless its whole uuid is written."""
    finder = SessionsByWords(
        [
            summary("/H7cZq0bS1uWm//5rXeTkQ==", "Spring launch", 3),
            summary("pT9/Qw3sRzGm4yBhK1xVdA==", "Roadmap", 4),
            summary("rehearsal-uuid==", "Spring rehearsal", 5, retracted=True),
        ]
    )
    assert finder.session(words).object_id == expected


def test_session_that_no_words_or_several_lead_to_is_told() -> None:
    """A beginning that is too short leads to none."""
    finder = SessionsByWords([summary("aaaaaa1", "Roadmap one", 3), summary("aaaaaa2", "Roadmap two", 4)])
    with pytest.raises(ConfigurationError, match="no session has"):
        finder.session("aaaaa")
    with pytest.raises(ConfigurationError, match="may be 2 sessions"):
        finder.session("aaaaaa")


def test_session_by_its_uuid_is_what_commands_call_it() -> None:
    """Of a session that nobody tells of any more, the uuid that was given."""
    finder = SessionsByWords([summary("aaaaaa1", "Roadmap one", 3), summary("aaaaaa2", "Roadmap two", 4)])
    assert [finder.uuid(words) for words in ("latest", "roadmap one", "gone==")] == ["aaaaaa2", "aaaaaa1", "gone=="]
    with pytest.raises(ConfigurationError, match="may be 2 sessions"):
        finder.uuid("Roadmap")


def test_session_that_has_not_begun_is_not_the_latest() -> None:
    """Sessions are on the topic from their first registration on."""
    coming = summary("coming-uuid==", "Summer launch", 6).model_copy(update={"started_at": None})
    later = summary("later-uuid==", "Autumn launch", 7).model_copy(update={"started_at": None})
    assert SessionsByWords([coming, summary("past", "Roadmap", 3), later]).session("latest").object_id == "93"
    assert SessionsByWords([coming]).session("latest").object_id == "96"
