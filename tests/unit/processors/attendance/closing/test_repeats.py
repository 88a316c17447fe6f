"""What reaches the rule twice, or late: its own messages, and pages of answers."""

from __future__ import annotations

from random import Random

from schemas.topics import LOOKUP_RESULTS, TICKS
from tests.support.scattered import Scattered
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import Example, address, seconds


def told_by(lines: str) -> Example:
    """Facts in the words of the worked examples."""
    example = Example()
    for line in lines.splitlines():
        example.read(line)
    return example


def test_continuation_that_comes_again_does_not_wait_less() -> None:
    """Zoom has not said yet whose the addresses are; one of them is a colleague's."""
    example = told_by("meeting\ncolleague tom\nrun A 10:00-11:00\nana in A 10:00-11:00\ntom in A 10:00-11:00")
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), example.zoom(), step=1)
    pipeline.held_back = frozenset({"identities"})
    pipeline.now_ms = seconds("11:00:02") * 1_000
    pipeline.feed(example.bodies)
    pipeline.settle(hours=1)
    continuations = [output.value or b"" for output in pipeline.sent[TICKS.name]]
    assert continuations
    for _time in range(5):
        pipeline.repeat(TICKS.name, continuations)
    assert pipeline.facts == []
    pipeline.let_through("identities")
    pipeline.settle(hours=1)
    assert {fact.email for fact in pipeline.facts} == {address("ana")}


def test_page_of_an_earlier_reading_that_comes_again_is_no_part_of_the_next() -> None:
    """Zoom's first report had a row that the one that settles has not."""
    lines = "meeting\nrun A 10:00-11:00\nana in A 10:00-10:40\nreading A: ana 10:00-10:10, bo 10:00-10:50"
    example = told_by(f"{lines}\nreport A: ana 10:00-10:40")
    pipeline = Scattered(example.zoom(), {"report_checks": ["5m", "15m"]}, None)
    pipeline.now_ms = seconds("11:00:02") * 1_000
    pipeline.feed(example.bodies)
    for hours in (0.1, 0.0, 1.0, 1.0):
        pipeline.settle(hours=hours)
        pipeline.come_to_rest(Random(0))
        pages = [value for topic, value in pipeline.handed_over if topic == LOOKUP_RESULTS.name]
        pipeline.repeat(LOOKUP_RESULTS.name, [page for page in pages if b'"lookup":"report"' in page][:1])
    (result,) = pipeline.results.values()
    assert (result.email, result.attended_seconds, result.joins, result.is_final) == (address("ana"), 2_400, 1, True)
    assert pipeline.summaries["A"].counts.only_webhooks == 0
