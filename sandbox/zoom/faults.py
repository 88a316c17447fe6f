"""Faults that a test switches on: what goes wrong, where, how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import Field

from sandbox.zoom.errors import ZoomAnswer, invalid_field
from sandbox.zoom.state import StatePart, StateRow
from schemas.instants import as_datetime, format_instant


class ZoomFault(StatePart):
    """One rule. The first that fits a request and is not used up applies."""

    endpoint: str = "*"
    """Shell pattern over the endpoint's template, `/webinars/{}/registrants` for one; the token service is
    `/oauth/token`."""
    kind: Literal["answer", "html", "reset", "delay", "expired_page", "empty", "zero_durations", "missing_rows"] = (
        "answer"
    )
    """`answer`: `status`, `code`, `message`; `html`: a gateway's page with `status`; `reset`: the connection breaks
    (many clients repeat a `GET` once when a kept-alive connection breaks; `times: 2` is noticed); `delay`:
    `delay_seconds` before the true answer; `expired_page`: the page token of a request that has one is too old;
    `empty`, `zero_durations`, `missing_rows`: rows not ready yet."""
    times: int | None = Field(default=1, ge=1)
    """How many requests it hits; ``None``: until it is cleared."""
    status: int = 503
    code: int | None = None
    message: str = "Service temporarily unavailable."
    retry_after: Literal["none", "seconds", "http_date", "iso_date"] = "none"
    """The three forms that Zoom's pages and observers name, or no such header."""
    retry_after_seconds: int = Field(default=1, ge=0)
    delay_seconds: float = Field(default=0, ge=0)
    headers: dict[str, str] = Field(default_factory=dict)

    def fits(self, endpoint: str, *, in_paging: bool = False) -> bool:
        """Whether it is about this endpoint's template; `in_paging`: the request carries a page token."""
        if self.kind == "expired_page" and not in_paging:
            return False
        return fnmatchcase(endpoint.replace("{}", "ID"), self.endpoint.replace("{}", "ID"))

    def answer(self, now: float) -> ZoomAnswer:
        """The wrong answer of kinds `answer`, `html` and `expired_page`."""
        headers = dict(self.headers)
        if self.retry_after != "none":
            headers["Retry-After"] = _retry_after(self.retry_after, as_datetime(int(now)), self.retry_after_seconds)
        if self.kind == "html":
            return ZoomAnswer(self.status, "<html><body><h1>502 Bad Gateway</h1></body></html>", headers)
        if self.kind == "expired_page":
            return invalid_field("next_page_token", "The next page token is invalid or expired.").answer()
        code = self.status if self.code is None else self.code
        return ZoomAnswer(self.status, {"code": code, "message": self.message}, headers)

    def rows(self, rows: list[StateRow]) -> list[StateRow]:
        """What a report shows that is not ready yet; other kinds leave the rows as they are."""
        if self.kind == "empty":
            return []
        if self.kind == "zero_durations":
            return [{**row, "duration": 0} for row in rows]
        if self.kind == "missing_rows":
            return rows[: len(rows) // 2]
        return rows


def _retry_after(form: str, now: datetime, seconds: int) -> str:
    at = now + timedelta(seconds=seconds)
    forms = {
        "seconds": str(seconds),
        "http_date": format_datetime(at, usegmt=True),
        "iso_date": format_instant(int(at.timestamp())),
    }
    return forms[form]


class ZoomFaults:
    """The faults switched on, and how often each may still hit."""

    def __init__(self) -> None:
        self._rules: list[tuple[ZoomFault, int | None]] = []

    def add(self, fault: ZoomFault) -> None:
        """Switches one on, behind those already there."""
        self._rules.append((fault, fault.times))

    def clear(self) -> None:
        """Switches all off."""
        self._rules.clear()

    def listing(self) -> list[dict[str, Any]]:
        """Those still on, with `left`."""
        return [{**fault.model_dump(), "left": left} for fault, left in self._rules]

    def next_for(self, endpoint: str, *, in_paging: bool = False) -> ZoomFault | None:
        """The fault that hits this request; using it counts."""
        for index, (fault, left) in enumerate(self._rules):
            if not fault.fits(endpoint, in_paging=in_paging):
                continue
            if left == 1:
                del self._rules[index]
            elif left is not None:
                self._rules[index] = (fault, left - 1)
            return fault
        return None
