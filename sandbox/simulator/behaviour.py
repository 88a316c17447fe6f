"""How long people stay: stretches of presence on the wall clock, per device. PURE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Stretch:
    """One stay of one device, in seconds since 1970, before it is cut at instances."""

    joined_at: int
    left_at: int
    moves: tuple[int, ...] = ()


Stretches = list[Stretch]


def _full(random: Random, start: int, end: int) -> Stretches:
    return [Stretch(start + random.randint(0, 110), end)]


def _late(random: Random, start: int, end: int) -> Stretches:
    return [Stretch(start + int((end - start) * random.uniform(0.06, 0.5)), end)]


def _very_late(random: Random, start: int, end: int) -> Stretches:
    return [Stretch(start + int((end - start) * random.uniform(0.955, 0.99)), end)]


def _early(random: Random, start: int, end: int) -> Stretches:
    return [Stretch(start + random.randint(0, 400), start + int((end - start) * random.uniform(0.3, 0.94)))]


def _rejoin(random: Random, start: int, end: int) -> Stretches:
    cuts = sorted(random.sample(range(start + 300, end - 300), 4))
    return [
        Stretch(start + random.randint(0, 200), cuts[0]),
        Stretch(cuts[1], cuts[2]),
        Stretch(cuts[3], end - random.choice((0, 0, 20))),
    ]


def _devices(random: Random, start: int, end: int) -> Stretches:
    phone_ends = start + int((end - start) * random.uniform(0.4, 0.6))
    laptop_starts = phone_ends - random.randint(90, 900)
    return [
        Stretch(start + random.randint(0, 300), phone_ends),
        Stretch(laptop_starts, end - random.choice((0, 240, 600))),
    ]


def _mover(random: Random, start: int, end: int) -> Stretches:
    moves = sorted(random.sample(range(start + 400, end - 400), 2))
    return [Stretch(start + random.randint(0, 200), end, tuple(moves))]


def _blink(random: Random, start: int, end: int) -> Stretches:
    at = random.randint(start + 10, end - 10)
    return [Stretch(at, at)]


def _outside(random: Random, start: int, _end: int) -> Stretches:
    return [Stretch(start - 240, start - random.randint(30, 120))]


def _overstay(random: Random, start: int, end: int) -> Stretches:
    return [Stretch(start - random.randint(5, 60), end + random.randint(5, 90))]


BEHAVIOURS: dict[str, Callable[[Random, int, int], Stretches]] = {
    "full": _full,
    "late": _late,
    "very late": _very_late,
    "early": _early,
    "rejoin": _rejoin,
    "devices": _devices,
    "mover": _mover,
    "blink": _blink,
    "outside": _outside,
    "overstay": _overstay,
    "promoted": _full,  # and made a panelist on the way (sandbox/simulator/timeline.py)
    "absent": lambda _random, _start, _end: [],
}
USUAL = (
    "full",
    "full",
    "full",
    "late",
    "late",
    "early",
    "early",
    "rejoin",
    "devices",
    "mover",
    "very late",
    "overstay",
)
"""What people do when nothing special is wanted, with its weight."""


def add_device(random: Random, stays: Stretches, end: int) -> Stretches:
    """A second device that overlaps the first stay, joined later and left at another time."""
    if not stays or stays[0].left_at - stays[0].joined_at < 120:
        return stays
    first = stays[0]
    joined = random.randint(first.joined_at + 1, first.left_at - 60)
    return [*stays, Stretch(joined, min(end, joined + random.randint(60, 1_800)))]
