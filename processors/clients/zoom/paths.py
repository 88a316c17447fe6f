"""Paths of Zoom's REST API: which id goes where, and how a UUID is written into a path. PURE.

A path from here is complete and already encoded. Give it to the client as it is: ``yarl.URL(text, encoded=True)``;
joining it to a URL with ``/`` would encode its per cent signs once more.
"""

from __future__ import annotations

from urllib.parse import quote

from schemas.attendance import ObjectType

USERS = "/users"


def encode_segment(text: str) -> str:
    """One path segment: an id, or the UUID of an instance.

    A UUID that begins with ``/`` or contains ``//`` is encoded twice, any other text once.

    >>> encode_segment("pT9/Qw3sRzGm4yBhK1xVdA==")
    'pT9%2FQw3sRzGm4yBhK1xVdA%3D%3D'
    >>> encode_segment("/H7cZq0bS1uWm//5rXeTkQ==")
    '%252FH7cZq0bS1uWm%252F%252F5rXeTkQ%253D%253D'
    """
    # https://developers.zoom.us/docs/api/using-zoom-apis/#meeting-id-and-uuid, checked 2026-11-21.
    once = quote(text, safe="")
    return quote(once, safe="") if text.startswith("/") or "//" in text else once


def details(object_type: ObjectType, object_id: str) -> str:
    """A webinar or meeting by its id."""
    return f"/{object_type}s/{encode_segment(object_id)}"


def registrants(object_type: ObjectType, object_id: str) -> str:
    """Who registered for a webinar or meeting."""
    return f"{details(object_type, object_id)}/registrants"


def panelists(webinar_id: str) -> str:
    """Who speaks in a webinar."""
    return f"/webinars/{encode_segment(webinar_id)}/panelists"


def past_meeting(uuid: str) -> str:
    """One instance that is over."""
    return f"/past_meetings/{encode_segment(uuid)}"


def report(object_type: ObjectType, uuid: str) -> str:
    """Who took part in an instance that is over."""
    return f"/report/{object_type}s/{encode_segment(uuid)}/participants"


def absentees(uuid: str) -> str:
    """Who registered for an instance of a webinar and stayed away."""
    return f"/past_webinars/{encode_segment(uuid)}/absentees"
