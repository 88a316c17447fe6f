"""Which occurrence a registration is for, where Zoom does not list the occurrences."""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.zoom.state import ZoomState
from schemas.instants import format_instant
from tests.support.tracking import Pipeline, configuration

MORNING = 1_786_521_600
EVENING = MORNING + 8 * 3_600
OBJECT, ACCOUNT = "93577204816", ZoomState().account_id


def event(name: str, at: int, **fields: Any) -> bytes:
    """A webhook about the webinar."""
    item = {"id": OBJECT, "host_id": "host", "topic": "T", "type": 9, **fields}
    payload = {"account_id": ACCOUNT, "object": item}
    return orjson.dumps({"event": f"webinar.{name}", "event_ts": at * 1_000, "payload": payload})


def registration(who: str, start: int) -> bytes:
    """Somebody registered for one of the two occurrences of the day."""
    occurrences = [{"occurrence_id": str(start * 1_000), "start_time": format_instant(start)}]
    registrant = {"id": who, "email": f"{who}@example.com", "first_name": who, "status": "approved"}
    return event("registration_created", MORNING - 86_400, registrant=registrant, occurrences=occurrences)


def test_registration_for_another_occurrence_of_the_day_is_no_no_show_of_this_one() -> None:
    """The other people's registrations show which occurrence it was: hers began eight hours before."""
    start, end = format_instant(EVENING), format_instant(EVENING + 3_600)
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), ZoomState())
    pipeline.refused = frozenset({"session", "registrants"})
    pipeline.feed(
        [
            registration("morning", MORNING),
            registration("evening", EVENING),
            event("started", EVENING, uuid="u==", start_time=start),
            event("ended", EVENING + 3_600, uuid="u==", start_time=start, end_time=end),
        ]
    )
    pipeline.settle()
    assert {result.email: result.attendance_status for result in pipeline.results.values()} == {
        "evening@example.com": "no_show"
    }
