"""The base of all wire models: frozen, tolerant of added optional fields, one way to bytes and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return value.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_in_utc)]
"""An aware datetime in UTC; on the wire ISO 8601 with ``Z``."""


class Wire(BaseModel):
    """A record of a public topic. An unknown field is ignored: an added optional field keeps the topic's version."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_bytes(self) -> bytes:
        """Compact JSON, UTF-8."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse and validate. Raises ``pydantic.ValidationError``."""
        return cls.model_validate_json(data)
