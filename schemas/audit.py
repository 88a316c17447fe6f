"""`ops.audit.v1`: who did what to the installation, and why."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.model import CloudEvent, Instant, Message

ActState = Literal["begun", "done", "stopped"]
"""`begun`: an entry of its own follows when the act ends; `stopped`: part of it is done, and `details` say what."""


class AuditEntry(Message):
    """One act of a person, or of Zoom on a person's behalf; key: the operator."""

    cloud_event = CloudEvent("ops.audit", time="at")
    entry_id: str
    """Repeats of one entry have the same."""
    operator: str
    """A user of the machine the command ran on; `console:<account>`; `zoom:<user id>` for what Zoom tells us."""
    action: str
    """`zoom.recover`, `zoom.deauthorized`, ..."""
    subject: str
    """What it was done to: an account, a topic, a contact id. Never an e-mail address."""
    reason: str = ""
    details: dict[str, str | int] = Field(default_factory=dict)
    at: Instant
    result: ActState = "done"
