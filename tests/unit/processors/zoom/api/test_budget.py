"""Limits by plan and label, and how they are kept."""

from __future__ import annotations

import asyncio
import fcntl
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from processors.zoom.api.allowance import LIVE_PART
from processors.zoom.api.allowance_file import AllowanceFile
from processors.zoom.api.budget import LONGEST_WAIT_SECONDS, Budget
from processors.zoom.api.limits import CallRate, RateLabel, ZoomPlan, daily_pool, rate
from processors.zoom.api.metrics import LimitMetrics
from runtime.outcome import NoAnswer, Outcome
from schemas.priority import Priority

NOON = 1_786_536_000.0  # 2026-08-12T12:00:00Z


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


def budget(
    clock: Callable[[], float],
    plan: ZoomPlan = "business",
    registry: CollectorRegistry | None = None,
    folder: Path | None = None,
) -> Budget:
    """A budget without jitter."""
    metrics = LimitMetrics(registry or CollectorRegistry())
    return Budget(plan, metrics, AllowanceFile(folder, "acc"), account_id="acc", clock=clock, random=lambda: 0.0)


def file_in(folder: Path) -> Path:
    """The account's file."""
    return next(folder.iterdir())


async def refused(kept: Budget, label: RateLabel, priority: Priority = "live") -> NoAnswer:
    """Why no call may be made."""
    came = await kept.take(label, priority)
    assert came is not None
    assert came.outcome is Outcome.PAUSE
    return came


@pytest.mark.parametrize(
    ("plan", "label", "calls", "seconds"),
    [
        ("free", "light", 4, 1),
        ("free", "medium", 2, 1),
        ("free", "heavy", 1, 1),
        ("free", "resource-intensive", 10, 60),
        ("pro", "light", 30, 1),
        ("pro", "medium", 20, 1),
        ("pro", "heavy", 10, 1),
        ("pro", "resource-intensive", 10, 60),
        ("business", "light", 80, 1),
        ("business", "medium", 60, 1),
        ("business", "heavy", 40, 1),
        ("business", "resource-intensive", 20, 60),
    ],
)
def test_rate_of_plan_and_label_is_zooms(plan: ZoomPlan, label: RateLabel, calls: int, seconds: int) -> None:
    """Zoom's table of rate limits, and that we stay below each."""
    assert rate(plan, label) == CallRate(calls, seconds)
    assert rate(plan, label).interval_seconds * calls > seconds


@pytest.mark.parametrize(("plan", "calls"), [("pro", 30_000), ("business", 60_000)])
def test_daily_pool_of_paid_plans_is_shared_by_the_two_costly_labels(plan: ZoomPlan, calls: int) -> None:
    """Heavy and resource-intensive calls draw on one pool; the others have none."""
    heavy = daily_pool(plan, "heavy")
    assert heavy is not None
    assert heavy.calls == calls
    assert daily_pool(plan, "resource-intensive") == heavy
    assert daily_pool(plan, "light") is None
    assert daily_pool(plan, "medium") is None


async def test_take_while_zoom_told_to_wait_long_says_the_rest_of_the_wait() -> None:
    """A long wait goes back to the caller, who keeps the work; other labels go on."""
    clock = Clock(NOON)
    kept = budget(clock)
    await kept.hold("medium", 3_600)
    clock.now += 600
    assert (await refused(kept, "medium")).after_seconds == 3_000
    assert await kept.take("light", "live") is None


async def test_take_after_the_hold_ended_returns() -> None:
    """A hold ends by itself, and a shorter one does not shorten it."""
    clock = Clock(NOON)
    kept = budget(clock)
    await kept.hold("light", LONGEST_WAIT_SECONDS + 10)
    await kept.hold("light", 1)
    await refused(kept, "light")
    clock.now += LONGEST_WAIT_SECONDS + 10
    assert await kept.take("light", "live") is None


async def test_hold_that_comes_while_others_wait_for_the_pace_holds_them_too() -> None:
    """Zoom's 429 to one call holds all of its label, also those that stand in line for a slot."""
    clock = time.time
    kept = budget(clock, "free")  # heavy: one call in 1.25 s
    assert await kept.take("heavy", "live") is None
    waiting = [asyncio.create_task(kept.take("heavy", "live")) for _ in range(3)]
    await asyncio.sleep(0.05)
    await kept.hold("heavy", LONGEST_WAIT_SECONDS + 10)
    came = await asyncio.gather(*waiting)
    assert all(isinstance(outcome, NoAnswer) for outcome in came)


async def test_take_beyond_the_days_pool_waits_for_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool is ours to keep: Zoom's own refusals count as errors of the app."""
    monkeypatch.setattr(CallRate, "interval_seconds", 0.000_000_1)
    clock = Clock(NOON)
    kept = budget(clock, "free")
    for _ in range(1_000):
        assert await kept.take("heavy", "live") is None
    assert (await refused(kept, "heavy")).after_seconds == 43_200
    clock.now += 43_200
    assert await kept.take("heavy", "live") is None


async def test_bulk_work_leaves_a_part_of_the_day_to_live_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A back-fill of half a year does not keep today's webinar from being read."""
    monkeypatch.setattr(CallRate, "interval_seconds", 0.000_000_1)
    kept = budget(Clock(NOON), "free")
    for _ in range(800):
        assert await kept.take("heavy", "bulk") is None
    assert "bulk" in (await refused(kept, "heavy", "bulk")).says
    for _ in range(round(1_000 * LIVE_PART)):
        assert await kept.take("heavy", "live") is None
    await refused(kept, "heavy")


async def test_processes_of_one_folder_share_pace_day_and_holds(tmp_path: Path) -> None:
    """What a command calls is the worker's too: the limits are the account's."""
    clock = Clock(NOON)
    worker, command = budget(clock, "free", folder=tmp_path), budget(clock, "free", folder=tmp_path)
    began = time.monotonic()
    assert await worker.take("medium", "live") is None
    assert await command.take("medium", "bulk") is None
    assert time.monotonic() - began >= rate("free", "medium").interval_seconds * 0.9
    await command.hold("medium", 3_600)
    assert (await refused(worker, "medium")).after_seconds == 3_600
    assert file_in(tmp_path).stat().st_mode & 0o777 == 0o600


TAKES = """
import asyncio, sys, time
from pathlib import Path
from prometheus_client import CollectorRegistry
from processors.zoom.api.allowance_file import AllowanceFile
from processors.zoom.api.budget import Budget
from processors.zoom.api.metrics import LimitMetrics

async def main():
    kept = Budget("pro", LimitMetrics(CollectorRegistry()), AllowanceFile(Path(sys.argv[1]), "acc"),
                  account_id="acc", clock=time.time, random=lambda: 0.0)
    for _ in range(10):
        assert await kept.take("heavy", "live") is None
        print(time.time())

asyncio.run(main())
"""


async def test_three_real_processes_together_keep_to_one_pace(tmp_path: Path) -> None:
    """No call of theirs is lost between them, and in no second there are more than the plan allows."""
    command = (sys.executable, "-c", TAKES, str(tmp_path))
    started = [await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE) for _ in range(3)]
    outputs = [(await process.communicate())[0] for process in started]
    called = sorted(float(line) for output in outputs for line in output.split())
    assert len(called) == 30
    assert max(sum(at <= instant < at + 1 for instant in called) for at in called) <= rate("pro", "heavy").calls
    async with AllowanceFile(tmp_path, "acc").opened() as kept:
        assert kept.used == {"heavy and resource-intensive": 30}


async def test_day_is_remembered_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that restarts does not begin to count anew."""
    monkeypatch.setattr(CallRate, "interval_seconds", 0.000_000_1)
    clock = Clock(NOON)
    before = budget(clock, "free", folder=tmp_path)
    for _ in range(1_000):
        await before.take("heavy", "live")
    await refused(budget(clock, "free", folder=tmp_path), "heavy")


PACES = (b"[]", b'{"light": 1}', b'{"light": [1]}', b'{"light": ["1", null]}', b'{"light": [1e308, 1e308]}')
"""Fields of a file that are none of ours."""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"day": "x"}',
        *(b'{"day": 1, "paces": %s}' % paces for paces in PACES),
        b'{"day": 1, "used": 1}',
    ],
)
async def test_file_that_is_broken_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    """A crash in the middle of a write costs a day's count, no call."""
    kept = budget(Clock(NOON), folder=tmp_path)
    await kept.take("light", "live")
    file_in(tmp_path).write_bytes(content)
    assert await kept.take("light", "live") is None


async def test_folder_that_cannot_be_written_leaves_each_process_its_own(tmp_path: Path) -> None:
    """A full or read-only disk stops no call."""
    (tmp_path / "taken").write_text("a file where the folder should be")
    assert await budget(Clock(NOON), folder=tmp_path / "taken").take("light", "live") is None


async def test_lock_of_a_process_that_was_stopped_stops_nobody(tmp_path: Path) -> None:
    """Whoever holds it for a second is not about to let go."""
    kept = budget(Clock(NOON), folder=tmp_path)
    await kept.take("light", "live")
    with file_in(tmp_path).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        async with asyncio.timeout(5):
            assert await kept.take("light", "live") is None


async def test_clock_that_is_set_back_does_not_stop_calls() -> None:
    """A slot hours ahead is no slot."""
    clock = Clock(NOON)
    kept = budget(clock)
    await kept.take("light", "live")
    clock.now -= 7_200
    async with asyncio.timeout(5):
        assert await kept.take("light", "live") is None


async def test_figures_show_the_pool_of_the_day_and_begin_anew_at_midnight() -> None:
    """Also when nothing is called after midnight; both labels of the pool count."""
    clock, registry = Clock(NOON), CollectorRegistry()
    shown = budget(clock, "pro", registry)
    pool = {"account": "acc", "pool": "heavy and resource-intensive"}
    assert registry.get_sample_value("rollcall_zoom_daily_limit", pool) == 30_000
    assert registry.get_sample_value("rollcall_zoom_daily_calls", pool) == 0
    await shown.take("heavy", "live")
    await shown.take("resource-intensive", "live")
    await shown.take("light", "live")
    assert registry.get_sample_value("rollcall_zoom_daily_calls", pool) == 2
    clock.now += 12 * 3_600
    assert registry.get_sample_value("rollcall_zoom_daily_calls", pool) == 0


async def test_figures_show_the_rate_that_is_used_and_a_wait_that_zoom_imposed() -> None:
    """Eighty per cent of the plan's, and the seconds that are left."""
    clock, registry = Clock(NOON), CollectorRegistry()
    shown = budget(clock, "business", registry)
    heavy = {"account": "acc", "label": "heavy"}
    assert registry.get_sample_value("rollcall_zoom_rate_limit", heavy) == pytest.approx(32)
    await shown.hold("heavy", 60)
    clock.now += 20
    assert registry.get_sample_value("rollcall_zoom_held_seconds", heavy) == 40
    clock.now += 41
    assert registry.get_sample_value("rollcall_zoom_held_seconds", heavy) == 0
