"""The link to the recording that people are sent once. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.zoom.state import ZoomState
from schemas.instants import parse_instant


@dataclass(frozen=True)
class Recording:
    """One instance's."""

    at: int
    """When Zoom had it ready, seconds since 1970."""
    share_url: str
    minutes: int


def recordings_told(bodies: Iterable[bytes]) -> dict[str, Recording]:
    """By instance's uuid, of every `recording.completed`; repeats differ in what nobody is sent."""
    found: dict[str, Recording] = {}
    for body in bodies:
        event = orjson.loads(body)
        if event["event"] == "recording.completed":
            content = event["payload"]["object"]
            found[content["uuid"]] = _recording(content, event["event_ts"] // 1_000)
    return found


def recordings_held(zoom: ZoomState) -> dict[str, Recording]:
    """The same of what Zoom answers when it is asked."""
    rows = {
        instance.uuid: instance.recording
        for session in zoom.sessions
        for instance in session.instances
        if instance.recording is not None
    }
    return {
        uuid: _recording(row, max(parse_instant(each["recording_end"]) or 0 for each in row["recording_files"]))
        for uuid, row in rows.items()
    }


def _recording(content: dict[str, Any], at: int) -> Recording:
    # The query of the link may hold the passcode.
    return Recording(at, content["share_url"].partition("?")[0], content["duration"])
