"""What registrants tell of themselves is on their registration's record, whoever told us."""

from __future__ import annotations

import orjson

from sandbox.zoom.state import ZoomObject, ZoomState
from schemas.attendance import REGISTRANT_FIELDS, Registration
from tests.support.tracking import Pipeline, configuration

FILLED_IN = {
    "last_name": "Ferreira",
    "org": "Granit & Söhne",
    "job_title": "Floor Manager",
    "industry": "Construction",
    "country": "PT",
    "city": "Évora",
    "no_of_employees": "51-100",
    "role_in_purchase_process": "Decision Maker",
    "purchasing_time_frame": "1-3 months",
    "comments": "Is there a recording?",
}
REGISTRANT = {"id": "RegAna", "first_name": "Ana", "email": "ana@granit.example", "status": "approved", **FILLED_IN}
OBJECT, AT = "93577204816", 1_786_521_600


def event(name: str, **fields: object) -> bytes:
    """A webhook about the webinar."""
    item = {"id": OBJECT, "host_id": "host", "topic": "Floors", "type": 5, "start_time": "2026-08-12T12:00:00Z"}
    payload = {"account_id": ZoomState().account_id, "object": item | fields}
    return orjson.dumps({"event": f"webinar.{name}", "event_ts": AT * 1_000, "payload": payload})


def told(zoom: ZoomState, body: bytes) -> Registration:
    """The registration as it is published after one webhook and Zoom's answers to what was asked because of it."""
    pipeline = Pipeline(configuration(), zoom)
    pipeline.feed([body])
    [registration] = pipeline.registrations.values()
    return registration


def test_webhook_and_list_tell_the_same_of_a_registrant() -> None:
    """Every field that is filled in, under the same name."""
    by_webhook = told(ZoomState(), event("registration_created", registrant=REGISTRANT))
    listed = {**REGISTRANT, "create_time": "2026-08-12T10:00:00Z"}
    details = {"id": int(OBJECT), "type": 5, "topic": "Floors", "host_id": "host"}
    webinar = ZoomObject(object_type="webinar", details=details, registrants=(listed,))
    by_list = told(ZoomState(sessions=(webinar,)), event("started", uuid="u=="))
    assert (by_webhook.observed, by_list.observed) == ("webhook", "list")
    assert by_webhook.occurrences == by_list.occurrences == (), "the list of the whole webinar says nothing of dates"
    for registration in (by_webhook, by_list):
        assert {name: getattr(registration, name) for name in REGISTRANT_FIELDS} == FILLED_IN


def test_field_that_is_left_empty_is_not_told() -> None:
    """Zoom sends the whole form, with empty texts for what nobody typed."""
    registration = told(ZoomState(), event("registration_created", registrant={**REGISTRANT, "org": "", "city": None}))
    assert (registration.org, registration.city, registration.country) == (None, None, "PT")
