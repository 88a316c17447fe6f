"""How rows leave a command: as a table of at most 80 columns, as one JSON document, or as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import orjson
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from typing_extensions import override

from console.views.spreadsheet import no_formula

Csv = Annotated[bool, typer.Option("--csv", help="Comma-separated rows on stdout, a heading first.")]
Mask = Annotated[bool, typer.Option("--mask", help="Hide addresses and names, for a screen that others see.")]
OutputRow = Mapping[str, Any]
_MARGIN = re.compile(r"[ \t]+\n")


def one_form(*, as_json: bool, as_csv: bool) -> None:
    """Raises `typer.BadParameter` where both are asked for."""
    if as_json and as_csv:
        raise typer.BadParameter("give one of --json and --csv")


def write_json(document: OutputRow) -> None:
    """One line on stdout; instants are ISO 8601 in UTC."""
    typer.echo(orjson.dumps(document, default=plain, option=orjson.OPT_UTC_Z))


def write_csv(rows: Iterable[OutputRow], columns: Sequence[str]) -> None:
    """A heading, then the rows; what a spreadsheet would compute begins with an apostrophe."""
    writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: cell(row.get(name)) for name in columns})


def cell(value: object) -> object:
    """A value as a spreadsheet may have it.

    >>> cell("=1+1"), cell(-1), cell(True), cell(None)
    ("'=1+1", -1, 'yes', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return no_formula(value)
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else value


def plain(value: object) -> object:
    """What JSON has no word for.

    Raises:
        TypeError: it is nothing that a command shows.
    """
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(type(value).__name__)


class _WithoutMargins(io.StringIO):
    """Stdout without the blanks with which tables fill their lines up: they would stay in files and pages."""

    @override
    def write(self, text: str) -> int:
        return sys.stdout.write(_MARGIN.sub("\n", text))

    @override
    def flush(self) -> None:
        sys.stdout.flush()


def terminal() -> Console:
    """Where people read: as wide as their window, 80 columns where there is none; topics and names are no markup."""
    file = None if sys.stdout.isatty() else _WithoutMargins()
    return Console(file=file, highlight=False, markup=False, emoji=False)


def write_lines(console: Console, lines: Iterable[str]) -> None:
    """Lines as they are; what is wider than the window goes on below, further in than it began."""
    for line in lines:
        inner = " " * (len(line) - len(line.lstrip()) + 2)
        for part in textwrap.wrap(
            line, console.width, subsequent_indent=inner, break_long_words=False, break_on_hyphens=False,
        ) or [""]:  # fmt: skip
            console.print(part, soft_wrap=True)


def table(*columns: str, right: Sequence[str] = (), wraps: Sequence[str] = ()) -> Table:
    """An empty one; only columns in `wraps` give way where it is narrow."""
    made = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", no_wrap=name not in wraps, overflow="fold")
    return made
