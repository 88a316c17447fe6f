"""Webhooks, answers, clock ticks and restarts in any order: the same records at the end, and nothing wrong in between.

A world is played by hypothesis event by event. What comes of it is compared with the same world played in Zoom's order,
and with the truth, which shares no code with the rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.simulator.simulation import simulate_webinar
from sandbox.simulator.world import Chaos, World
from sandbox.truth import Rules, truth_of
from sandbox.truth.comparison import compare
from schemas.attendance import Result
from schemas.codec import contact_id
from schemas.lookups import LookupKind
from tests.support.chaos import held_by_brevo
from tests.support.tracking import Pipeline, configuration

STARTS_AT = 1_786_543_200
CHECKS = ["5m", "15m", "60m", "4h"]
QUESTIONS: tuple[LookupKind, ...] = ("session", "registrants", "panelists", "identities", "report")
WORLDS: tuple[tuple[Chaos, ...], ...] = (
    ("rehearsal", "lost-left"),
    ("reopen", "multi-device", "report-missing"),
    ("line-break", "phone-legs", "report-anonymous"),
    ("recurring", "early-doors"),
    ("moved-occurrence", "stray-run", "dup"),
)
VARIES = {"revision", "judged_at", "origin"}
"""Depends on when facts arrived, which is no part of "the same"."""


@cache
def world_of(number: int, seed: int) -> World:
    """One of a few small worlds."""
    return simulate_webinar(8, seed, frozenset(WORLDS[number]), starts_at=STARTS_AT)


def pipeline_of(world: World, begins: int | None = None) -> Pipeline:
    """Before anything has arrived.

    Args:
        world: to play.
        begins: minutes after the scheduled start; ``None``: soon after the last event.
    """
    pipeline = Pipeline(configuration(sessions={"report_checks": CHECKS}), world.zoom)
    last_ms = max(orjson.loads(delivery.body)["event_ts"] for delivery in world.deliveries)
    # What Zoom answers here does not change with time, so a date that was moved is asked about after that.
    is_moved = "moved-occurrence" in world.chaos
    pipeline.now_ms = last_ms + 1_000 if begins is None or is_moved else (STARTS_AT + 60 * begins) * 1_000
    return pipeline


@cache
def in_order(number: int, seed: int) -> dict[tuple[str, str], bytes]:
    """What comes of a world in Zoom's order."""
    world = world_of(number, seed)
    pipeline = pipeline_of(world)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    return content(pipeline)


def content(pipeline: Pipeline) -> dict[tuple[str, str], bytes]:
    """The results that stand, byte for byte but for what varies."""
    return {
        key: orjson.dumps(orjson.loads(each.model_dump_json(exclude=VARIES)), option=orjson.OPT_SORT_KEYS)
        for key, each in pipeline.results.items()
    }


def joined(body: bytes, zoom_emails: dict[str, str]) -> str | None:
    """The contact of somebody whom a webhook shows to have joined, if their address is known by then."""
    event = orjson.loads(body)
    if event["event"] != "webinar.participant_joined":
        return None
    participant = event["payload"]["object"]["participant"]
    email = zoom_emails.get(participant.get("registrant_id") or "") or participant.get("email")
    return contact_id(email.lower()) if email else None


def _made_panelists(world: World) -> set[str]:
    """Addresses of those whom only a change of roles leaves out: they may be told of before that is known."""
    (session,) = world.zoom.sessions
    emails = {str(registrant["id"]): str(registrant["email"]) for registrant in session.registrants}
    objects = [orjson.loads(delivery.body) for delivery in world.deliveries]
    changed = [each["payload"]["object"]["participant"] for each in objects if "role_changed" in each["event"]]
    return {emails.get(str(each.get("registrant_id")), str(each.get("email"))).lower() for each in changed}


class AnyOrder(RuleBasedStateMachine):
    """Deliveries one by one from anywhere in the list, some twice, between whatever else may happen."""

    @initialize(
        number=st.integers(0, len(WORLDS) - 1), seed=st.integers(0, 3), begins=st.sampled_from([None, -20, 15, 50])
    )
    def begin(self, number: int, seed: int, begins: int | None) -> None:
        """Choose a world, and when the worker hears of it."""
        self.number, self.seed, self.world = number, seed, world_of(number, seed)
        self.pipeline = pipeline_of(self.world, begins)
        self.truth = truth_of(
            [delivery.body for delivery in self.world.deliveries], self.world.zoom, Rules(use_report=True)
        )
        self.known = {*self.truth.contacts, *_made_panelists(self.world)}
        self.waiting = [delivery.body for delivery in self.world.deliveries]
        self.sent: list[bytes] = []
        self.came: set[tuple[str, str]] = set()
        """(run, contact) of joins that were received."""
        self.looked_at = 0
        (session,) = self.world.zoom.sessions
        self.emails = {str(registrant["id"]): str(registrant["email"]) for registrant in session.registrants}

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), count=st.integers(1, 120))
    def deliver(self, data: st.DataObject, count: int) -> None:
        """The next deliveries, from anywhere."""
        for _ in range(min(count, len(self.waiting))):
            body = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
            self.sent.append(body)
            self.pipeline.feed([body])
            if (contact := joined(body, self.emails)) is not None:
                self.came.add((orjson.loads(body)["payload"]["object"]["uuid"], contact))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        """A repeat."""
        self.pipeline.feed([data.draw(st.sampled_from(self.sent))])

    @rule(minutes=st.sampled_from([0.5, 1, 6, 20]))
    def let_time_pass(self, minutes: float) -> None:
        """Clock ticks, and whatever is due."""
        self.pipeline.settle(hours=minutes / 60)

    @rule()
    def restart(self) -> None:
        """Of the worker: what it knew is in its tables."""
        self.pipeline.restart()

    @rule(question=st.sampled_from(QUESTIONS))
    def hold_back(self, question: LookupKind) -> None:
        """Zoom does not answer for a while."""
        self.pipeline.held_back |= {question}

    @rule(question=st.sampled_from(QUESTIONS))
    def answer(self, question: LookupKind) -> None:
        """Zoom answers, whatever was asked meanwhile."""
        self.pipeline.let_through(question)

    @invariant()
    def nothing_wrong_was_told(self) -> None:
        """Nobody who joined stayed away, no no-show comes before its time, no seconds lie beyond the live time."""
        if not hasattr(self, "pipeline"):
            return
        facts = self.pipeline.facts
        for result in self._new_results(facts):
            assert result.retracted or result.email in self.known, "an own user, or an address that is nobody's"
            assert result.attended_seconds <= result.length_seconds
            assert sum(end - start for start, end in result.intervals) == result.attended_seconds
            if result.attendance_status != "no_show" or result.retracted:
                continue
            assert result.is_final
            assert result.scheduled is not None
            over = result.scheduled.starts_at.timestamp() + result.scheduled.duration_seconds
            assert self.pipeline.now_ms / 1_000 >= over
            assert not {(uuid, result.contact_id) for uuid in result.given} & self.came

    def _new_results(self, facts: list[Any]) -> Iterator[Result]:
        new, self.looked_at = facts[self.looked_at :], len(facts)
        yield from (each for each in new if isinstance(each, Result))

    def teardown(self) -> None:
        """Everything arrives in the end; then it is as in any other order, and as the truth says."""
        if not hasattr(self, "pipeline"):
            return
        self.pipeline.feed(self.waiting)
        for question in QUESTIONS:
            self.pipeline.let_through(question)
        for minutes in (2, 30, 60, 14 * 60):
            self.pipeline.settle(hours=minutes / 60)
            self.nothing_wrong_was_told()
        assert content(self.pipeline) == in_order(self.number, self.seed)
        events = "event "  # which are told as facts come, and never taken back
        found = [
            each for each in compare(self.truth, held_by_brevo(self.pipeline)) if not each.field.startswith(events)
        ]
        assert [each for each in found if not each.field.startswith(events)] == []


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=40, stateful_step_count=14, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_worlds_of_this_page_differ() -> None:
    """A property over worlds in which nothing happens shows nothing."""
    seen = {hashlib.sha256(b"".join(in_order(number, 0).values())).hexdigest() for number in range(len(WORLDS))}
    assert len(seen) == len(WORLDS)
