"""`ops.letters.v1`: what became of dead letters and quarantined deliveries after they were stored."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal, get_args

from schemas.model import CloudEvent, Instant, Message

LetterState = Literal["resent", "parked", "dropped"]
"""What can be decided."""
LetterStanding = Literal["open", "resent", "parked", "dropped"]
"""`open` waits for a person; `resent` has not failed again since; `parked` is not sent again unless it is told."""
LETTER_STATES: tuple[LetterStanding, ...] = get_args(LetterStanding)
MOST_RESENDS = 3
"""After so many the next is a person's decision: sending again has not mended it."""
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


def parse_letter_record(value: bytes) -> LetterFault | LetterDecision:
    """A record of `ops.letters.v1`, whichever it is.

    Raises:
        ValidationError: neither.
    """
    return LetterDecision.from_bytes(value) if b'"kind":"decision"' in value else LetterFault.from_bytes(value)


def state_of(
    decided: LetterState | None, resends: int, decided_at: datetime | None, failed_at: datetime | None
) -> LetterStanding:
    """What became of a letter.

    Args:
        decided: what a person decided last; ``None``: nothing.
        resends: how often it was sent again by then.
        decided_at: when.
        failed_at: when it failed last after the first time; ``None``: never.
    """
    if decided is None or decided_at is None:
        return "open"
    if decided != "resent":
        return decided
    if failed_at is None or failed_at <= decided_at:
        return "resent"
    return "parked" if resends >= MOST_RESENDS else "open"
