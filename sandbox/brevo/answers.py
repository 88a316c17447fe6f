"""What a call is answered with. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class BrevoAnswer:
    """Status and JSON body; ``None`` is an empty body (204, and the 201 of attributes)."""

    status: int
    body: Mapping[str, Any] | None = None


@dataclass(eq=False)
class RefusedError(Exception):
    """Brevo says no: a flat `{"code", "message"}`, with `metadata` on create and update of a contact alone."""

    status: int
    code: str
    message: str
    metadata: Mapping[str, Any] | None = None
    unknown: bool = field(default=False)
    """The sandbox does not know a path, field or parameter of the call: a mistake of the caller's code."""

    def answer(self) -> BrevoAnswer:
        """The error as Brevo sends it."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.metadata:
            body["metadata"] = dict(self.metadata)
        return BrevoAnswer(self.status, body)


def invalid(message: str) -> RefusedError:
    """A value that Brevo does not take."""
    return RefusedError(400, "invalid_parameter", message)


def missing(message: str) -> RefusedError:
    """A required field is not there."""
    return RefusedError(400, "missing_parameter", message)


def not_found(message: str) -> RefusedError:
    """What the path or body names does not exist."""
    return RefusedError(404, "document_not_found", message)
