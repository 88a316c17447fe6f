"""Dead letters as people see them: what became of one, whether it may be sent again, and its shape without content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from ops.letters.frame import check_letters_lie_in
from ops.letters.labels import check_label
from ops.letters.letter import Letter, latest, letter_of
from ops.letters.masking import masked, what_would_be_done
from ops.selection.selection import Selection
from schemas.errors import ConfigurationError
from schemas.letters import LETTER_ID, LetterDecision, LetterFault, LetterState, letter_id
from schemas.topic import Topic
from schemas.topics import ATTENDANCE_RESULTS, AUDIT, BREVO_COMMANDS, BREVO_COMMANDS_BULK, QUARANTINE, RAW_EVENTS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ID = letter_id(RAW_EVENTS.name, b"k", b"v")
HEADERS = (
    ("ce_type", b"webinar.ended"),
    (LETTER_ID, ID.encode()),
    ("rollcall-label", b"unreadable"),
    ("rollcall-reason", b"object.id is missing"),
    ("rollcall-attempts", b"1"),
    ("rollcall-first-at", b"2026-11-20T11:00:00.000Z"),
    ("rollcall-last-at", b"2026-11-20T11:00:00.000Z"),
    ("rollcall-version", b"0.1.0"),
)


def fault(minutes: int, version: str = "0.1.0", attempts: int = 2) -> LetterFault:
    """It has failed again, so many minutes after noon."""
    at = NOW + timedelta(minutes=minutes)
    return LetterFault(
        letter_id=ID, topic=RAW_EVENTS.name, stage="track-attendance", label="defect", reason="again",
        source="zoom.events.raw.v1/0/9", attempts=attempts, first_at=NOW, last_at=at, version=version,
    )  # fmt: skip


def decision(minutes: int, state: LetterState = "resent", resends: int = 1) -> LetterDecision:
    """What somebody decided, so many minutes after noon."""
    at = NOW + timedelta(minutes=minutes)
    return LetterDecision(
        letter_id=ID, topic="x", state=state, resends=resends, operator="ines", reason="", version="0.1.0", at=at
    )


def letter(*said: LetterFault | LetterDecision, headers: tuple[tuple[str, bytes], ...] = HEADERS) -> Letter:
    """The letter, with what was said of it."""
    return letter_of(RAW_EVENTS.dead_letter, 1, 2, NOW, b"k", b"v", headers, latest(said))


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ((), "open"),
        ((decision(1),), "resent"),
        ((decision(1), fault(2)), "open"),
        ((fault(0), decision(1)), "resent"),
        ((decision(1, resends=3), fault(2)), "parked"),
        ((decision(1), decision(3, "parked", 0)), "parked"),
        ((decision(1, "dropped", 0), fault(2)), "dropped"),
    ],
)
def test_state_is_what_was_said_last(said: tuple[LetterFault | LetterDecision, ...], state: str) -> None:
    """One that fails again after it was sent is open once more; after three times it is parked."""
    assert letter(*said).state == state


def test_letter_that_failed_again_tells_the_latest() -> None:
    """Reason, label, attempts and version of the last time; the first time stays."""
    again = letter(fault(5, version="0.2.0", attempts=4))
    assert (again.label, again.reason, again.attempts, again.version) == ("defect", "again", 4, "0.2.0")
    assert again.first_at == NOW
    first = letter()
    assert (first.label, first.reason, first.attempts) == ("unreadable", "object.id is missing", 1)
    assert first.last_at == datetime(2026, 11, 20, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "version", "parked", "why"),
    [
        ((), "0.1.0", False, ""),
        ((decision(1),), "0.1.0", False, "it is resent"),
        ((decision(1, "dropped"),), "0.1.0", True, "it is dropped"),
        ((decision(1, "parked"),), "0.2.0", False, "it is parked: --parked sends"),
        ((decision(1, "parked"),), "0.1.0", True, "0.1.0 has failed on it"),
        ((decision(1, "parked"),), "0.2.0", True, ""),
    ],
)
def test_parked_letter_is_sent_when_another_version_has_seen_it(
    said: tuple[LetterFault | LetterDecision, ...], version: str, parked: bool, why: str
) -> None:
    """The same code would fail again; a person has to ask for it."""
    found = letter(*said).why_not_sent(version=version, parked=parked)
    assert why in found
    assert bool(found) == bool(why)


def test_letter_that_was_cut_is_not_sent() -> None:
    """A part of a record is another record."""
    assert "only its beginning" in letter(headers=(*HEADERS, ("rollcall-cut-bytes", b"9"))).why_not_sent(
        version="1", parked=False
    )


def test_letter_is_sent_again_with_the_headers_of_its_origin() -> None:
    """And with its id, so that the next failure is counted; a reason of the last time is none of this one."""
    names = {name for name, _ in letter().headers_again()}
    assert names == {"ce_type", LETTER_ID, "rollcall-attempts", "rollcall-first-at"}


def test_quarantined_delivery_is_released_to_the_live_topic_unless_its_payload_is_gone() -> None:
    """Of another account's delivery only the frame is kept."""
    stale, foreign = (
        letter_of(QUARANTINE, 0, 0, NOW, b"k", b"v", (("quarantine-reason", why),), {}) for why in (b"stale", b"owner")
    )
    assert (stale.target, stale.label, stale.why_not_sent(version="1", parked=False)) == (RAW_EVENTS.name, "stale", "")
    assert [name for name, _ in stale.headers_again()] == [LETTER_ID]
    assert "another account's" in foreign.why_not_sent(version="1", parked=False)


def test_content_is_shown_as_its_shape() -> None:
    """Nothing of a person, and enough to see which field is missing."""
    value = orjson.dumps(
        {"event": "webinar.ended", "payload": {"email": "maya@example.com", "ids": [1, 22, 3, 4, 5], "ok": True}}
    )
    shown = masked(value)
    assert shown == {
        "event": "webinar.ended",
        "payload": {
            "email": "text of 16 characters",
            "ids": ["number of 1 digits", "number of 2 digits", "number of 1 digits", "and 2 more"],
            "ok": True,
        },
    }
    assert masked(b"\xff\xfe") == "no JSON: 2 bytes"
    assert masked(orjson.dumps({"maya@example.com": 1})) == {"name of 16 characters": "number of 1 digits"}


def test_what_would_be_done_now_is_told_in_one_sentence() -> None:
    """Whether the code of now reads it; never what it holds."""
    joined = {"event": "webinar.ended", "event_ts": 1, "payload": {"object": {"uuid": "x"}}}
    assert what_would_be_done(RAW_EVENTS, orjson.dumps(joined), 0).startswith("it would be a dead letter again")
    assert "says nothing about attendance" in what_would_be_done(RAW_EVENTS, b'{"event": "user.created"}', 0)
    assert "no JSON" in what_would_be_done(RAW_EVENTS, b"{", 0)
    told = what_would_be_done(ATTENDANCE_RESULTS, b'{"kind": "maya@example.com"}', 0)
    assert told.startswith("it would be a dead letter again")
    assert "maya" not in told


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        (
            RAW_EVENTS,
            "no letters lie in zoom.events.raw.v1: its dead letters are those of topic=zoom.events.raw.v1.dlq",
        ),
        (AUDIT, "no letters lie in ops.audit.v1"),
    ],
)
def test_topic_that_holds_no_letters_is_told(topic: Topic, words: str) -> None:
    """`dlq resend topic=raw` would publish every event of a month again."""
    with pytest.raises(ConfigurationError) as caught:
        check_letters_lie_in(topic)
    assert str(caught.value) == words


@pytest.mark.parametrize("topic", [RAW_EVENTS.dead_letter, QUARANTINE])
def test_topic_that_holds_letters_is_taken(topic: Topic) -> None:
    """Dead letters, and what was put aside."""
    check_letters_lie_in(topic)


def test_letter_that_failed_again_otherwise_is_selected_by_the_label_that_it_is_shown_with() -> None:
    """It was unreadable, and now a defect of ours stops it."""
    again = letter(fault(1))
    assert again.label == "defect"
    assert Selection(RAW_EVENTS.dead_letter, label="defect").holds(again.facts)
    assert not Selection(RAW_EVENTS.dead_letter, label="unreadable").holds(again.facts)


@pytest.mark.parametrize(
    ("label", "topic"),
    [
        ("unreadable", RAW_EVENTS.dead_letter),
        ("too_large", BREVO_COMMANDS.dead_letter),
        ("invalid_email", BREVO_COMMANDS.dead_letter),
        ("contact_rejected", BREVO_COMMANDS_BULK.dead_letter),
        ("stale", QUARANTINE),
        ("of_a_later_version", RAW_EVENTS.dead_letter),
    ],
)
def test_label_that_letters_of_a_topic_have_is_taken(label: str, topic: Topic) -> None:
    """What this version writes, or what is there."""
    check_label(label, topic, ["of_a_later_version"])


@pytest.mark.parametrize(
    ("label", "topic", "words"),
    [
        ("unreadble", RAW_EVENTS.dead_letter, "one of unreadable, too_large, defect; now there: defect, unreadable"),
        ("invalid_email", RAW_EVENTS.dead_letter, "is no label of zoom.events.raw.v1.dlq"),
        ("late", QUARANTINE, "one of stale, account, owner"),
    ],
)
def test_label_that_no_letter_can_have_is_told_with_those_that_there_are(label: str, topic: Topic, words: str) -> None:
    """A mistyped one would select nothing, and look as if all were well."""
    with pytest.raises(ConfigurationError) as caught:
        check_label(label, topic, ["unreadable", "defect", "defect"])
    assert words in str(caught.value)
