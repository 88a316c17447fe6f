"""When somebody was there, as `people.intervals` has it. PURE."""

from __future__ import annotations

from collections.abc import Sequence

LineStays = tuple[tuple[int, int], ...]
"""As `PersonLine.intervals`."""


def stored(stays: LineStays, attended_seconds: int, late_seconds: int | None) -> str | None:
    """``None`` where `stays_of` knows them without: most people come once and stay.

    >>> stored(((60, 900),), 840, 60), stored(((0, 300), (400, 700)), 600, 0), stored((), 0, None)
    (None, '0-300,400-700', None)
    """
    if stays == _one(attended_seconds, late_seconds):
        return None
    return ",".join(f"{since}-{until}" for since, until in stays)


def stays_of(told: str | None, attended_seconds: int, late_seconds: int | None) -> LineStays:
    """What `stored` was given.

    >>> stays_of(None, 840, 60), stays_of("0-300,400-700", 600, 0), stays_of("", 840, 60)
    (((60, 900),), ((0, 300), (400, 700)), ())
    """
    if told is None:
        return _one(attended_seconds, late_seconds)
    pairs: Sequence[list[str]] = [stay.split("-") for stay in told.split(",") if stay]
    return tuple((int(since), int(until)) for since, until in pairs)


def _one(attended_seconds: int, late_seconds: int | None) -> LineStays:
    if late_seconds is None or not attended_seconds:
        return ()
    return ((late_seconds, late_seconds + attended_seconds),)
