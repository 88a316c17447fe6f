"""Limits by plan and label, and how they are kept."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from processors.zoom.api.budget import LONGEST_WAIT_SECONDS, Budget
from processors.zoom.api.limits import Label, Plan, Rate, daily_pool, rate
from processors.zoom.api.metrics import ZoomMetrics
from schemas.errors import RetryLaterError

NOON = 1_786_536_000.0  # 2026-08-12T12:00:00Z


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


def budget(clock: Clock, plan: Plan = "business", registry: CollectorRegistry | None = None) -> Budget:
    """A budget without jitter."""
    metrics = ZoomMetrics(registry or CollectorRegistry())
    return Budget(plan, metrics, account_id="acc", clock=clock, random=lambda: 0.0)


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
def test_rate_of_plan_and_label_is_zooms(plan: Plan, label: Label, calls: int, seconds: int) -> None:
    """Zoom's table of rate limits, and that we stay below each."""
    assert rate(plan, label) == Rate(calls, seconds)
    assert rate(plan, label).interval_seconds * calls > seconds


@pytest.mark.parametrize(("plan", "calls"), [("pro", 30_000), ("business", 60_000)])
def test_daily_pool_of_paid_plans_is_shared_by_the_two_costly_labels(plan: Plan, calls: int) -> None:
    """Heavy and resource-intensive calls draw on one pool; the others have none."""
    heavy = daily_pool(plan, "heavy")
    assert heavy is not None
    assert heavy.calls == calls
    assert daily_pool(plan, "resource-intensive") == heavy
    assert daily_pool(plan, "light") is None
    assert daily_pool(plan, "medium") is None


async def test_take_while_zoom_told_to_wait_long_raises_with_the_rest_of_the_wait() -> None:
    """A long wait goes back to the caller, who keeps the work; other labels go on."""
    clock = Clock(NOON)
    kept = budget(clock)
    kept.hold("medium", 3_600)
    clock.now += 600
    with pytest.raises(RetryLaterError) as raised:
        await kept.take("medium")
    assert raised.value.after_seconds == 3_000
    await kept.take("light")


async def test_take_after_the_hold_ended_returns() -> None:
    """A hold ends by itself, and a shorter one does not shorten it."""
    clock = Clock(NOON)
    kept = budget(clock)
    kept.hold("light", LONGEST_WAIT_SECONDS + 10)
    kept.hold("light", 1)
    with pytest.raises(RetryLaterError):
        await kept.take("light")
    clock.now += LONGEST_WAIT_SECONDS + 10
    await kept.take("light")


async def test_take_beyond_the_days_pool_raises_until_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool is ours to keep: Zoom's own refusals count as errors of the app."""
    monkeypatch.setattr(Rate, "interval_seconds", 0.000_01)
    clock = Clock(NOON)
    kept = budget(clock, "free")
    for _ in range(1_000):
        await kept.take("heavy")
    with pytest.raises(RetryLaterError) as raised:
        await kept.take("heavy")
    assert raised.value.after_seconds == 43_200
    clock.now += 43_200
    await kept.take("heavy")


async def test_figures_show_the_pool_of_the_day_and_begin_anew_at_midnight() -> None:
    """Also when nothing is called after midnight; both labels of the pool count."""
    clock, registry = Clock(NOON), CollectorRegistry()
    shown = budget(clock, "pro", registry)
    pool = {"account": "acc", "pool": "heavy and resource-intensive"}
    assert registry.get_sample_value("rollcall_zoom_daily_limit", pool) == 30_000
    assert registry.get_sample_value("rollcall_zoom_daily_calls", pool) == 0
    await shown.take("heavy")
    await shown.take("resource-intensive")
    await shown.take("light")
    assert registry.get_sample_value("rollcall_zoom_daily_calls", pool) == 2
    clock.now += 12 * 3_600
    assert registry.get_sample_value("rollcall_zoom_daily_calls", pool) == 0


def test_figures_show_the_rate_that_is_used_and_a_wait_that_zoom_imposed() -> None:
    """Eighty per cent of the plan's, and the seconds that are left."""
    clock, registry = Clock(NOON), CollectorRegistry()
    shown = budget(clock, "business", registry)
    heavy = {"account": "acc", "label": "heavy"}
    assert registry.get_sample_value("rollcall_zoom_rate_limit", heavy) == pytest.approx(32)
    shown.hold("heavy", 60)
    clock.now += 20
    assert registry.get_sample_value("rollcall_zoom_held_seconds", heavy) == 40
    clock.now += 41
    assert registry.get_sample_value("rollcall_zoom_held_seconds", heavy) == 0
