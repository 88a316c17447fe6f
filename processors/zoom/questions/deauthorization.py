"""What follows when somebody takes our app out of a Zoom account. PURE."""

from __future__ import annotations

from schemas.audit import AuditEntry
from schemas.lookups import AccountDeauthorized


def audit_entry(message: AccountDeauthorized) -> AuditEntry:
    """Who took us out of what, and when."""
    return AuditEntry(
        entry_id=message.request_id,
        operator=f"zoom:{message.user_id or 'unknown'}",
        action="zoom.deauthorized",
        subject=message.account_id,
        reason="the app was removed from the Zoom account",
        at=message.at,
    )
