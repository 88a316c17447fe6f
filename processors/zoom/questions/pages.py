"""An answer as pages of `zoom.lookup-results.v1`. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from processors.zoom.questions.identities import Directory
from schemas.codec import contact_id, pack
from schemas.lookups import Availability, LookupRequest, LookupResult, ZoomRow
from schemas.redaction import redacted

PAGE_ROWS = 300
PAGE_BYTES = 1_000_000
"""Rows of one page, in bytes of JSON: well under the topic's 2 MiB, so that no broker refuses a page."""


LARGEST_ROW_BYTES = 1_500_000
"""One row lies in one record. Zoom's largest are some KB; what is larger is told as not to be had."""


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """What came of one question, before it is told to each request."""

    outcome: Availability
    detail: str = ""
    rows: Sequence[ZoomRow] | Directory = ()
    """Redacted; a directory where each request gets its own part."""


def found(rows: Sequence[ZoomRow]) -> QuestionAnswer:
    """The answer that holds Zoom's rows, redacted; `unavailable` where one of them fits into no record."""
    clean = [redacted(row) for row in rows]
    largest = max((len(pack(row)) for row in clean), default=0)
    if largest > LARGEST_ROW_BYTES:
        return QuestionAnswer(
            "unavailable", f"Zoom's answer holds an object of {largest} bytes, more than a record takes"
        )
    return QuestionAnswer("found", rows=clean)


def result_pages(request: LookupRequest, answer: QuestionAnswer, answered_at: datetime) -> Iterator[LookupResult]:
    """The answer to one request: at least one page, numbered from 0, the last one marked."""
    if isinstance(answer.rows, Directory):
        rows: Sequence[ZoomRow] = answer.rows.hits(request.user_ids, request.emails)
    else:
        rows = answer.rows
    first = LookupResult.answering(request, answer.outcome, answered_at=answered_at, detail=answer.detail)
    pages = list(_cut(rows)) or [()]
    for number, page in enumerate(pages):
        last = number == len(pages) - 1
        asked = _asked(request) if last and request.lookup == "identities" else ()
        yield first.model_copy(update={"page": number, "last": last, "rows": page, "asked": asked})


def _asked(request: LookupRequest) -> tuple[str, ...]:
    """An answer tells only of those that it found."""
    return (*request.user_ids, *map(contact_id, request.emails))


def _cut(rows: Sequence[ZoomRow]) -> Iterator[tuple[ZoomRow, ...]]:
    page: list[ZoomRow] = []
    size = 0
    for row in rows:
        length = len(pack(row))
        if page and (len(page) == PAGE_ROWS or size + length > PAGE_BYTES):
            yield tuple(page)
            page, size = [], 0
        page.append(row)
        size += length
    if page:
        yield tuple(page)
