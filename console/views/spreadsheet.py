"""Rows as comma-separated values (RFC 4180) that a spreadsheet takes for text and never for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets calculate: owasp.org/www-community/attacks/CSV_Injection, checked 2026-11-27."""


def lines(rows: Iterable[Sequence[object]]) -> str:
    r"""The rows as text.

    >>> lines([["=1+1", 3, None]])
    "'=1+1,3,\r\n"
    """
    text = io.StringIO()
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


def no_formula(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would calculate."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(value: object) -> object:
    if isinstance(value, str):
        return no_formula(value)
    return "" if value is None else value
