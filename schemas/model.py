"""The base of all wire models: frozen, tolerant of added optional fields, one way to bytes and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return value.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_in_utc)]
"""An aware datetime in UTC; on the wire ISO 8601 with ``Z``."""


LONGEST_TEXT = 8_192
"""Characters of any text of a wire model."""


@dataclass(frozen=True, slots=True)
class AddedIn:
    """Marks a field that came after its topic's first release: ``mine: Annotated[str | None, AddedIn("1.1")] = None``.

    Older records do not have it, so the exported schema does not require it.
    """

    version: str


class Wire(BaseModel):
    """A record of a public topic, written with all its fields; an unknown one is ignored by who reads it.

    An added optional field keeps the topic's version (`AddedIn`); anything else is a new topic.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        json_schema_serialization_defaults_required=True,
        # No text of ours comes near; what is longer would become a key, a row or a request that nobody takes.
        str_max_length=LONGEST_TEXT,
    )

    def to_bytes(self) -> bytes:
        """Compact JSON, UTF-8."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse and validate. Raises ``pydantic.ValidationError``."""
        return cls.model_validate_json(data)
