"""Who answered which poll and asked which question, without a word of what was said. PURE.

Zoom's reports hold every answer and question in full. What leaves here is who took part in how many things: each poll
and each question is a hash, so that repeats and restarts of the session count it once.
"""

# https://developers.zoom.us/docs/api/meetings/, GET /report/{meetings,webinars}/{id}/{polls,qa}, checked 2026-11-22:
# one row per person with `email` and `question_details[]`; a poll's answers share its `polling_id`.

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from schemas.codec import normalise_email
from schemas.lookups import Interacted

_NAMED_BY: Mapping[Interacted, tuple[str, ...]] = {
    "polls": ("polling_id", "question"),
    "questions": ("question_id", "question"),
}
"""The fields that tell one poll or question from another; the first that is there counts."""


def participation(kind: Interacted, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row ``{"email", "items"}`` per person who took part, in Zoom's order.

    `email` is normalised, ``""`` for somebody whom Zoom does not name; `items` are hashes, sorted, each once.

    >>> participation("polls", [{"email": "A@b.example", "question_details": [{"polling_id": "p", "answer": "no"}]}])
    [{'email': 'a@b.example', 'items': ['148de9c5a7a44d19']}]
    """
    told = []
    for row in rows:
        items = {item for detail in row.get("question_details") or () if (item := _item(kind, detail))}
        if items:
            told.append({"email": normalise_email(row.get("email")) or "", "items": sorted(items)})
    return told


def _item(kind: Interacted, detail: Mapping[str, Any]) -> str | None:
    name = next((str(detail[field]) for field in _NAMED_BY[kind] if detail.get(field)), None)
    return None if name is None else hashlib.sha256(name.encode()).hexdigest()[:16]
