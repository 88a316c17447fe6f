"""`ops.letters.v1`: what became of dead letters and quarantined deliveries after they were stored."""

from __future__ import annotations

import hashlib
from typing import Literal

from schemas.model import CloudEvent, Instant, Message

LetterState = Literal["resent", "parked", "dropped"]
LETTER_ID = "rollcall-letter-id"
"""Header of every dead letter; a record that has it was one before."""


def letter_id(topic: str, key: bytes | None, value: bytes | None) -> str:
    """32 hex digits, equal for equal records of one topic (its logical name, without `.dlq`), whenever they come."""
    return hashlib.sha256(b"\0".join((topic.encode(), key or b"", value or b""))).hexdigest()[:32]


class LetterFault(Message):
    """A record whose letter lies in the dead letters has failed again; key `<letter_id>|fault`, compacted."""

    cloud_event = CloudEvent("ops.letter_fault", time="last_at")
    kind: Literal["fault"] = "fault"
    letter_id: str
    topic: str
    """Of the record, without the prefix."""
    stage: str
    """The agent that gave up."""
    label: str
    """Class of fault, one word."""
    reason: str
    """For people; nothing of the record's content."""
    source: str
    """`<topic>/<partition>/<offset>` of the latest."""
    attempts: int
    """How often it has failed, the first time included."""
    first_at: Instant
    last_at: Instant
    version: str
    """Of Rollcall."""

    @property
    def record_key(self) -> bytes:
        """The record's key."""
        return f"{self.letter_id}|{self.kind}".encode()


class LetterDecision(Message):
    """What a person decided about a dead letter or a quarantined delivery; key `<letter_id>|decision`, compacted."""

    cloud_event = CloudEvent("ops.letter_decision", time="at")
    kind: Literal["decision"] = "decision"
    letter_id: str
    topic: str
    """Of the letter, without the prefix."""
    state: LetterState
    resends: int
    """How often it was sent again so far."""
    operator: str
    reason: str
    version: str
    """Of Rollcall, when it was decided."""
    at: Instant

    @property
    def record_key(self) -> bytes:
        """The record's key."""
        return f"{self.letter_id}|{self.kind}".encode()
