"""Rows as comma-separated values (RFC 4180) that a spreadsheet takes for text and never for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20])")
"""Where spreadsheets begin to calculate: owasp.org/www-community/attacks/CSV_Injection, checked 2026-11-27.

Not at the beginning of a cell alone: where a comma is the decimal sign, a semicolon begins another cell.
"""


def lines(rows: Iterable[Sequence[object]]) -> str:
    r"""The rows as text.

    >>> lines([["=1+1", 3, None]])
    "'=1+1,3,\r\n"
    """
    text = io.StringIO()
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


def no_formula(text: str) -> str:
    """The text, with an apostrophe wherever a spreadsheet would begin to calculate.

    >>> no_formula("=1+1"), no_formula("Ana;=1+1"), no_formula("Q&A; 1+1")
    ("'=1+1", "Ana;'=1+1", 'Q&A; 1+1')
    """
    return _FORMULA.sub(r"\1'", text)


def _cell(value: object) -> object:
    if isinstance(value, str):
        return no_formula(value)
    return "" if value is None else value
