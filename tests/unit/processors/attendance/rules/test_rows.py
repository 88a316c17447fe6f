"""Rows are sets and extremes: any order and any repeats of the same facts end in the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from processors.attendance.rules.connections import Connection
from processors.attendance.rules.facts import Ended, Event, Registered, RoleChanged, Seen, Shown, Started
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.rules.runs import LIVELINESS, RunRow
from processors.attendance.rules.schedule import Said, Schedule
from schemas.attendance import Origin

EVENT = Event("acc", "842", "webinar", "uuid", 5, "Topic", "host", None, 1_000, 1_000_000)
MAYBE = st.sampled_from([None, "a@example.com", "b@example.com"])
SHOWN = st.builds(Shown, registrant_id=MAYBE, email=MAYBE, user_id=MAYBE, name=MAYBE)
SEEN = st.builds(
    Seen, event=st.just(EVENT), connection=st.just("c"), joined=st.booleans(), at=st.integers(0, 9), shown=SHOWN
)
ROLES = st.builds(RoleChanged, event=st.just(EVENT), connection=st.just("c"), panelist=st.booleans(), shown=SHOWN)
EVENTS = st.builds(
    lambda topic, start, ts, kind: EVENT._replace(topic=topic, start=start, event_ts=ts, zoom_type=kind),
    st.sampled_from(["Old", "New"]),
    st.sampled_from([None, 900, 1_000]),
    st.integers(0, 3),
    st.sampled_from([5, 9]),
)
LIVE = st.one_of(
    st.builds(Started, EVENTS),
    st.builds(Ended, EVENTS, st.sampled_from([None, 4_000, 5_000]), st.booleans()),
)
REGISTERED = st.builds(
    Registered,
    event=EVENTS,
    registrant_id=st.just("r"),
    status=st.sampled_from(["approved", "cancelled", "denied", "pending"]),
    email=MAYBE,
    first_name=st.sampled_from([None, "Ada", "Bo"]),
    told=st.sampled_from([(), (("org", "Muster"),), (("org", "Granit"), ("city", "Köln"))]),
    source=st.sampled_from([None, "newsletter"]),
    custom_questions=st.sampled_from([(), (("Why?", "Because"),)]),
    occurrences=st.sampled_from([(), (("1", 1_000),), (("1", 2_000), ("2", 3_000))]),
)
SEEDS = st.integers(0, 1_000)


def disturbed(facts: list, seed: int) -> list:  # type: ignore[type-arg]
    """The same facts shuffled, some of them twice."""
    random = Random(seed)
    return random.sample(facts, len(facts)) + random.choices(facts, k=len(facts) // 2)


@given(st.lists(st.one_of(SEEN, ROLES), min_size=1, max_size=12), SEEDS)
def test_connection_is_a_function_of_the_set(facts: list[Seen | RoleChanged], seed: int) -> None:
    """Joins, leaves and the smallest identity of each kind."""
    rows = []
    for order in (facts, disturbed(facts, seed)):
        row = Connection()
        for fact in order:
            row.add(fact)
            row = Connection.from_bytes(row.to_bytes())
        assert not row.add(order[0])
        rows.append(row.to_bytes())
    assert rows[0] == rows[1]


@given(st.lists(LIVE, min_size=1, max_size=10), SEEDS)
def test_run_is_a_function_of_the_set(facts: list[Started | Ended], seed: int) -> None:
    """The smallest start, the largest end, and the description of the latest event."""
    rows = []
    for order in (facts, disturbed(facts, seed)):
        row = RunRow("acc", "webinar")
        for fact in order:
            row = row.with_event(fact.event, fact)
            row = RunRow.from_bytes(row.to_bytes())
        rows.append(row.to_bytes())
    assert rows[0] == rows[1]


def test_run_of_which_participants_alone_tell_is_described_by_them() -> None:
    """A lost `started` must not leave a meeting without topic, host and type, by which filters know it."""
    row = RunRow("acc", "meeting").with_event(EVENT)
    assert (row.zoom_type, row.topic, row.host_id) == (EVENT.zoom_type, EVENT.topic, EVENT.host_id)
    assert row.with_event(EVENT) is row, "nothing new"


def test_run_lasts_from_the_smallest_start_to_the_largest_end() -> None:
    """Whatever came last; what an `ended` lacks is when it was sent."""
    row = RunRow("acc", "webinar")
    for start, end in ((1_000, 5_000), (900, 4_000), (950, None)):
        event = EVENT._replace(start=start)
        row = row.with_event(event, Ended(event, end, practice=False))
    assert (row.start, row.end) == (900, 5_000)


def test_run_is_called_what_its_start_or_end_calls_it() -> None:
    """Events of participants come later, and may carry an older title."""
    row = RunRow("acc", "webinar").with_event(EVENT, Started(EVENT))
    later = EVENT._replace(topic="Zzz", zoom_type=9, event_ts=EVENT.event_ts + 1)
    assert row.with_event(later) is row
    assert row.with_event(later, Started(later)).topic == "Zzz"


def test_run_ends_when_the_best_that_knows_it_says() -> None:
    """`ended`, then Zoom's past meeting, then its report, then what was assumed; whatever came first."""
    nothing = RunRow("acc", "webinar")
    assumed = nothing._replace(assumed_end=40)
    reported = assumed._replace(report_end=30)
    asked = reported._replace(past_end=20)
    told = asked._replace(end=10)
    assert [row.known_end for row in (nothing, assumed, reported, asked, told)] == [None, 40, 30, 20, 10]


def test_run_of_which_one_end_was_none_of_a_practice_session_is_none_either() -> None:
    """It went on as the webinar itself."""
    practice, live = (Ended(EVENT, end, practice=end == 10) for end in (10, 20))
    row = RunRow("acc", "webinar").with_event(EVENT, practice)
    assert row.discarded
    assert not row.with_event(EVENT, live).discarded


def test_run_is_as_live_as_the_liveliest_of_its_events() -> None:
    """Whatever came first: a back-fill of a session that was heard live makes nobody a stranger."""
    heard = RunRow("acc", "meeting", heard_ms=1)
    origins = [[origin.origin for origin in _brought(heard, *order)] for order in (LIVELINESS, LIVELINESS[::-1])]
    assert origins == [list(LIVELINESS), ["live"] * len(LIVELINESS)]


def _brought(row: RunRow, *origins: Origin) -> Iterator[RunRow]:
    for origin in origins:
        row = row.brought_by(origin)
        yield row


def test_connection_shows_the_smallest_of_each_kind_and_stays_a_panelist() -> None:
    """A name that addresses somebody goes before a smaller text that is none."""
    row = Connection()
    for name, email in (("+49 30 1234", "b@example.com"), ("Bo Berg", "a@example.com"), ("Cy Clay", "c@example.com")):
        row.add(Seen(EVENT, "c", joined=True, at=1, shown=Shown("r2", email, "u2", name)))
    row.add(RoleChanged(EVENT, "c", panelist=True, shown=Shown("r1", None, "u1", None)))
    row.add(RoleChanged(EVENT, "c", panelist=False, shown=Shown("r3", None, "u3", None)))
    assert row.shown == Shown("r1", "a@example.com", "u1", "Bo Berg")
    assert row.panelist


@given(st.lists(st.tuples(REGISTERED, st.sampled_from(LIVELINESS), st.booleans()), min_size=1, max_size=10), SEEDS)
def test_registration_is_a_function_of_the_set(facts: list[tuple[Registered, Origin, bool]], seed: int) -> None:
    """Its state is that of the latest statement, and a webhook's is never older than the list's."""
    rows = []
    for order in (facts, disturbed(facts, seed)):
        row = RegistrationRow("acc", "webinar")
        for fact, origin, webhook in order:
            row.add(fact, origin, webhook=webhook)
            row = RegistrationRow.from_bytes(row.to_bytes())
        assert row.latest.webhook == any(webhook for _fact, _origin, webhook in facts)
        rows.append(row.to_bytes())
    assert rows[0] == rows[1]


SAID = st.builds(
    Said,
    st.sampled_from(["", "1", "2"]),
    st.sampled_from([None, 1_000, 9_000]),
    st.sampled_from([None, 60]),
    st.booleans(),
)
STATEMENTS = st.tuples(
    st.integers(1, 6), st.sampled_from(["reading", "event", "registration"]), st.sampled_from([5, 9]), st.lists(SAID)
)


@given(st.lists(STATEMENTS, min_size=1, max_size=8), SEEDS)
def test_schedule_is_seen_alike_whatever_was_said_first(
    facts: list[tuple[int, Any, int, list[Said]]], seed: int
) -> None:
    """A run sees what was said around its end, however long ago that arrived."""
    seen = []
    for order in (facts, disturbed(facts, seed)):
        row = Schedule()
        for hours, source, zoom_type, dates in order:
            at_ms = hours * 3_600_000
            if source == "reading":
                row.read(at_ms, zoom_type, 60, dates)
            else:
                row.hear(at_ms, source, zoom_type, dates)
            row = Schedule.from_bytes(row.to_bytes())
        seen.append([row.entries(5_000, end) for end in (None, 0, 9_000, 10_800, 16_000, 90_000)])
    assert seen[0] == seen[1]
