"""A completed cloud recording as a fact, from Zoom's webhook or from its answer when asked. PURE.

Zoom tells of one recording several times, hours after the end and with other download links each time; only what
people are sent is kept: the share link and how long it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from processors.attendance.rules.fields import (
    LONGEST_FIELD,
    UNREADABLE,
    FieldError,
    identifier,
    milliseconds,
    unreadable,
    whole,
)
from processors.attendance.rules.runs import liveliest
from schemas.attendance import ObjectType, Origin
from schemas.codec import pack, unpack
from schemas.instants import parse_instant

RECORDING_EVENT = "recording.completed"

# `object.type` of webinars: https://developers.zoom.us/docs/api/meetings/events/, checked 2026-11-22.
_WEBINARS = (5, 6, 9)


class Recorded(NamedTuple):
    """One run's recording, as one source tells of it."""

    account_id: str
    object_id: str
    object_type: ObjectType
    uuid: str
    share_url: str
    minutes: int
    at: int
    """When it was ready: seconds since 1970."""


def parse_recorded(event: Mapping[str, Any], received_ms: int) -> Recorded | None:
    """The fact in a `recording.completed`; ``None`` for one without a link to share, such as an on-premise one's.

    `received_ms` stands in for an `event_ts` that is missing.

    Raises:
        DeadLetterError: it lacks what identifies the run, or holds what cannot be read.
    """
    try:
        payload = event["payload"]
        item = payload["object"]
        uuid, object_id = identifier(item.get("uuid")), identifier(item.get("id"))
        if uuid is None or object_id is None:
            raise FieldError("object.uuid or object.id is missing")
        link = shareable(item.get("share_url"))
        if link is None:
            return None
        return Recorded(
            account_id=identifier(payload.get("account_id")) or "",
            object_id=object_id,
            object_type="webinar" if item.get("type") in _WEBINARS else "meeting",
            uuid=uuid,
            share_url=link,
            minutes=whole(item, "duration") or 0,
            at=(milliseconds(event, "event_ts") or received_ms) // 1_000,
        )
    except UNREADABLE as error:
        raise unreadable(RECORDING_EVENT, error) from error


def ready_row(row: Mapping[str, Any]) -> tuple[str, int, int] | None:
    """(share link, minutes, end of the last file) of Zoom's answer; ``None`` while it still works on a file."""
    link, files = shareable(row.get("share_url")), row.get("recording_files")
    if link is None or not isinstance(files, list):
        return None
    if any(not isinstance(file, dict) or file.get("status", "completed") != "completed" for file in files):
        return None
    ends = [end for file in files if (end := parse_instant(file.get("recording_end"))) is not None]
    return (link, int(row.get("duration") or 0), max(ends)) if ends else None


def shareable(value: object) -> str | None:
    """A share link without its query, where Zoom may put the passcode; ``None`` for what is no link to share."""
    if not isinstance(value, str) or len(value) > LONGEST_FIELD:
        return None
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        return None
    return parts._replace(query="", fragment="").geturl()


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """What is known of one run's recording."""

    at: int
    share_url: str
    minutes: int
    origin: Origin
    """Of what told of it: a back-fill mails nobody."""
    heard_ms: int
    """When it was first heard of."""

    @classmethod
    def from_bytes(cls, data: bytes) -> RecordingRow:
        """Parse a row."""
        return cls(*unpack(data))

    def to_bytes(self) -> bytes:
        """Compact."""
        return pack([self.at, self.share_url, self.minutes, self.origin, self.heard_ms])


def merged(before: RecordingRow | None, told: RecordingRow) -> RecordingRow:
    """The newest recording stands, whatever came first; what is no back-fill once is none any more."""
    if before is None:
        return told
    newest = max(before, told, key=lambda row: (row.at, row.share_url, row.minutes))
    origin = liveliest((before.origin, told.origin))
    return replace(newest, origin=origin, heard_ms=min(before.heard_ms, told.heard_ms))


class ChosenRecording(NamedTuple):
    """What the people of a session are told, once; the row says it has been."""

    at: int
    share_url: str
    minutes: int
    parts: int
    """How many main runs have a recording."""
    origin: Origin

    @classmethod
    def from_bytes(cls, data: bytes) -> ChosenRecording:
        """Parse a row."""
        return cls(*unpack(data))

    def to_bytes(self) -> bytes:
        """Compact."""
        return pack(list(self))


def chosen(rows: Iterable[RecordingRow]) -> ChosenRecording | None:
    """Of a session whose main runs have one each: the longest, of equally long ones the latest."""
    told = list(rows)
    if not told:
        return None
    best = max(told, key=lambda row: (row.minutes, row.at, row.share_url))
    return ChosenRecording(best.at, best.share_url, best.minutes, len(told), best.origin)
