"""The decay sweep as the rule does it: who is written, in which steps, and that facts after it do not lift a score."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engagement.row_bytes import decode_rows, encode_head, head_key
from processors.engagement.state import Head
from processors.engagement.sweep import EPOCH, STEP_ROWS, SWEEP_KEY, Sweep, decode_sweep
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Output
from runtime.models import Configuration
from sandbox.truth.rules import Rules
from sandbox.truth.scores import DatedScore, contact_score, tier
from schemas.attendance import Notice, Recording, Registration, Result
from schemas.brevo import BREVO_COMMAND, UpsertContact
from schemas.codec import contact_id, pack
from schemas.engagement import ContactScore
from schemas.errors import DeadLetterError
from schemas.ticks import SweepTick
from schemas.topics import BREVO_COMMANDS_BULK, ENGAGEMENT_SCORES, ENGAGEMENT_TICKS
from tests.support.contact_facts import (
    CONTACT,
    EMAIL,
    STARTED_AT,
    configuration,
    no_show,
    records,
    registration,
    result,
)
from tests.support.rules import record, run

Fact = Registration | Result | Recording | Notice
SWEPT = configuration(scoring={"decay_sweep": "03:30"})
ENDED_ON = STARTED_AT.date()


class Partition:
    """One partition's table; what the rule sends to itself waits in `waiting`."""

    def __init__(self, settings: Configuration = SWEPT) -> None:
        self.rule = ScoreEngagement(settings)
        self.store = MemoryStore()
        self.waiting: list[Output] = []

    def take(self, *facts: Fact) -> list[Output]:
        """Outputs of these facts."""
        return run(self.rule, records(*facts), {ENGAGEMENT_TABLE: self.store})

    def tick(self, days: int, step: int = 0) -> list[Output]:
        """Outputs of one message about the sweep of so many days after the session, less those to the rule itself."""
        return self._handle(SweepTick(day=day_after(days), step=step).to_bytes())

    def sweep(self, days: int) -> list[Output]:
        """Outputs of a whole sweep."""
        outputs = self.tick(days)
        while self.waiting:
            outputs += self.go_on()
        return outputs

    def go_on(self) -> list[Output]:
        """Outputs of the next step."""
        return self._handle(self.waiting.pop(0).value)

    @property
    def row(self) -> Sweep:
        """How far the sweep is."""
        return decode_sweep(self.store.rows[SWEEP_KEY])

    def _handle(self, value: bytes | None) -> list[Output]:
        outputs = run(self.rule, [record(ENGAGEMENT_TICKS.name, value)], {ENGAGEMENT_TABLE: self.store})
        self.waiting += [output for output in outputs if output.topic == ENGAGEMENT_TICKS.name]
        return [output for output in outputs if output.topic != ENGAGEMENT_TICKS.name]


def day_after(days: int) -> date:
    """So many days after the session of `result()`."""
    return ENDED_ON + timedelta(days=days)


def scores(outputs: list[Output]) -> list[ContactScore]:
    """The scores among outputs."""
    return [
        ContactScore.from_bytes(output.value or b"") for output in outputs if output.topic == ENGAGEMENT_SCORES.name
    ]


def person(number: int) -> dict[str, Any]:
    """Who a fact is about."""
    email = f"person{number}@example.com"
    return {"contact_id": contact_id(email), "email": email}


def test_sweep_worked_example_writes_41_warm_with_bulk_priority() -> None:
    """Half a half life later than 82: one score, one upsert with bulk priority, no event; revisions go on."""
    partition = Partition()
    partition.take(registration(), result())
    outputs = partition.sweep(90)
    assert [output.topic for output in outputs] == [ENGAGEMENT_SCORES.name, BREVO_COMMANDS_BULK.name]
    assert {output.key for output in outputs} == {CONTACT.encode()}
    [score] = scores(outputs)
    assert (score.contact_score, score.tier, score.reference_date) == (41, "warm", day_after(90))
    upsert = BREVO_COMMAND.validate_json(outputs[1].value or b"")
    assert isinstance(upsert, UpsertContact)
    assert (upsert.attributes["ENGAGEMENT_SCORE"].value, upsert.attributes["ENGAGEMENT_TIER"].value) == (41, "warm")
    assert (upsert.reason, upsert.origin, upsert.session, upsert.lists) == ("decay", "live", None, (16, 17))
    assert upsert.occurred_at == datetime(2026, 11, 10, 3, 30, tzinfo=UTC)
    assert upsert.revision == score.revision + 1


@pytest.mark.parametrize(
    ("attended_seconds", "days", "written"),
    [
        (3300, 7, None),  # 82 is 78 by then
        (3300, 8, (77, "hot")),
        (2670, 6, None),  # 70 is 67, which is hot still
        (2670, 7, (66, "warm")),
        (3300, 0, None),
        (3300, -30, None),
        (3300, 731, (0, "cold")),  # forgotten
    ],
)
def test_sweep_writes_from_a_fall_of_5_or_another_tier_on(
    attended_seconds: int, days: int, written: tuple[int, str] | None
) -> None:
    """Whoever has fallen less is not written, and no row of them changes."""
    partition = Partition()
    partition.take(result(attended_seconds=attended_seconds))
    before = dict(partition.store.rows)
    found = scores(partition.sweep(days))
    assert [(score.contact_score, score.tier) for score in found] == ([written] if written else [])
    assert (before.items() <= partition.store.rows.items()) == (written is None)


def test_sweep_every_day_counts_the_fall_from_what_was_written_last() -> None:
    """Small falls add up: the score is written on the first day that is 5 below what Brevo has."""
    partition = Partition()
    partition.take(result())
    written = [(day, score.contact_score) for day in range(1, 17) for score in scores(partition.sweep(day))]
    assert written == [(8, 77), (16, 72)]


@pytest.mark.parametrize(
    "facts",
    [
        [registration()],
        [result(), result(revision=2, retracted=True)],
        [no_show()],
    ],
)
def test_sweep_contact_without_a_score_to_lose_is_left_alone(facts: list[Fact]) -> None:
    """No result, none that stands, or 0 already."""
    partition = Partition()
    partition.take(*facts)
    assert partition.sweep(90) == []


def test_sweep_excluded_domain_is_left_alone() -> None:
    """Who is filtered out by now is not written any more."""
    partition = Partition()
    partition.take(result())
    excluded = configuration(scoring={"decay_sweep": "03:30"}, filters={"exclude_domains": ["Example.com"]})
    partition.rule = ScoreEngagement(excluded)
    assert partition.sweep(90) == []


def test_sweep_switched_off_ignores_what_is_left_of_it() -> None:
    """A message of before does nothing, and leaves no row."""
    partition = Partition(configuration())
    partition.take(result())
    before = dict(partition.store.rows)
    assert partition.sweep(90) == []
    assert partition.store.rows == before


def test_head_without_a_sweep_is_written_down_as_ever() -> None:
    """Rows of an installation without sweeps stay as they are, byte for byte; with one the day is kept."""
    head = Head(7, EMAIL, "a", "b", (3,))
    assert encode_head(head) == pack([7, EMAIL, "a", "b", [3]])
    for written in (head, head._replace(swept_day=20_000)):
        stored = [(head_key(CONTACT), encode_head(written))]
        assert decode_rows(CONTACT, stored).head == written


def test_fact_after_the_sweep_does_not_lift_the_score() -> None:
    """The same facts again send nothing; a correction is scored at the swept day; newer sessions at their own."""
    partition = Partition()
    partition.take(result())
    partition.sweep(90)
    assert partition.take(result(), result(revision=2)) == []
    [corrected] = scores(partition.take(result(revision=3, attended_seconds=3600, attendance_status="attended")))
    assert (corrected.contact_score, corrected.reference_date) == (50, day_after(90))
    [newer] = scores(partition.take(result("s2==", days=100)))
    assert newer.reference_date == day_after(100)


HISTORY = st.lists(st.tuples(st.integers(0, 250), st.integers(0, 3600)), min_size=2, max_size=6)


@given(history=HISTORY, before=st.integers(1, 5), swept=st.integers(0, 300), order=st.randoms())
def test_fact_after_the_sweep_gives_the_truth_at_the_swept_day(
    history: list[tuple[int, int]], before: int, swept: int, order: Any
) -> None:
    """Whatever came before and after a sweep that wrote: the score is that of all facts, at its day if it is later."""
    facts = [
        result(f"s{number}", days=days, attended_seconds=attended) for number, (days, attended) in enumerate(history)
    ]
    order.shuffle(facts)
    partition = Partition()
    outputs = partition.take(*facts[:before])
    written = partition.sweep(swept)
    outputs += written + partition.take(*facts[before:])
    last = scores(outputs)[-1]
    scored = [DatedScore(session.score, session.ended_at.date()) for session in last.sessions]
    assert len(scored) == len(facts)
    swept_on = day_after(swept) if written and day_after(swept) > scored[-1].ended_on else None
    assert last.contact_score == contact_score(scored, swept_on or scored[-1].ended_on, Rules())
    assert last.tier == tier(scored, Rules(), swept_on)


def people_with_scores(people: int, settings: Configuration = SWEPT) -> Partition:
    """A partition where so many people have two rows each, and a session has one that is no contact's."""
    partition = Partition(settings)
    partition.take(*(result(**person(number)) for number in range(people)))
    partition.store.apply({b"session-95204914252|w|abc123|s1==": b"campaign"})
    return partition


def test_sweep_many_contacts_takes_bounded_steps() -> None:
    """A step ends after so many rows and asks for the next by a message keyed by a contact of the partition."""
    people = STEP_ROWS + 10
    partition = people_with_scores(people)
    everybody = {person(number)["contact_id"] for number in range(people)}
    written = [len(scores(partition.tick(90)))]
    while partition.waiting:
        assert partition.waiting[0].partition is None
        assert (partition.waiting[0].key or b"").decode() in everybody
        written.append(len(scores(partition.go_on())))
    assert written == [STEP_ROWS // 2, STEP_ROWS // 2, 10]
    assert partition.row == Sweep((day_after(90) - EPOCH).days, 3, None)


def test_sweep_interrupted_at_every_step_ends_as_without() -> None:
    """Outputs go before state: a step that is lost is done again, with the same outputs, and none is skipped."""
    smooth, rough = people_with_scores(STEP_ROWS + 10), people_with_scores(STEP_ROWS + 10)
    expected = smooth.sweep(90)
    told: list[Output] = []
    pending = [SweepTick(day=day_after(90)).to_bytes()]
    while pending:
        lost = MemoryStore(rough.store.rows)
        ticks = [record(ENGAGEMENT_TICKS.name, pending.pop(0))]
        told += run(ScoreEngagement(SWEPT), ticks, {ENGAGEMENT_TABLE: lost})
        told += run(ScoreEngagement(SWEPT), ticks, {ENGAGEMENT_TABLE: rough.store})
        asked = [output for output in told if output.topic == ENGAGEMENT_TICKS.name]
        told = [output for output in told if output not in asked]
        pending += [output.value or b"" for output in asked]
    assert rough.store.rows == smooth.store.rows
    assert list(dict.fromkeys(told)) == expected
    assert len(told) == 2 * len(expected)


def test_sweep_stale_messages_do_nothing() -> None:
    """The same day again, an earlier day, a step that was done or is not there; a later day begins anew."""
    partition = people_with_scores(STEP_ROWS)
    assert partition.tick(90, step=1) == []
    partition.tick(90)
    [next_step] = partition.waiting
    for days, step in ((90, 0), (89, 0), (90, 2), (91, 1)):
        assert partition.tick(days, step) == []
    assert partition.waiting == [next_step]
    # On the next day those who are written already have not fallen again.
    assert len(scores(partition.tick(91))) == 0
    assert partition.row == Sweep((day_after(91) - EPOCH).days, 1, partition.row.walked)
    assert partition.go_on() == []
    assert len(scores(partition.go_on())) == STEP_ROWS // 2
    assert partition.row.walked is not None


def test_sweep_message_without_a_value_is_a_dead_letter() -> None:
    """It says nothing."""
    with pytest.raises(DeadLetterError, match="without a value"):
        run(ScoreEngagement(SWEPT), [record(ENGAGEMENT_TICKS.name, None)], {ENGAGEMENT_TABLE: MemoryStore()})
