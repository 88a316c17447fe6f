"""What pages say that commands print, and whether they do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LEFT_OUT = "…"
_OF_THE_RUN = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "DAY"),
    (re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d+)?Z?)?"), "TIME"),
    (re.compile(r"\.v1/\d+/\d+"), ".v1/PARTITION/OFFSET"),
    (re.compile(r"\d+ earlier steps"), "N earlier steps"),
)
"""What differs from one run to the next."""


@dataclass(frozen=True, slots=True)
class Documented:
    """A command of ours as a page shows it."""

    words: tuple[str, ...]
    """Behind `rollcall`."""
    lines: tuple[str, ...]
    """What it prints; empty lines and those of an ellipsis are left out."""

    def missing(self, printed: str, *, in_order: bool = True) -> list[str]:
        """The lines of the page that were not printed, but for times and places; in this order if so wanted."""
        told = [_timeless(line) for line in printed.splitlines()]
        if not in_order:
            return [line for line in self.lines if _timeless(line) not in told]
        rest = iter(told)
        return [line for line in self.lines if _timeless(line) not in rest]


def documented(page: str) -> Iterator[Documented]:
    """Every command of ours on a page under docs/ that is shown with what it prints."""
    for block in _BLOCK.findall((DOCS / page).read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE):
            command, _, printed = part.partition("\n")
            lines = tuple(line for line in printed.splitlines() if line.strip() not in ("", _LEFT_OUT))
            if command.startswith("rollcall ") and lines:
                yield Documented(tuple(shlex.split(command)[1:]), lines)


def _timeless(line: str) -> str:
    for pattern, name in _OF_THE_RUN:
        line = pattern.sub(name, line)
    return line.rstrip()
