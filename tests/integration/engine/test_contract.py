"""What any engine promises to rules and effects, asked of Faust's over a real Kafka and of the one in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.engine_benches import Bench, Event, FaustBench, MemoryBench


@pytest.fixture(params=["faust", "memory"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """An engine without a worker yet."""
    return MemoryBench(tmp_path) if request.param == "memory" else FaustBench(request.getfixturevalue("lab"))


def events(first: int, count: int, **trouble: Any) -> list[Event]:
    """Events with fresh ids, of many keys."""
    return [(f"m{i % 7}", {"i": i, "m": f"m{i % 7}", "p": f"p{i % 3}", **trouble}) for i in range(first, first + count)]


async def test_each_record_is_handled_once_and_its_rows_and_outputs_are_kept(bench: Bench) -> None:
    """What was sent before a worker came, and what comes while it runs."""
    await bench.send(events(0, 50))
    await bench.start("seen-once")
    await bench.send(events(50, 50))
    await bench.settled()
    await bench.end()
    assert sorted(await bench.outputs()) == list(range(100))
    assert sum(value.count(b",") + 1 for value in bench.rows("seen-once").values()) == 100


async def test_record_that_is_handled_again_meets_its_own_rows(bench: Bench) -> None:
    """Rows outlive the worker: a repetition sends nothing."""
    await bench.start("seen-once")
    await bench.send(events(0, 20))
    await bench.settled()
    await bench.start("seen-once")
    await bench.send(events(0, 20))
    await bench.settled()
    assert sorted(await bench.outputs()) == list(range(20))
    assert sum("repeated" in line for line in bench.journal()) == 20


@pytest.mark.parametrize(
    ("trouble", "letters", "sent"),
    [
        ({"poison": True}, 1, 0),
        ({"error": "dead letter"}, 1, 0),
        ({"error": "skip"}, 0, 0),
        ({"error": "retry"}, 0, 1),
        ({"state": 3_500_000}, 1, 0),
    ],
    ids=["unknown", "dead letter", "skip", "retry", "row too large"],
)
async def test_class_of_an_error_says_what_becomes_of_its_record(
    bench: Bench, trouble: dict[str, Any], letters: int, sent: int
) -> None:
    """And of its record alone: nothing that it wrote is kept, and its neighbours are handled."""
    await bench.send([*events(0, 10), *events(10, 1, **trouble), *events(11, 10)])
    await bench.start("seen-once")
    await bench.settled()
    await bench.end()
    outputs = await bench.outputs()
    assert sorted({*outputs} - {10}) == [*range(10), *range(11, 21)]
    assert outputs.count(10) == sent
    dead = await bench.dead_letters()
    assert [event["i"] for event, _headers in dead] == [10] * letters
    for _event, headers in dead:
        assert headers["rollcall-stage"] == b"lab"
        assert headers["rollcall-reason"]
    assert sum(value.count(b",") + 1 for value in bench.rows("seen-once").values()) == 20 + sent


async def test_fatal_error_stops_the_worker_and_its_record_comes_again(bench: Bench) -> None:
    """Unacknowledged: the next worker meets it first, and stops as well."""
    await bench.start("seen-once")
    await bench.send(events(0, 10))
    await bench.settled()
    await bench.send(events(10, 1, error="fatal"))
    assert "going on would lose something" in await bench.stopped()
    await bench.start("seen-once")
    assert "going on would lose something" in await bench.stopped()
    assert sorted(await bench.outputs()) == list(range(10))
    assert await bench.dead_letters() == []


async def test_effect_loads_what_waits_hears_of_rows_and_posts_to_its_own_rule(bench: Bench) -> None:
    """Rows that one worker left are loaded by the next, whose outcomes remove them."""
    await bench.send([(f"m{i % 7}", {"i": i}) for i in range(30)])
    await bench.start("errands-held")
    await bench.settled()
    assert sum(line["rows"] for line in bench.journal() if "applied" in line) == 30
    await bench.start("errands")
    await bench.send([(f"m{i % 7}", {"i": i}) for i in range(30, 40)])

    await bench.settled()
    await bench.end()
    assert sum(line["rows"] for line in bench.journal() if "load" in line) == 30
    assert sorted(await bench.outputs()) == list(range(40))
    assert bench.rows("errands") == {}
