"""Paths of Zoom's REST API: how an id or a UUID is written into one. PURE.

A path from here is complete and already encoded. Give it to the client as it is: ``yarl.URL(text, encoded=True)``;
joining it to a URL with ``/`` would encode its per cent signs once more.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_PLACE = re.compile(r"\{[a-z_]+\}")
_LONGEST_SEGMENT = 255
"""Characters; a UUID has 24, and the longest id, a user's address, 254 at most."""


def is_segment(text: str, template: str) -> bool:
    """Whether a text can fill the template's place: anything without meaning to a path, encoded or not.

    A server or a proxy may read ``%2E%2E`` as ``..`` and ask another endpoint, so encoding does not help.

    >>> [is_segment(text, "/webinars/{id}") for text in ("93577204816", "..", ".", "")]
    [True, False, False, False]
    """
    return not _PLACE.search(template) or (text not in ("", ".", "..") and len(text) <= _LONGEST_SEGMENT)


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


def fill(template: str, segment: str = "") -> str:
    """A template's path with its one place filled, if it has one.

    >>> fill("/past_meetings/{uuid}/participants", "a/b")
    '/past_meetings/a%2Fb/participants'
    """
    return _PLACE.sub(lambda _: encode_segment(segment), template)
