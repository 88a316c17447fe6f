"""Webhooks, answers, clock ticks and restarts in any order: the same records at the end, and nothing wrong in between.

A world is played by hypothesis event by event. What comes of it is compared with the same world played in Zoom's order,
and with the truth, which shares no code with the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from sandbox.simulator.simulation import simulate_webinar
from sandbox.simulator.world import Chaos
from sandbox.truth import Rules, Truth, truth_of
from sandbox.truth.comparison import NOTHING_HELD, Mismatch, compare
from sandbox.zoom.state import ZoomState
from schemas.attendance import Registration, Result
from schemas.codec import contact_id
from schemas.instants import parse_instant
from schemas.sessions import SessionSummary
from tests.support.chaos import held_by_brevo
from tests.support.dense_world import FORMER, dense_world
from tests.support.scattered import Scattered
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import address

STARTS_AT = 1_786_543_200
SETTLE_MS = 120_000
SESSIONS: dict[str, object] = {"report_checks": ["5m", "15m", "60m", "4h"], "settle": f"{SETTLE_MS // 1_000}s"}
WORLDS: tuple[tuple[Chaos, ...], ...] = (
    ("rehearsal", "lost-left"),
    ("reopen", "multi-device", "report-missing"),
    ("line-break", "phone-legs", "report-anonymous"),
    ("recurring", "early-doors"),
    ("moved-occurrence", "stray-run", "dup"),
    (),
)
"""What the simulator plays; of the last one see `dense_world`."""
DENSE = len(WORLDS) - 1
VARIES = {"revision", "judged_at"}
"""Depends on when facts arrived, which is no part of "the same"."""
SEEDS = st.integers(0, 2**32)


@dataclass(frozen=True)
class Known:
    """A small world, and what is known of it without the rules."""

    bodies: list[bytes]
    zoom: ZoomState
    last_ms: int
    """When the last of its events happened."""
    truth: Truth
    wanted: dict[str, bytes]
    """What comes of it in Zoom's order: see `content`."""
    begins: dict[str, int]
    """T by occurrence id (empty for a webinar with one date), seconds."""
    duration: int
    """D, seconds."""
    emails: dict[str, str]
    """By registrant id."""
    synced: frozenset[str]
    """Addresses that may be told of."""


@cache
def known(number: int, seed: int) -> Known:
    """One of a few worlds."""
    if number == DENSE:
        bodies, zoom = dense_world()
    else:
        world = simulate_webinar(8, seed, frozenset(WORLDS[number]), starts_at=STARTS_AT)
        bodies, zoom = [delivery.body for delivery in world.deliveries], world.zoom
    (session,) = zoom.sessions
    last_ms = max(orjson.loads(body)["event_ts"] for body in bodies)
    pipeline = Pipeline(configuration(sessions=SESSIONS), zoom)
    pipeline.now_ms = last_ms + 1_000
    pipeline.feed(bodies)
    pipeline.settle()
    truth = truth_of(bodies, zoom, Rules(use_report=True))
    dates = session.details.get("occurrences") or [session.details]
    emails = {str(registrant["id"]): str(registrant["email"]).lower() for registrant in session.registrants}
    return Known(
        bodies=bodies,
        zoom=zoom,
        last_ms=last_ms,
        truth=truth,
        wanted=content(pipeline),
        begins={str(date.get("occurrence_id", "")): parse_instant(date["start_time"]) or 0 for date in dates},
        duration=60 * int(session.details["duration"]),
        emails=emails,
        synced=FORMER.union(truth.contacts, _made_panelists(bodies, emails)),
    )


def _made_panelists(bodies: list[bytes], emails: dict[str, str]) -> set[str]:
    """Addresses of those whom only a change of roles leaves out: they may be told of before that is known."""
    events = [orjson.loads(body) for body in bodies]
    changed = [event["payload"]["object"]["participant"] for event in events if "role_changed" in event["event"]]
    return {emails.get(str(row.get("registrant_id")), str(row.get("email")).lower()) for row in changed}


def content(pipeline: Pipeline) -> dict[str, bytes]:
    """Everything that stands, byte for byte but for what varies."""
    standing: list[Result | Registration | SessionSummary] = [*pipeline.results.values()]
    standing += [*pipeline.registrations.values(), *pipeline.summaries.values()]
    return {
        _name(message): orjson.dumps(orjson.loads(message.model_dump_json(exclude=VARIES)), option=orjson.OPT_SORT_KEYS)
        for message in standing
    }


def _name(record: Result | Registration | SessionSummary) -> str:
    if isinstance(record, SessionSummary):
        return f"session {record.session_uuid}"
    subject = record.registrant_id if isinstance(record, Registration) else record.session_uuid
    return f"{record.kind} {subject} {record.email}"


def judged(truth: Truth) -> dict[tuple[str, str], tuple[str, int, int]]:
    """(status, seconds attended, live time) by session and address, as the naive computation has it."""
    return {
        (session.session_uuid, email): (
            person.presence.status,
            person.presence.attended_seconds,
            session.length_seconds,
        )
        for session in truth.sessions
        for email, person in session.people.items()
    }


class AnyOrder(RuleBasedStateMachine):
    """Records one by one from anywhere, some twice, between whatever else may happen."""

    @initialize(
        number=st.sampled_from([*range(len(WORLDS)), *[DENSE] * (len(WORLDS) - 1)]),
        seed=st.integers(0, 3),
        begins=st.sampled_from([None, -20, 15, 50, 70]),
        step=st.sampled_from([None, 1, 3]),
        order=SEEDS,
    )
    def begin(self, number: int, seed: int, begins: int | None, step: int | None, order: int) -> None:
        """Choose a world, when the worker hears of it (minutes from T on), and how little it does at once."""
        self.known = known(number, 0 if number == DENSE else seed)
        self.pipeline = Scattered(self.known.zoom, SESSIONS, step)
        # What Zoom answers here does not change with time, so a date that was moved is asked about after that.
        if begins is None or "moved-occurrence" in WORLDS[number]:
            self.pipeline.now_ms = self.known.last_ms + 1_000
        else:
            starts = sorted(self.known.begins.values()) if number == DENSE else [STARTS_AT]
            self.pipeline.now_ms = (starts[seed % len(starts)] + 60 * begins) * 1_000
        self.random = Random(order)
        self.waiting = self.random.sample(self.known.bodies, len(self.known.bodies))
        self.sent: list[bytes] = []
        self.came: set[tuple[str, str]] = set()
        """(run, contact) of joins that were received."""
        self.learned: dict[str, int] = {}
        """When the end of a run was learned, by uuid."""
        self.revisions: dict[str, int] = {}
        self.looked_at = 0

    @precondition(lambda self: self.waiting)
    @rule(count=st.integers(1, 50))
    def deliver(self, count: int) -> None:
        """The next webhooks, from anywhere in Zoom's order."""
        for body in self.waiting[:count]:
            self._receive(body)
        del self.waiting[:count]

    def _receive(self, body: bytes) -> None:
        self.sent.append(body)
        event = orjson.loads(body)
        item = event["payload"]["object"]
        if event["event"] == "webinar.ended":
            self.learned.setdefault(item["uuid"], self.pipeline.now_ms)
        self.pipeline.feed([body])
        if event["event"] == "webinar.participant_joined" and (who := self._contact(item["participant"])):
            self.came.add((item["uuid"], who))

    def _contact(self, participant: dict[str, Any]) -> str | None:
        email = self.known.emails.get(participant.get("registrant_id") or "") or participant.get("email")
        return contact_id(email.lower()) if email else None

    @precondition(lambda self: self.sent)
    @rule(count=st.integers(1, 20))
    def deliver_again(self, count: int) -> None:
        """Repeats of webhooks."""
        self.pipeline.feed(self.random.choices(self.sent, k=count))

    @precondition(lambda self: self.pipeline.under_way)
    @rule(count=st.integers(1, 30))
    def hand_over(self, count: int) -> None:
        """Pages of answers, and what the rule sent to itself, from anywhere."""
        for _ in range(count):
            if self.pipeline.under_way:
                self.pipeline.hand_over(self.random)

    @precondition(lambda self: self.pipeline.handed_over)
    @rule(count=st.integers(1, 20))
    def hand_over_again(self, count: int) -> None:
        """Repeats of these."""
        for _ in range(count):
            self.pipeline.hand_over_again(self.random)

    @rule(minutes=st.sampled_from([0.5, 1, 6, 20]))
    def let_time_pass(self, minutes: float) -> None:
        """Clock ticks, each at its time."""
        self.pipeline.settle(hours=minutes / 60)

    @rule(minutes=st.sampled_from([1, 6]))
    def stand_still(self, minutes: int) -> None:
        """No worker runs for a while: what is due comes late."""
        self.pipeline.now_ms += minutes * 60_000
        self.pipeline.restart()

    @rule()
    def restart(self) -> None:
        """Of the worker: what it knew is in its tables."""
        self.pipeline.restart()

    @invariant()
    def nothing_wrong_is_told(self) -> None:
        """Whatever is published stands up to what is known without the rules."""
        if not hasattr(self, "pipeline"):
            return
        for result in self._new_results():
            if result.retracted:
                continue
            assert result.email in self.known.synced, "an own user, or an address that is nobody's"
            assert sum(end - start for start, end in result.intervals) == result.attended_seconds
            assert result.attended_seconds <= result.length_seconds, "more than the live time"
            assert (result.late_seconds is None) == (result.attendance_status == "no_show")
            # A run outside every date's window belongs to none.
            begins = self.known.begins[result.scheduled.occurrence_id or ""] if result.scheduled else 0
            assert self.pipeline.now_ms >= 1_000 * begins, "told before it began"
            if result.attendance_status == "no_show":
                assert result.is_final
                assert self.pipeline.now_ms >= 1_000 * (begins + self.known.duration), "a no-show before T + D"
                assert not {(uuid, result.contact_id) for uuid in result.given} & self.came, "who came stayed away"

    def _new_results(self) -> Iterator[Result]:
        facts = self.pipeline.facts
        new, self.looked_at = facts[self.looked_at :], len(facts)
        for fact in new:
            if isinstance(fact, Result | Registration):
                key = _name(fact)
                assert fact.revision > self.revisions.get(key, 0), "a revision that does not grow"
                if isinstance(fact, Result) and key not in self.revisions:
                    learned = [self.learned[uuid] for uuid in fact.given if uuid in self.learned]
                    assert all(self.pipeline.now_ms >= at_ms + SETTLE_MS for at_ms in learned), "told before `settle`"
                self.revisions[key] = fact.revision
            if isinstance(fact, Result):
                yield fact

    @override
    def teardown(self) -> None:
        """Everything arrives in the end; then it is as in any other order, and as the truth says."""
        if not hasattr(self, "pipeline"):
            return
        self.deliver(len(self.waiting))
        for minutes in (0, 2, 30, 60, 14 * 60):
            self.pipeline.settle(hours=minutes / 60)
            self.pipeline.come_to_rest(self.random)
            self.nothing_wrong_is_told()
        assert content(self.pipeline) == self.known.wanted
        results = self.pipeline.results.values()
        told = {
            (result.session_uuid, result.email): (
                result.attendance_status,
                result.attended_seconds,
                result.length_seconds,
            )
            for result in results
        }
        assert told == judged(self.known.truth)
        found = compare(self.known.truth, held_by_brevo(self.pipeline))
        assert [mismatch for mismatch in found if not self._is_left_over(mismatch)] == []

    def _is_left_over(self, mismatch: Mismatch) -> bool:
        """Whether it is of what was told while facts were missing, and what Brevo is never asked to take back."""
        if mismatch.field.startswith("event ") or mismatch.email in FORMER:
            return True
        # An attribute for which nothing stands any more stays (attendance.md 8).
        retracted = {fact.email for fact in self.pipeline.facts if isinstance(fact, Result) and fact.retracted}
        standing = {result.email for result in self.pipeline.results.values()}
        return mismatch.wanted == NOTHING_HELD and mismatch.email in retracted - standing


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_result_that_was_told_of_half_the_facts_leaves_attributes_and_nothing_else() -> None:
    """A result for the only minute that is known of a run at first, and that is retracted: Brevo takes nothing back."""
    order = AnyOrder()
    order.begin(number=DENSE, seed=0, begins=None, step=None, order=34)
    order.deliver(count=30)
    order.stand_still(minutes=6)
    order.hand_over(count=19)
    order.deliver(count=4)
    order.hand_over(count=20)
    order.nothing_wrong_is_told()
    order.teardown()
    facts = [fact for fact in order.pipeline.facts if isinstance(fact, Result) and fact.email == address("bo")]
    assert [(fact.attended_seconds, fact.retracted) for fact in facts] == [(60, False), (0, True)]


def test_worlds_of_this_page_differ() -> None:
    """A property over worlds in which nothing happens shows nothing."""
    assert len({frozenset(known(number, 0).wanted.items()) for number in range(len(WORLDS))}) == len(WORLDS)
