"""What is kept of one contact, in the tables of two agents. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from processors.brevo.decisions.ledger import ContactRow, EventRow, Suppression
from processors.engagement.state import ContactRows


@dataclass(frozen=True, slots=True)
class Kept:
    """One contact: its facts, and what the sink knows of it."""

    contact_id: str
    rows: ContactRows
    ledger: ContactRow
    events: Mapping[bytes, EventRow]
    """By row key: those that Brevo refused, at least."""
    told: Suppression | None

    def was_in(self, session: str) -> bool:
        """Whether a result of that session (its uuid) was ever heard of."""
        return any(row.session_uuid == session for row in self.rows.sessions.values())
