"""Zoom's error answers (https://developers.zoom.us/docs/api/errors/, checked 2026-11-21). PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ZoomAnswer:
    """One HTTP answer, before it becomes bytes."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class ZoomError(Exception):
    """An answer of Zoom that is an error: HTTP status, Zoom's code, message and the fields it names."""

    def __init__(self, status: int, code: int, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields or {}

    def answer(self) -> ZoomAnswer:
        """The body as Zoom words it; `errors` only where fields are named."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.fields:
            body["errors"] = [{"field": name, "message": text} for name, text in self.fields.items()]
        return ZoomAnswer(self.status, body)


def invalid_field(name: str, message: str) -> ZoomError:
    """HTTP 400, code 300, about one field."""
    return ZoomError(400, 300, "Validation Failed.", {name: message})


def missing_session(object_type: str, name: str) -> ZoomError:
    """HTTP 404, code 3001."""
    return ZoomError(404, 3001, f"{object_type.capitalize()} does not exist: {name}.")


def without_registration(name: str) -> ZoomError:
    """HTTP 404, code 404: a meeting that nobody has to register for has no list of registrants."""
    return ZoomError(404, 404, f"Registration has not been enabled for this meeting: {name}.")


def not_ended(object_type: str, name: str) -> ZoomError:
    """HTTP 404, code 3001: there are no results of a session that is still live."""
    return ZoomError(404, 3001, f"This {object_type} {name} is not available or has not ended.")


def unknown_endpoint() -> ZoomError:
    """HTTP 404, code 2300."""
    return ZoomError(404, 2300, "This API endpoint is not recognized.")


def user_missing(name: str) -> ZoomError:
    """HTTP 404, code 1001."""
    return ZoomError(404, 1001, f"User does not exist: {name}.")
