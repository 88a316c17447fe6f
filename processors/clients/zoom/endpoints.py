"""The endpoints that Rollcall reads: label, list, and the scopes that open them. PURE."""

# https://developers.zoom.us/docs/api/meetings/ and /docs/api/users/, checked 2026-11-21.

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    same_by: Literal["id", "all"] = "id"
    """What makes a row the same again. In reports `id` is the person, who has a row for every join."""
    none_codes: frozenset[int] = frozenset()
    """Codes that mean "there is none" here and something else elsewhere."""


USERS = Endpoint("GET /users", "medium", ("user:read:list_users:admin", "user:read:admin"), "users")
PANELISTS = Endpoint(
    "GET /webinars/{id}/panelists", "medium", ("webinar:read:list_panelists:admin", "webinar:read:admin"), "panelists"
)
PAST_MEETING = Endpoint("GET /past_meetings/{uuid}", "light", ("meeting:read:past_meeting:admin", "meeting:read:admin"))
ABSENTEES = Endpoint(
    "GET /past_webinars/{uuid}/absentees",
    "heavy",
    ("webinar:read:list_absentees:admin", "webinar:read:admin"),
    "registrants",
    none_codes=frozenset({3000}),  # a webinar without registration
)


def details(object_type: ObjectType) -> Endpoint:
    """A webinar or meeting."""
    name = f"GET /{object_type}s/{{id}}"
    return Endpoint(name, "light", (f"{object_type}:read:{object_type}:admin", f"{object_type}:read:admin"))


def registrants(object_type: ObjectType) -> Endpoint:
    """Who registered for it."""
    name = f"GET /{object_type}s/{{id}}/registrants"
    scopes = (f"{object_type}:read:list_registrants:admin", f"{object_type}:read:admin")
    return Endpoint(name, "medium", scopes, "registrants")


def report(object_type: ObjectType) -> Endpoint:
    """Who took part in an instance, one row per join."""
    return Endpoint(
        f"GET /report/{object_type}s/{{uuid}}/participants",
        "heavy",
        (f"report:read:list_{object_type}_participants:admin", "report:read:admin"),
        "participants",
        same_by="all",
    )
