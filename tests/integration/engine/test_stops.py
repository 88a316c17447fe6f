"""Workers that stop, come and go in order."""

from __future__ import annotations

import signal

import pytest

from tests.support.engine import Lab
from tests.support.processes import eventually


async def test_worker_terminated_in_mid_backlog_acknowledges_exactly_what_it_put_out(lab: Lab) -> None:
    """SIGTERM: the turn in hand ends, its offsets are committed, exit code 0; the next worker repeats nothing."""
    await lab.create_topics()
    await lab.produce(12_000)
    worker = lab.worker(slow_seconds=0.0002, max_records=100, commit_seconds=5)
    await lab.until_outputs(worker, 1_000)
    assert worker.process.terminate() == 0, worker.process.describe()
    assert await lab.outputs() == await lab.committed() < 12_000

    worker = lab.worker()
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0
    verdict = await lab.verify(worker)
    assert (verdict.repeated_inputs, verdict.repeated_outputs) == (0, 0)


async def test_workers_that_join_and_leave_share_the_work_without_loss(lab: Lab) -> None:
    """A second worker takes partitions under load and gives them back; the first owns all tables at the end."""
    await lab.create_topics()
    await lab.produce(7_000)
    first = lab.worker(data="first", slow_seconds=0.0003, max_records=100)
    await lab.until_outputs(first, 500)
    second = lab.worker(data="second", slow_seconds=0.0003, max_records=100)
    await second.until_ready()
    known = await lab.outputs()
    await lab.produce(1_000)
    await lab.until_outputs(second, known)
    assert second.process.terminate() == 0, second.process.describe()
    await lab.produce(500)  # on every partition: only a worker that has recovered all tables acknowledges them
    await lab.until_acknowledged(first)
    assert first.process.terminate() == 0, first.process.describe()
    await lab.verify(first)


async def test_worker_told_to_stop_in_a_rebalance_that_waits_for_another_stops(lab: Lab) -> None:
    """It waits for nobody who joins late, acknowledges what it put out, and says good-bye: the others go on at once."""
    await lab.create_topics()
    await lab.produce(300)
    first, hung = (lab.worker(data=name, session_seconds=30) for name in ("first", "hung"))
    await first.until_ready()
    await hung.until_ready()
    await lab.until_acknowledged(first)
    hung.process.signal(signal.SIGSTOP)
    third = lab.worker(data="third", session_seconds=30)
    await first.process.until_http(first.readiness_url, status=503)  # the group waits for the one that hangs
    assert first.process.terminate(15) == 0, first.process.describe()
    hung.process.signal(signal.SIGCONT)
    await lab.produce(300)
    await lab.until_acknowledged(third)
    verdict = await lab.verify()
    assert (verdict.repeated_inputs, verdict.repeated_outputs) == (0, 0)


async def test_worker_told_to_stop_while_it_recovers_its_tables_stops(lab: Lab) -> None:
    """However long that would have lasted: nothing was begun that would have to end."""
    await lab.create_topics()
    worker = lab.worker(drops_recovered=1_000_000)

    async def recovers() -> bool:
        return "changelogs read again" in worker.process.output()

    await eventually(recovers, timeout_seconds=90, what="the recovery stands still", tell=worker.process.describe)
    assert worker.process.terminate(20) == 0, worker.process.describe()


@pytest.mark.torture
async def test_workers_that_join_leave_and_die_hand_over_without_loss(lab: Lab) -> None:
    """The second leaves, the third is killed, the fourth takes over from all; its store holds everything."""
    await lab.create_topics()
    await lab.produce(2_000)
    first = lab.worker(data="first", slow_seconds=0.0003, max_records=100)
    await lab.until_acknowledged(first)
    await lab.produce(30_000)
    second = lab.worker(data="second", slow_seconds=0.0003, max_records=100)
    await second.until_ready()
    await lab.until_outputs(second, await lab.outputs() + 500)
    assert second.process.terminate() == 0, second.process.describe()

    await lab.produce(15_000)
    third = lab.worker(data="third", slow_seconds=0.0003, max_records=100)
    await third.until_ready()
    await lab.until_outputs(third, await lab.outputs() + 500)
    third.process.kill()

    fourth = lab.worker(data="fourth")
    await lab.until_acknowledged(first, timeout_seconds=120)
    await fourth.until_ready()
    await lab.produce(3_000)
    await lab.until_acknowledged(fourth)
    assert first.process.terminate() == 0, first.process.describe()
    await lab.produce(500)
    await lab.until_acknowledged(fourth)
    assert fourth.process.terminate() == 0, fourth.process.describe()
    await lab.verify(fourth)


@pytest.mark.torture
async def test_second_worker_on_the_same_data_folder_is_refused(lab: Lab) -> None:
    """Two workers would destroy each other's tables: exit code 2, and what to set."""
    await lab.create_topics()
    first = lab.worker()
    await first.until_ready()
    second = lab.worker()
    assert second.process.wait() == 2
    assert "ROLLCALL_DATA_DIR" in second.process.output()
    assert first.process.exit_code is None


@pytest.mark.torture
@pytest.mark.parametrize("head_start", [300, 1_500])
async def test_worker_that_hung_longer_than_its_session_overwrites_nothing(lab: Lab, head_start: int) -> None:
    """It wakes up in the middle of a turn whose partitions are another's by now: it may repeat outputs, not rows."""
    await lab.create_topics()
    await lab.produce(12_000)
    hung = lab.worker(data="hung", slow_seconds=0.001, max_records=100)
    await lab.until_outputs(hung, head_start)
    hung.process.signal(signal.SIGSTOP)
    other = lab.worker(data="other")
    await lab.until_acknowledged(other)
    await lab.produce(3_000)
    await lab.until_acknowledged(other)
    hung.process.signal(signal.SIGCONT)
    assert hung.process.wait() == 70, hung.process.describe()
    assert "another one owns its partitions" in hung.process.output()
    await lab.produce(200)
    await lab.until_acknowledged(other)
    await other.until_ready()
    assert other.process.terminate() == 0, other.process.describe()
    await lab.verify(other)
