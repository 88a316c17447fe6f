"""What the tests of the sink share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.scripted_brevo import ScriptedBrevo
from tests.support.sink import Sink, sink_beside_brevo


@pytest.fixture
async def bench() -> AsyncIterator[tuple[Sink, ScriptedBrevo]]:
    """A sink, not started, beside its Brevo."""
    async with sink_beside_brevo() as both:
        yield both
