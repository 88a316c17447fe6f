"""The base of all wire models: frozen, tolerant of added optional fields, one way to bytes and back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return value.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_in_utc)]
"""An aware datetime in UTC; on the wire ISO 8601 with ``Z``."""


_LONGEST_TEXT = 8_192
"""Characters of any text of a wire model."""


WIRE_CONFIG = ConfigDict(
    extra="ignore",
    json_schema_serialization_defaults_required=True,
    # No text of ours comes near; what is longer would become a key, a row or a request that nobody takes.
    str_max_length=_LONGEST_TEXT,
)
"""Of everything on the wire."""


@dataclass(frozen=True, slots=True)
class AddedIn:
    """Marks a field that came after its topic's first release: ``mine: Annotated[str | None, AddedIn("1.1")] = None``.

    Older records do not have it, so the exported schema does not require it.
    """

    version: str


class Wire(BaseModel):
    """What is written to a topic, with all its fields; an unknown one is ignored by who reads it.

    An added optional field keeps the topic's version (`AddedIn`); anything else is a new topic.
    """

    model_config = WIRE_CONFIG | ConfigDict(frozen=True)

    def to_bytes(self) -> bytes:
        """Compact JSON, UTF-8."""
        return self.__pydantic_serializer__.to_json(self)

    def digest(self, *besides: str) -> str:
        """16 hex digits that are the same for the same content, whatever is in the fields that are named."""
        content = self.__pydantic_serializer__.to_json(self, exclude=set(besides))
        return hashlib.sha256(content).hexdigest()[:16]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse and validate. Raises ``pydantic.ValidationError``."""
        return cls.model_validate_json(data)


class CloudEvent(NamedTuple):
    """What a record's headers say of its kind (`schemas.cloud_events`)."""

    name: str
    """`<subject>.<kind>`: in `ce_type` after ``rollcall.``."""
    time: str | None = None
    """The field with the instant at which it happened; ``None``: it has none."""


class Message(Wire):
    """A whole record of a topic, where a plain `Wire` is a part of one."""

    cloud_event: ClassVar[CloudEvent]
    schema_version: Literal[1] = 1
