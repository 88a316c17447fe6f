"""Effects and the clock in a real worker: they work from confirmed rows, so they survive whatever ends the worker."""

from __future__ import annotations

import time
from typing import Any

from tests.support.engine import Lab, LabWorker, produce_events, stored
from tests.support.engine_rules import DUE_TABLE, PENDING
from tests.support.processes import eventually


def errands(first: int, count: int) -> list[tuple[str, dict[str, Any]]]:
    """Events of many keys."""
    return [(f"m{number % 31}", {"i": number}) for number in range(first, first + count)]


async def until_done(lab: Lab, worker: LabWorker, numbers: set[int]) -> None:
    """Wait until the outcome of every errand is put out."""

    async def all_of_them() -> bool:
        return {event["i"] for event in await lab.read(lab.output)} >= numbers

    await eventually(all_of_them, timeout_seconds=90, what="all errands are done", tell=worker.process.describe)


def noted(lab: Lab, what: str) -> list[dict[str, Any]]:
    """The journal's lines of one kind."""
    return [line for line in lab.journal() if what in line]


async def test_effect_loads_what_was_pending_and_hears_of_applied_rows(lab: Lab) -> None:
    """Pending rows of a killed worker are loaded by the next one; new ones reach the pump once they are confirmed."""
    await lab.create_topics()
    await produce_events(lab, errands(0, 300))
    held = lab.worker(rule="errands-held")
    await lab.until_acknowledged(held)
    assert sum(line["rows"] for line in noted(lab, "applied")) == 300
    held.process.kill()

    worker = lab.worker(rule="errands")
    await until_done(lab, worker, set(range(300)))
    assert sum(line["rows"] for line in noted(lab, "load")) == 300, "loaded once, by the second worker"
    await produce_events(lab, errands(300, 100))
    await until_done(lab, worker, set(range(400)))
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    assert list(stored(worker, PENDING)) == []


async def test_rows_that_go_by_in_a_recovery_are_read_again(lab: Lab) -> None:
    """As Faust drops what it has fetched when partitions change hands: without them the recovery would never end."""
    await lab.create_topics()
    await produce_events(lab, errands(0, 300))
    held = lab.worker(rule="errands-held")
    await lab.until_acknowledged(held)
    held.process.kill()

    worker = lab.worker(data="other", rule="errands", drops_recovered=3)
    await until_done(lab, worker, set(range(300)))
    assert "changelogs read again" in worker.process.output()
    assert worker.process.terminate() == 0, worker.process.describe()


async def test_effect_follows_its_partitions_in_a_rebalance(lab: Lab) -> None:
    """Another worker comes: what it gets is revoked here and loaded there, with the pending rows."""
    await lab.create_topics()
    await produce_events(lab, errands(0, 200))
    held = lab.worker(data="held", rule="errands-held")
    await lab.until_acknowledged(held)
    loaded_before = len(noted(lab, "load"))
    worker = lab.worker(data="other", rule="errands")
    await worker.until_ready()
    await held.until_ready()

    async def loaded_anew() -> bool:
        return sorted(line["load"] for line in noted(lab, "load")[loaded_before:]) == list(range(6))

    await eventually(loaded_anew, what="each partition is loaded once more", tell=held.process.describe)
    assert {line["revoke"] for line in noted(lab, "revoke")} == set(range(6))

    assert held.process.terminate() == 0, held.process.describe()
    await until_done(lab, worker, set(range(200)))
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()


async def test_clock_fires_after_a_restart_but_not_before_the_backlog_is_handled(lab: Lab) -> None:
    """A reminder came due while no clock ran: it fires from the table, when all facts that waited are known."""
    await lab.create_topics()
    await produce_events(lab, [("m", {"i": 1, "due_ms": int(time.time() * 1000)})])
    worker = lab.worker(rule="reminders-held")
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    await produce_events(lab, [("m", {"fact": number}) for number in range(600)])
    worker = lab.worker(rule="reminders", slow_seconds=0.001, max_records=20)
    await lab.until_outputs(worker, 0)
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    assert await lab.read(lab.output) == [{"schema_version": 1, "fired": 1, "facts": 600}]
    assert not [key for key, _value in stored(worker, DUE_TABLE) if key.startswith(b"due|")]
