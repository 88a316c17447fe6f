"""What a back-fill asks Zoom at once. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ops.backfill.spans import DaySpan


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """What is asked at once: the sessions that a user hosted in a span."""

    span: DaySpan
    account_id: str
    user_id: str = ""

    def is_settled(self, today: date) -> bool:
        """Whether Zoom's answer will stay as it is: sessions of yesterday and today may still be added.

        A session that was asked for by its name has no user, and is quickly asked for again.
        """
        return bool(self.user_id) and self.span.last < today - timedelta(days=1)

    @property
    def name(self) -> str:
        """In the file."""
        return f"{self.account_id}|{self.user_id}|{self.span.first.isoformat()}|{self.span.last.isoformat()}"
