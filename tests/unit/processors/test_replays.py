"""What both rules make of records that were published again: what was known tells nothing, the rest has a lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
import pytest

from processors.engine.view import Output
from sandbox.simulator import World, simulate_webinar
from schemas.replays import REPLAY_OF, Lineage, ReplayNews, lineage_of
from schemas.topics import ATTENDANCE_RESULTS, BREVO_COMMANDS, BREVO_COMMANDS_BULK, REPLAYS
from tests.support.tracking import Pipeline, configuration

STARTS_AT = 1_786_543_200
LOST = "webinar.participant_joined"
"""Every third of these did not reach the tables."""


@pytest.fixture(scope="module")
def world() -> World:
    """A webinar of people who repeat and cross each other."""
    return simulate_webinar(24, 7, frozenset({"dup", "reorder"}), starts_at=STARTS_AT)


def pipeline(world: World) -> Pipeline:
    """What webhooks say is final."""
    return Pipeline(configuration(sessions={"report_checks": [], "settle": "2m"}), world.zoom)


def replay(pipeline: Pipeline, bodies: Sequence[bytes], lineage: Lineage) -> dict[str, list[Output]]:
    """By topic what came out of it."""
    before = {topic: len(outputs) for topic, outputs in pipeline.sent.items()}
    for number, body in enumerate(bodies):
        original = (REPLAY_OF, f"zoom.events.raw.v1/0/{number}".encode())
        pipeline.feed([body], headers=(*lineage.headers, original))
    pipeline.settle()
    return {
        topic: outputs[before.get(topic, 0) :]
        for topic, outputs in pipeline.sent.items()
        if outputs[before.get(topic, 0) :]
    }


def joins(bodies: Sequence[bytes]) -> list[bytes]:
    """Those that tell of somebody who joined, each once."""
    return [body for body in dict.fromkeys(bodies) if orjson.loads(body)["event"] == LOST]


def lineages(came: Mapping[str, Sequence[Output]]) -> set[Lineage | None]:
    """That these outputs carry."""
    return {lineage_of(output.headers) for outputs in came.values() for output in outputs}


def attendance(pipeline: Pipeline) -> dict[tuple[str, str], tuple[object, ...]]:
    """Who came, and when."""
    return {key: (result.attendance_status, result.intervals) for key, result in pipeline.results.items()}


def test_replay_of_known_facts_says_nothing(world: World) -> None:
    """No news, no fact, no command: a second time is as if it had not been."""
    played = pipeline(world)
    bodies = [delivery.body for delivery in world.deliveries]
    played.feed(bodies)
    played.settle()
    rows = played.rows()
    assert replay(played, bodies, Lineage("again")) == {}
    assert played.rows() == rows


def test_replay_of_what_was_lost_tells_it_with_its_lineage_and_behind_live_work(world: World) -> None:
    """The same results as if nothing had been lost; the news are those of the lost records and of no other."""
    whole, holed = pipeline(world), pipeline(world)
    bodies = [delivery.body for delivery in world.deliveries]
    lost = set(joins(bodies)[::3])
    whole.feed(bodies)
    whole.settle()
    holed.feed([body for body in bodies if body not in lost])
    holed.settle()
    lineage = Lineage("mended")
    came = replay(holed, bodies, lineage)

    news = [ReplayNews.from_bytes(output.value or b"") for output in came.pop(REPLAYS.name)]
    originals = [bodies[int(report.original.rpartition("/")[2])] for report in news]
    assert set(originals) == lost
    assert len(originals) == len(lost), "the second copy of a repeated delivery is no news"
    assert lineages(came) == {lineage}
    assert came[ATTENDANCE_RESULTS.name]
    assert came[BREVO_COMMANDS_BULK.name]
    assert BREVO_COMMANDS.name not in came
    assert attendance(holed) == attendance(whole)
    assert replay(holed, bodies, Lineage("once more")) == {}


def test_replay_into_empty_tables_is_told_to_come_from_a_replay_unless_all_effects_are_wanted(world: World) -> None:
    """So the sink can hold back what is old, also of what follows much later."""
    bodies = [delivery.body for delivery in world.deliveries]
    careful, wanted = pipeline(world), pipeline(world)
    replay(careful, bodies, Lineage("careful"))
    replay(wanted, bodies, Lineage("wanted", re_emit=True))
    assert {fact.origin for fact in careful.facts} == {"replay"}
    assert {fact.origin for fact in wanted.facts} == {"live"}
    assert {command.origin for command in careful.events} == {"replay"}


def test_news_after_a_replay_are_not_the_replays(world: World) -> None:
    """The lineage goes with the work that it is for."""
    bodies = [delivery.body for delivery in world.deliveries]
    lost = joins(bodies)[::3]
    played = pipeline(world)
    played.feed([body for body in bodies if body not in lost])
    played.settle()
    half = len(lost) // 2
    assert replay(played, lost[:half], Lineage("mended"))
    before = len(played.sent[ATTENDANCE_RESULTS.name])
    played.feed(lost[half:])
    played.settle()
    told = played.sent[ATTENDANCE_RESULTS.name][before:]
    assert told
    assert [output for output in told if lineage_of(output.headers) is not None] == []
