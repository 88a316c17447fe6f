"""Rows as comma-separated values (RFC 4180) that a spreadsheet takes for text and never for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that spreadsheets calculate: owasp.org/www-community/attacks/CSV_Injection."""


def lines(rows: Iterable[Sequence[object]]) -> str:
    r"""The rows as text.

    >>> lines([["=1+1", 3, None]])
    "'=1+1,3,\r\n"
    """
    text = io.StringIO()
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
