"""`ops.workers.v1`: how each worker is, every few seconds, so that it can be seen without asking the worker."""

from __future__ import annotations

from typing import Literal

from schemas.model import CloudEvent, Instant, Message, Wire
from schemas.priority import Priority

Period = Literal["second", "hour", "day"]


class AgentStatus(Wire):
    """One agent of a worker."""

    name: str
    partitions: int
    """How many are this worker's."""
    lag: int
    """Records in them that are not handled yet."""


class WaitingWork(Wire):
    """Work that has not begun."""

    what: str
    """`look-ups`, or of Brevo the family of calls: `contacts`, `events`, ..."""
    priority: Priority | None = None
    """``None``: both."""
    count: int


class BudgetUse(Wire):
    """What was used of a limit, as this worker knows it."""

    name: str
    """Of Zoom its label or pool, of Brevo the family of calls."""
    account_id: str | None = None
    """Of Zoom."""
    period: Period
    used: float | None = None
    """Calls in the last such time, a day being the current UTC day; ``None``: nobody counts. Of a second and an hour
    those of this worker, of a day those of all that share its ZOOM_BUDGET_DIR."""
    limit: float | None = None
    """Calls that are allowed in it: this worker's share of a second, the account's of an hour or a day."""
    held_seconds: float = 0
    """Until the wait that Zoom imposed is over."""


class WorkerStatus(Message):
    """One worker; key `worker_id`, compacted. A tombstone says that it has stopped as it should."""

    cloud_event = CloudEvent("ops.worker", time="at")
    worker_id: str
    """Of the machine and its data folder: the same after a restart."""
    version: str
    started_at: Instant
    at: Instant
    ready: bool
    reasons: tuple[str, ...] = ()
    """Why it is not ready, and why calls to Zoom or Brevo wait, for people."""
    partitions: tuple[int, ...] = ()
    agents: tuple[AgentStatus, ...] = ()
    waiting: tuple[WaitingWork, ...] = ()
    budgets: tuple[BudgetUse, ...] = ()
    parked: tuple[str, ...] = ()
    """Families of calls to Brevo that wait for a person; `reasons` says why."""
    in_doubt: int = 0
    """Events that may have been sent, waiting for a decision."""
    without_contact: int = 0
    """Events that wait although nothing is on its way that would bring their contact to Brevo."""
