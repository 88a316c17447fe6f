"""The link to the recording that people are sent once (attendance.md 8). PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.truth.rules import Rules
from sandbox.truth.sessions import ExpectedSession
from sandbox.zoom.state import ZoomState
from schemas.instants import parse_instant


@dataclass(frozen=True)
class RunRecording:
    """One run's."""

    at: int
    """When Zoom had it ready, seconds since 1970."""
    share_url: str
    minutes: int


@dataclass(frozen=True)
class ExpectedRecording:
    """What people are told of a session's recordings."""

    longest: RunRecording
    parts: int
    """How many main runs have one."""


def recordings_told(bodies: Iterable[bytes]) -> dict[str, RunRecording]:
    """By run's uuid, the latest repeat of each `recording.completed`."""
    found: dict[str, RunRecording] = {}
    for body in bodies:
        event = orjson.loads(body)
        if event["event"] == "recording.completed":
            content = event["payload"]["object"]
            recording = _recording(content, event["event_ts"] // 1_000)
            have = found.get(content["uuid"])
            found[content["uuid"]] = recording if have is None or recording.at >= have.at else have
    return found


def recordings_held(zoom: ZoomState) -> dict[str, RunRecording]:
    """The same of what Zoom answers when it is asked."""
    rows = {
        instance.uuid: instance.recording
        for session in zoom.sessions
        for instance in session.instances
        if instance.recording is not None
    }
    return {
        uuid: _recording(row, max(parse_instant(part["recording_end"]) or 0 for part in row["recording_files"]))
        for uuid, row in rows.items()
    }


def told_of(session: ExpectedSession, recordings: Mapping[str, RunRecording], rules: Rules) -> ExpectedRecording | None:
    """Once the session is final and every main run's is there, or nobody waits any longer."""
    known = [recordings[uuid] for uuid in session.main if uuid in recordings]
    is_complete = len(known) == len(session.main) or rules.recordings_waited
    if not known or not is_complete or not session.is_final:
        return None
    return ExpectedRecording(
        max(known, key=lambda recording: (recording.minutes, recording.at, recording.share_url)), len(known)
    )


def _recording(content: dict[str, Any], at: int) -> RunRecording:
    # The query of the link may hold the passcode.
    return RunRecording(at, content["share_url"].partition("?")[0], content["duration"])
