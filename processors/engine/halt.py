"""Where a breaker has stopped the worker: remembered in its data folder until a person lets it go on.

Without it each restart would make another hundred dead letters, and drain the topic after all.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import orjson
from typing_extensions import override

_FILE = "halted.json"


@dataclass(frozen=True, slots=True)
class Halt:
    """Why and where; everything before `source` is done and acknowledged."""

    agent: str
    source: str
    """`topic/partition/offset` of the first record that was not handled; topics by their logical names."""
    reason: str
    at: str
    """UTC, ISO 8601."""

    @override
    def __str__(self) -> str:
        return f"{self.agent} stopped at {self.source} ({self.reason}, {self.at})"

    @classmethod
    def read(cls, data_dir: Path) -> Self | None:
        """What is remembered; ``None`` when the worker may work. A file that cannot be read is an unknown halt."""
        try:
            content = (data_dir / _FILE).read_bytes()
        except FileNotFoundError:
            return None
        try:
            return cls(**orjson.loads(content))
        except (TypeError, ValueError):
            return cls("an agent", "an unknown record", f"{_FILE} cannot be read", "an unknown time")

    def write(self, data_dir: Path) -> None:
        """Remember it, so that it survives the process and the machine."""
        path = data_dir / _FILE
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(orjson.dumps(asdict(self)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def clear_halt(data_dir: Path) -> None:
    """Forget it: the worker goes on behind what was acknowledged."""
    (data_dir / _FILE).unlink(missing_ok=True)
