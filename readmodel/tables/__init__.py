"""The tables: instants are milliseconds, days are days since 1970; keys are those of `readmodel.keys`.

Words that each of a session's people repeats are letters (`readmodel.codes`), lists and objects are JSON.

Who changes one that is released adds a migration (`readmodel.migrations`).
"""

from readmodel.tables.attendance import (
    CANDIDATES,
    CONTACTS,
    IS_WRITTEN,
    MOVED,
    NOT_SYNCED,
    PEOPLE,
    REGISTRATIONS,
    SCORES,
    SESSIONS,
    STANDS,
    UNSYNCED,
)
from readmodel.tables.columns import METADATA
from readmodel.tables.operations import (
    AUDIT,
    CALLS,
    DEAD_LETTERS,
    DELIVERIES,
    ERASED,
    IN_DOUBT,
    LETTER_STATE,
    LETTERS,
    META,
    NEEDS_DECISION,
    OFFSETS,
    QUARANTINED,
    REJECTED,
    SETUPS,
    TAKEN_LIVE,
    WORKERS,
)

__all__ = [
    "AUDIT",
    "CALLS",
    "CANDIDATES",
    "CONTACTS",
    "DEAD_LETTERS",
    "DELIVERIES",
    "ERASED",
    "IN_DOUBT",
    "IS_WRITTEN",
    "LETTERS",
    "LETTER_STATE",
    "META",
    "METADATA",
    "MOVED",
    "NEEDS_DECISION",
    "NOT_SYNCED",
    "OFFSETS",
    "PEOPLE",
    "QUARANTINED",
    "REGISTRATIONS",
    "REJECTED",
    "SCORES",
    "SESSIONS",
    "SETUPS",
    "STANDS",
    "TAKEN_LIVE",
    "UNSYNCED",
    "WORKERS",
]
