"""Copies, plans and the history of replays."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from ops.replay.copies import Copying, Earlier, Stored
from ops.replay.history import known_in
from ops.replay.plan import ReplayPlan, document, in_words
from ops.replay.wish import check, from_wire, to_wire
from ops.selection.selection import Selection, SessionKey
from ops.selection.times import TimeSpan
from schemas.errors import ConfigurationError
from schemas.replays import EFFECTS, REPLAY_COUNT, REPLAY_ID, REPLAY_OF, Lineage, Replay, ReplayOrder, ReplaySelection
from schemas.topics import ATTENDANCE_RESULTS, RAW_EVENTS, all_topics

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
JOINED = Selection(RAW_EVENTS, event_types=("*.participant_joined",))


def stored(offset: int, event: str = "webinar.participant_joined", **headers: str) -> Stored:
    """A record of partition 2."""
    known = {"ce_type": event, "dedupe-key": "d", **headers}
    return Stored(2, offset, 1_000, b"9", b"{}", [(name, value.encode()) for name, value in known.items()])


def test_copy_has_all_of_its_original_and_says_of_what_it_is_one() -> None:
    """Key, value, time and headers stay; a lineage of an earlier replay on a fact does not."""
    copying = Copying(JOINED, Lineage("r2", re_emit=True), ())
    original = stored(7, **{REPLAY_ID: "r1", REPLAY_COUNT: "1"})
    copy = copying.copy(original)
    assert copy is not None
    assert (copy.key, copy.value, copy.timestamp_ms, copy.offset) == (b"9", b"{}", 1_000, 7)
    assert copy.headers == [
        ("ce_type", b"webinar.participant_joined"),
        ("dedupe-key", b"d"),
        (REPLAY_OF, b"zoom.events.raw.v1/2/7"),
        (REPLAY_COUNT, b"1"),
        (REPLAY_ID, b"r2"),
        (EFFECTS, b"all"),
    ]


def test_copy_is_made_of_what_is_selected_and_of_no_copy() -> None:
    """Else a second replay of a time would publish twice as many."""
    copying = Copying(JOINED, Lineage("r"), ())
    assert copying.copy(stored(1, "webinar.ended")) is None
    assert copying.copy(stored(1, **{REPLAY_OF: "zoom.events.raw.v1/2/0"})) is None


def test_copy_counts_the_replays_that_took_its_original_as_far_as_they_came() -> None:
    """Without looking for their copies: what a replay took follows from its selection and its place."""
    everything = Selection(RAW_EVENTS)
    ended = Selection(RAW_EVENTS, event_types=("webinar.ended",))
    earlier = [Earlier(everything, {2: 0}, {2: 5}), Earlier(ended, {2: 0}, {2: 9}), Earlier(JOINED, {2: 0}, {2: 9})]
    copying = Copying(JOINED, Lineage("r"), earlier)
    counts = [dict(copy.headers)[REPLAY_COUNT] for offset in (4, 5, 9) if (copy := copying.copy(stored(offset)))]
    assert counts == [b"3", b"2", b"1"]


def test_plan_counts_by_partition_and_type_and_narrows_what_is_read_again() -> None:
    """From the first record that is selected to the last."""
    plan = ReplayPlan(JOINED)
    for record in (
        stored(3, "webinar.started"),
        stored(4),
        stored(5, **{REPLAY_OF: "x"}),
        stored(8),
        stored(9, "user.created"),
    ):
        plan.add(record)
    assert (plan.count, plan.looked_at, plan.copies, plan.begins, plan.ends) == (2, 5, 1, {2: 4}, {2: 9})
    assert document(plan, rate=1)["minutes"] == 0.03
    assert list(in_words(plan, rate=1)) == [
        "records of zoom.events.raw.v1 of type *.participant_joined: 2 of 5 that were looked at",
        "  1 are copies that replays have made, and are not published again",
        "  2 in partition 2, offsets 4 to 8",
        "  2 webinar.participant_joined",
        "at 1 a second it takes 2.0 s at least, longer while workers are busy",
    ]


@pytest.mark.parametrize("topic", [topic for topic in all_topics() if topic not in (RAW_EVENTS, ATTENDANCE_RESULTS)])
def test_topics_that_hold_no_facts_are_not_replayed(topic: object) -> None:
    """What lies there follows from facts, or has a command of its own that is named."""
    (selection,) = [Selection(known) for known in all_topics() if known == topic]
    with pytest.raises(ConfigurationError, match=r"replayed|rollcall dlq resend"):
        check(selection)


def test_selection_with_a_label_is_absurd() -> None:
    """It would select nothing, after minutes of reading."""
    with pytest.raises(ConfigurationError, match="label="):
        check(Selection(RAW_EVENTS, label="defect"))


def test_selection_means_the_same_to_whoever_resumes() -> None:
    """Everything that a record is asked about."""
    whole = Selection(
        RAW_EVENTS,
        event_types=("webinar.*",),
        happened=TimeSpan(NOW, None),
        stored=TimeSpan(None, NOW),
        offsets=MappingProxyType({3: range(5, 9)}),
        session=SessionKey("a", "9", ("u==",), "Launch"),
        contact="c" * 32,
        account="a",
    )
    assert from_wire(ReplaySelection.from_bytes(to_wire(whole).to_bytes())) == whole
    assert from_wire(to_wire(JOINED)) == JOINED


def replay(**changes: object) -> Replay:
    """One that runs."""
    values: dict[str, object] = {
        "replay_id": "r",
        "state": "running",
        "operator": "ines",
        "reason": "why",
        "selection": to_wire(JOINED),
        "said": str(JOINED),
        "expected": 2,
        "rate": 10,
        "started_at": NOW,
        "at": NOW,
        "runner": "one",
        "begins": {2: 0},
        "ends": {2: 9},
        "goes_on": {2: 0},
        "known_to": {2: 9},
        "followed_from": {},
    }
    return Replay.model_validate(values | changes)


def test_replay_that_was_taken_on_hears_no_word_of_who_had_it_and_no_older_order() -> None:
    """A process that slept and wakes up must not bring an older state back."""
    order = ReplayOrder(replay_id="r", operator="ines", at=NOW)
    newer = replay(claim=2, runner="two", published=2)
    stale = replay(published=1)
    said = [replay(), order, newer, stale, replay(claim=2, runner="three", state="paused")]
    (history,) = known_in([message.to_bytes() for message in said]).values()
    assert (history.replay, history.pause_wanted) == (newer, False)
    (history,) = known_in([message.to_bytes() for message in [*said, order]]).values()
    assert history.pause_wanted
