"""A rebuild's rate; the arithmetic is `runtime/pace.py`."""

from __future__ import annotations

import time

from processors.rebuild.throttle import Throttle


async def test_throttle_lets_records_pass_at_the_rate_and_no_faster_after_a_pause() -> None:
    """A hundred records at a thousand a second are a tenth of a second; what was idle before shortens nothing."""
    throttle = Throttle(1_000)
    time.sleep(0.05)  # noqa: ASYNC251 (nothing else runs here)
    began = time.monotonic()
    for records in (20, 30, 50):
        await throttle.after(records)
    assert time.monotonic() - began >= 0.09
