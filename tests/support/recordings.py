"""Zoom accounts for tests of recordings."""

from __future__ import annotations

from sandbox.zoom.state import ZoomObject, ZoomState


def unrecorded(zoom: ZoomState) -> ZoomState:
    """The same account with nothing ready when it is asked for recordings: only webhooks tell of them."""
    return zoom.model_copy(update={"sessions": tuple(_without(session) for session in zoom.sessions)})


def _without(session: ZoomObject) -> ZoomObject:
    instances = tuple(instance.model_copy(update={"recording": None}) for instance in session.instances)
    return session.model_copy(update={"instances": instances})
