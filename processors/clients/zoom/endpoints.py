"""The endpoints that Rollcall reads: label, list, and the scopes that open them. PURE."""

# https://developers.zoom.us/docs/api/meetings/ and /docs/api/users/, checked 2026-11-21.

from __future__ import annotations

from dataclasses import dataclass

from processors.clients.zoom.limits import Label
from schemas.attendance import ObjectType


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of request."""

    name: str
    """Method and path template: the label in metrics and messages."""
    label: Label
    scopes: tuple[str, ...]
    """Any one is enough: the granular scope first, then the classic one, as an account-level token has them."""
    rows: str | None = None
    """The list in the answer; ``None`` when the answer is one object."""


USERS = Endpoint("GET /users", "medium", ("user:read:list_users:admin", "user:read:admin"), "users")
PANELISTS = Endpoint(
    "GET /webinars/{id}/panelists", "medium", ("webinar:read:list_panelists:admin", "webinar:read:admin"), "panelists"
)
PAST_MEETING = Endpoint("GET /past_meetings/{uuid}", "light", ("meeting:read:past_meeting:admin", "meeting:read:admin"))


def details(object_type: ObjectType) -> Endpoint:
    """A webinar or meeting."""
    name = f"GET /{object_type}s/{{id}}"
    return Endpoint(name, "light", (f"{object_type}:read:{object_type}:admin", f"{object_type}:read:admin"))


def registrants(object_type: ObjectType) -> Endpoint:
    """Who registered for it."""
    name = f"GET /{object_type}s/{{id}}/registrants"
    scopes = (f"{object_type}:read:list_registrants:admin", f"{object_type}:read:admin")
    return Endpoint(name, "medium", scopes, "registrants")
