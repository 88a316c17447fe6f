"""Two rebuilds of one state at once: one gives way."""

from __future__ import annotations

import pytest

from ops.rebuild.alone import Alone
from schemas.errors import ConfigurationError


async def _looked(members: int | None, *steps: tuple[float, bool]) -> None:
    async def told() -> int | None:
        return members

    now = 100.0
    alone = Alone("anew", told, lambda: now)
    for seconds, owns_all in steps:
        now += seconds
        await alone.look(owns_all=owns_all)


async def test_who_lacks_partitions_that_another_one_has_gives_way() -> None:
    """After some seconds, in which Kafka gives partitions away."""
    with pytest.raises(ConfigurationError, match="anew: somebody else computes it, too"):
        await _looked(2, (0, False), (9, False))


@pytest.mark.parametrize(
    ("members", "steps"),
    [
        (2, [(0, False), (5, False)]),
        (2, [(0, False), (5, True), (5, False)]),
        (2, [(0, True), (9, True)]),
        (1, [(0, False), (9, False)]),
        (None, [(0, False), (9, False)]),
    ],
    ids=["not yet", "a rebalance", "it has all", "alone", "it may not know"],
)
async def test_otherwise_it_goes_on(members: int | None, steps: list[tuple[float, bool]]) -> None:
    """Also while Kafka has not given all away."""
    await _looked(members, *steps)
