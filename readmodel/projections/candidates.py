"""`engagement.candidates.v1`: what candidate models would give a contact. PURE."""

from __future__ import annotations

import orjson

from readmodel.changes import Changes, RowKind, SourceRecord, SqlRow, required, whole
from readmodel.instants import days
from readmodel.keys import contact_key
from runtime.scoring_models import MOST_CANDIDATES


def project_candidates(source: SourceRecord, changes: Changes) -> None:
    """Of each model a row, in the place of all rows that the contact had.

    Raises:
        ValueError: there are more than the configuration allows.
    """
    contact = contact_key((source.key or b"").decode())
    rows = [] if source.value is None else _rows(contact, source.value)
    if len(rows) > MOST_CANDIDATES:
        raise ValueError("too many candidates")
    changes.put(RowKind.NO_CANDIDATES, (contact,), {"contact": contact})
    for place in range(MOST_CANDIDATES):
        changes.drop(RowKind.CANDIDATE, (contact, place))
    for place, row in enumerate(rows):
        changes.put(RowKind.CANDIDATE, (contact, place), row)


def _rows(contact: bytes, value: bytes) -> list[SqlRow]:
    told = orjson.loads(value)
    live = told["live"]
    shared: SqlRow = {
        "contact": contact,
        "live_score": whole(live["contact_score"]),
        "live_tier": required(live, "tier"),
        "reference_day": days(required(told, "reference_date")),
    }
    return [
        *(
            {
                **shared,
                "model": required(candidate, "model_version"),
                "score": whole(candidate["contact_score"]),
                "tier": required(candidate, "tier"),
                "failed": None,
            }
            for candidate in told["candidates"]
        ),
        *(
            {
                **shared,
                "model": required(candidate, "model_version"),
                "score": None,
                "tier": None,
                "failed": required(candidate, "error"),
            }
            for candidate in told["failed"]
        ),
    ]
