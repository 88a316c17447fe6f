"""What every section of the configuration file is. PURE."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A section of the file: frozen, no unknown keys; a key without a value has its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: given for key, given in value.items() if given is not None or key not in cls.model_fields}
        return value
