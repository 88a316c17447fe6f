"""Durations of the configuration: seconds here, `60s`, `5m`, `4h`, `35d` in the file. PURE."""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, PlainSerializer

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*")


def parse_duration(value: object) -> object:
    """Seconds of `60s`, `5m`, `4h`, `35d`; other values pass through for pydantic to judge."""
    if isinstance(value, str):
        if match := _FORM.fullmatch(value):
            return float(match[1]) * _UNITS[match[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError("a duration, written 60s, 5m, 4h or 35d")


def has_unit(value: object) -> bool:
    """Whether it is written as a duration with its unit."""
    return isinstance(value, str) and _FORM.fullmatch(value) is not None


def format_duration(seconds: float) -> str:
    """The largest unit that is whole: `90s`, `15m`, `1d`."""
    unit = next((unit for unit in "dhm" if seconds and seconds % _UNITS[unit] == 0), "s")
    amount = f"{seconds / _UNITS[unit]:.6f}".rstrip("0").rstrip(".")
    return f"{amount}{unit}"


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    Field(ge=0),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
]


class Minimum(NamedTuple):
    """How much of something long is enough: of a fixed length, or of a share of the whole."""

    seconds: float = 0
    share: float = 0


def parse_minimum(value: object) -> Minimum:
    """A duration with its unit, or a number up to 1: a share."""
    if isinstance(value, tuple):
        return Minimum(*value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return Minimum(share=value)
    if isinstance(value, str):
        try:
            seconds = parse_duration(value)
        except ValueError:
            pass
        else:
            assert isinstance(seconds, int | float)
            return Minimum(seconds=seconds)
    raise ValueError("a duration with its unit, such as 5m, or a share of the length between 0 and 1, such as 0.1")


def format_minimum(value: Minimum) -> str | int | float:
    """As it is written in the file."""
    return format_duration(value.seconds) if value.seconds else value.share


MinimumLength = Annotated[
    Minimum,
    BeforeValidator(parse_minimum),
    PlainSerializer(format_minimum, return_type=str | int | float, when_used="json"),
]
