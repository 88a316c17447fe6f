"""Instants as people write them, in any zone, and spans of them. PURE."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from typing_extensions import override

from schemas.errors import ConfigurationError

_AGO = re.compile(r"(\d{1,6})([smhd])")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FORMS = "10:00, 2026-11-20, 2026-11-20T10:00, 2026-11-20T10:00+01:00 or 2h (so long ago)"


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From one instant, included, to another, excluded; aware datetimes, ``None`` without a bound."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies in it."""
        return (self.start is None or self.start <= instant) and (self.end is None or instant < self.end)

    @override
    def __str__(self) -> str:
        bounds = (("from", self.start), ("to", self.end))
        return " ".join(f"{word} {as_text(bound)}" for word, bound in bounds if bound is not None)


def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name or ``UTC``.

    Raises:
        ConfigurationError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigurationError(f"zone={name} is no time zone: write UTC or a name such as Europe/Berlin") from error


def instant(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The instant that a text means at `now`; without an offset of its own it is in `zone`.

    A time of day is the latest such time that is not in the future: at 00:30, ``23:00`` was yesterday.

    Raises:
        ConfigurationError: it is written in no form that is known, or lies where no calendar reaches.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if _CLOCK.fullmatch(text):
            clock = time.fromisoformat(text.zfill(5) if text.count(":") == 1 else text.zfill(8))
            today = datetime.combine(now.astimezone(zone).date(), clock, zone)
            return today if today <= now else datetime.combine(today.date() - timedelta(days=1), clock, zone)
        parsed = datetime.fromisoformat(text)
        there = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
        # At both ends of the calendar an instant of one zone has no name in another.
        there.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"{text!r} is no time: write {_FORMS}") from error
    return there


def as_text(moment: datetime) -> str:
    """In full: the instant in its own zone, and in UTC where that is another."""
    here = f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname()}"
    return here if not moment.utcoffset() else f"{here} ({moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC)"
