"""`ops.erasures.v1`: who is forgotten, by a salted hash alone, and how far each agent is with it. PURE.

A contact id is a hash that whoever has the address can make, so it names a person as the address does. What stays of
somebody who was forgotten is their mark, which takes the installation's salt as well.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.model import CloudEvent, Instant, Message


# Everything that is taken in asks it of the same few people of a session.
@lru_cache(maxsize=4_096)
def mark_of(salt: str, contact_id: str) -> str:
    """32 hex digits: what is kept of a person.

    >>> mark_of("a", "b64b178a98dfec3c9923bfa5ecacb178") == mark_of("b", "b64b178a98dfec3c9923bfa5ecacb178")
    False
    """
    return hashlib.sha256(f"{salt}|{contact_id}".encode()).hexdigest()[:32]


class Erasure(Message):
    """Somebody is to be forgotten, and not to come back; in every partition, key `mark`, compacted: the latest stands.

    It holds no contact id: an agent compares the marks of the people in its own rows.
    """

    cloud_event = CloudEvent("ops.erasure", time="erased_at")
    kind: Literal["erasure"] = "erasure"
    mark: str
    salt: str
    """Random, one for the installation: all its marks are made with it."""
    erased_at: Instant
    """What happened until then is never taken in again."""
    returned_at: Instant | None = None
    """When they registered anew, where `brevo.erased` lets them return: what happened from then on counts."""

    @property
    def record_key(self) -> bytes:
        """The record's key."""
        return self.mark.encode()


class ErasureProgress(Message):
    """How far an agent is in one partition; key `<mark>|<agent>`, compacted. It asks the agent for the next step."""

    cloud_event = CloudEvent("ops.erasure_progress", time="erased_at")
    kind: Literal["progress"] = "progress"
    mark: str
    agent: str
    partition: int
    erased_at: Instant
    """Of the erasure."""
    step: int
    """Number of the step that comes next."""
    is_done: bool = False
    removed: dict[str, int] = Field(default_factory=dict)
    """By table: rows that were deleted, or freed of what they said of the person."""

    @property
    def record_key(self) -> bytes:
        """The record's key."""
        return f"{self.mark}|{self.agent}".encode()


AnyErasure = Erasure | ErasureProgress
ERASURE: TypeAdapter[AnyErasure] = TypeAdapter(Annotated[AnyErasure, Field(discriminator="kind")])
"""Parses any record of `ops.erasures.v1`: ``ERASURE.validate_json(value)``."""
