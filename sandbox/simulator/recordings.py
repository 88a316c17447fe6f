"""Cloud recordings of a world: what Zoom tells by webhook, more than once, and what it answers when asked. PURE."""

from __future__ import annotations

from random import Random

from sandbox.simulator import bodies
from sandbox.simulator.bodies import WebhookBody
from sandbox.simulator.people import Inventor
from sandbox.simulator.timeline import TimedWebhook
from sandbox.simulator.world import BookedSession
from sandbox.zoom.state import StateRow
from schemas.instants import format_instant

_READY_AFTER_SECONDS = 300
_TOLD_AGAIN_AFTER_SECONDS = 180


def recording_messages(event: BookedSession, random: Random) -> list[TimedWebhook]:
    """`recording.completed` of each instance, and again with other download links and another token."""
    inventor = Inventor(random)
    end = max(span.ended_at for span in event.spans)
    messages = []
    for index, span in enumerate(event.spans):
        if span.purpose == "practice":
            continue
        stamp = (end + _READY_AFTER_SECONDS) * 1_000 + random.randint(0, 60_000)
        for number in range(2):
            body = _completed(event, index, stamp, f"INVENTED{random.randint(1_000, 9_999)}")
            sent_at = stamp / 1_000 + number * _TOLD_AGAIN_AFTER_SECONDS + random.uniform(0.05, 1.5)
            messages.append(TimedWebhook("recorded", "", bodies.to_bytes(body), inventor.request_id(), sent_at))
    return messages


def recording_row(event: BookedSession, index: int) -> StateRow:
    """The answer of `GET /meetings/{uuid}/recordings`."""
    # A number in webhooks, a text here: https://developers.zoom.us/docs/api/meetings/, checked 2026-11-27.
    row = _recording(event, index, "INVENTED")
    return row | {"account_id": event.account_id, "type": str(row["type"])}


def _completed(event: BookedSession, index: int, event_ts: int, secret: str) -> WebhookBody:
    # The field structure of docs/reference/zoom.md; payload first, as captured.
    return {
        "payload": {
            "account_id": event.account_id,
            "object": _recording(event, index, secret)
            | {
                "account_id": event.account_id,
                "host_email": "host@staff.example.com",
                "password": secret,
                "recording_play_passcode": secret,
                "on_prem": False,
            },
        },
        "event_ts": event_ts,
        "event": "recording.completed",
        "download_token": f"{secret}.DOWNLOAD.TOKEN",
    }


def _recording(event: BookedSession, index: int, secret: str) -> WebhookBody:
    span = event.spans[index]
    link = f"https://zoom.example.com/rec/share/{event.object_id}-{index}"
    return {
        "uuid": span.uuid,
        "id": event.object_id,
        "host_id": event.host_id,
        "topic": event.topic,
        "type": bodies.type_of(event),
        "start_time": format_instant(span.started_at),
        "timezone": "Europe/Berlin",
        "duration": (span.ended_at - span.started_at + 59) // 60,
        "total_size": 48_211_904,
        "recording_count": 1,
        "share_url": f"{link}?pwd={secret}",
        "recording_files": [
            {
                "id": f"{event.object_id}-{index}-file",
                "meeting_id": span.uuid,
                "recording_start": format_instant(span.started_at),
                "recording_end": format_instant(span.ended_at),
                "file_type": "MP4",
                "file_extension": "MP4",
                "file_size": 48_211_904,
                "play_url": f"https://zoom.example.com/rec/play/{secret}",
                "download_url": f"https://zoom.example.com/rec/webhook_download/{secret}",
                "status": "completed",
                "recording_type": "shared_screen_with_speaker_view",
            }
        ],
    }
