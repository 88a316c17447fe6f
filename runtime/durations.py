"""Durations of the configuration: seconds here, `60s`, `5m`, `4h`, `35d` in the file. PURE."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def parse_duration(value: object) -> object:
    """Seconds of `60s`, `5m`, `4h`, `35d`; other values pass through for pydantic to judge."""
    if isinstance(value, str):
        if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", value.strip()):
            return float(match[1]) * _UNITS[match[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError("a duration, written 60s, 5m, 4h or 35d")


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
