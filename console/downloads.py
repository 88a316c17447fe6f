"""A file for spreadsheets, written part by part: many rows need no memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from aiohttp import web
from sqlalchemy import Connection

from console.asking import ask
from console.views.spreadsheet import lines
from readmodel.database import Database
from readmodel.parts import Part

T = TypeVar("T")
ROWS_AT_A_TIME = 1_000
"""Of a part."""


async def csv_file(
    request: web.Request,
    database: Database,
    name: str,
    head: Sequence[str],
    part_after: Callable[[str | None, Connection], Part[T]],
    row: Callable[[T], Sequence[object]],
) -> web.StreamResponse:
    """All rows under a heading.

    Args:
        request: whose answer it is.
        database: what is asked.
        name: of the file.
        head: names of the columns.
        part_after: the part behind a place, of `ROWS_AT_A_TIME`; the first behind ``None``.
        row: the cells of an item.
    """
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
    )
    await response.prepare(request)
    await response.write(lines([head]).encode())
    after: str | None = None
    while True:
        part = await ask(database, partial(part_after, after))
        await response.write(lines(map(row, part.items)).encode())
        if (after := part.after) is None:
            break
    await response.write_eof()
    return response
