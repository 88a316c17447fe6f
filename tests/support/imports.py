"""The imports of the scripted Brevo: processes that complete when they are asked for, or as a test wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Imports:
    """All imports that were accepted, by process id."""

    bodies: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    next_status: str = "completed"
    """What an import becomes when it is asked for."""
    refused: set[str] = field(default_factory=set)
    """Addresses that no import takes."""

    def accept(self, body: dict[str, Any]) -> int:
        """A new process."""
        process_id = 217 + len(self.bodies)
        self.bodies[process_id] = body
        self.statuses[process_id] = "queued"
        return process_id
