"""A past session as Zoom reports it, and the two events that Zoom sent of it. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingress.envelope import Delivery, OutgoingRecord, to_record
from runtime.lenient_json import write_json
from schemas.attendance import ObjectType, Origin
from schemas.instants import format_instant, parse_instant

_ORIGIN_HEADER = "origin"
# Zoom's types 5, 6 and 9; all others are meetings. https://developers.zoom.us/docs/api/meetings/, checked 2026-11-21.
WEBINAR_TYPES = frozenset({5, 6, 9})


@dataclass(frozen=True, slots=True)
class PastSession:
    """One instance of a webinar or meeting that is over."""

    account_id: str
    uuid: str
    object_id: str
    zoom_type: int
    topic: str
    host_id: str
    start: int
    """Seconds since 1970, as `end`."""
    end: int
    participants: int
    """As Zoom counts them; 0 when it does not say."""

    @property
    def object_type(self) -> ObjectType:
        """What Zoom's type means."""
        return "webinar" if self.zoom_type in WEBINAR_TYPES else "meeting"


def parse_session(row: Mapping[str, Any], account_id: str, host_id: str) -> PastSession:
    """A row of Zoom's report on a user, or an answer about a past meeting.

    Args:
        row: as Zoom sent it.
        account_id: whose it is.
        host_id: of the user who was asked about; counts when the row names no host.

    Raises:
        ValueError: it lacks what tells one session from another, or when it was; says what.
    """
    known = {"uuid": row.get("uuid"), "id": row.get("id"), "type": row.get("type")}
    times = {name: parse_instant(row.get(name)) for name in ("start_time", "end_time")}
    missing = [name for name, value in {**known, **times}.items() if value in (None, "")]
    if missing:
        raise ValueError(f"Zoom does not tell its {', '.join(missing)}")
    return PastSession(
        account_id=account_id,
        uuid=str(row["uuid"]),
        object_id=str(row["id"]),
        zoom_type=int(row["type"]),
        topic=str(row.get("topic") or ""),
        host_id=str(row.get("host_id") or host_id),
        start=times["start_time"] or 0,
        end=times["end_time"] or 0,
        participants=int(row.get("participants_count") or 0),
    )


def records(session: PastSession, origin: Origin, now: float) -> list[OutgoingRecord]:
    """Its start and its end as the ingress would have published them, with the header `origin`.

    The same session gives the same `ce_id` and `dedupe-key` whenever it is read; the latter is that of Zoom's own
    event.

    Args:
        session: what happened.
        origin: the header's value.
        now: the time of receipt, seconds since 1970.
    """
    return [_record(session, "started", origin, now), _record(session, "ended", origin, now)]


def _record(session: PastSession, what: str, origin: Origin, now: float) -> OutgoingRecord:
    ended = {"end_time": format_instant(session.end)} if what == "ended" else {}
    event = {
        "event": f"{session.object_type}.{what}",
        "event_ts": (session.end if ended else session.start) * 1_000,
        "payload": {
            "account_id": session.account_id,
            "object": {
                "id": session.object_id,
                "uuid": session.uuid,
                "host_id": session.host_id,
                "topic": session.topic,
                "type": session.zoom_type,
                "start_time": format_instant(session.start),
                **ended,
            },
        },
    }
    # No request of Zoom's brought it: `ce_id` is the body's hash.
    delivery = Delivery(write_json(event), b"", b"", "", now)
    record = to_record(delivery, event, session.account_id)
    return record._replace(headers=[*record.headers, (_ORIGIN_HEADER, origin.encode())])
