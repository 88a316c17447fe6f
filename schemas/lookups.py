"""`zoom.lookups.v1`, its bulk topic and `zoom.lookup-results.v1`: questions to Zoom's REST API, and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from schemas.attendance import ObjectType, Origin
from schemas.model import CloudEvent, Instant, Message

LookupKind = Literal[
    "session",
    "registrants",
    "panelists",
    "identities",
    "past_session",
    "report",
    "absentees",
    "recordings",
    "polls",
    "questions",
]
"""What is asked about one webinar or meeting:

- `session`: its details (`GET /webinars/{id}`, `GET /meetings/{id}`), one row, as Zoom answers;
- `registrants`: its registrants of every status, all pages, one row each, with `status` as Zoom gives it;
- `panelists`: `GET /webinars/{id}/panelists`, one row each;
- `identities`: which of `user_ids` and `emails` belong to users of the account, one row `{"id", "email"}` per hit;
- `past_session`: `GET /past_meetings/{session_uuid}`, one row;
- `report`: `GET /report/{meetings,webinars}/{session_uuid}/participants` with `registrant_id`, all pages, one row each;
- `absentees`: `GET /past_webinars/{session_uuid}/absentees`, one row each;
- `recordings`: `GET /meetings/{session_uuid}/recordings`, one row, of webinars too;
- `polls`: `GET /report/{meetings,webinars}/{session_uuid}/polls`, one row `{"email", "items"}` per person: which polls
  they answered, as hashes, and not how;
- `questions`: `GET /report/{meetings,webinars}/{session_uuid}/qa`, the same of the questions they asked.
"""

Interacted = Literal["polls", "questions"]
"""The kinds of question about what people did."""

Availability = Literal["found", "missing", "unavailable"]
"""Whether Zoom has what was asked for, and tells it."""

ZoomRow = dict[str, Any]
"""One JSON object as Zoom sends it."""


class LookupRequest(Message):
    """One question; key `account_id`, so that one worker owns an account's rate budget."""

    cloud_event = CloudEvent("zoom.lookup.request", time="requested_at")
    kind: Literal["request"] = "request"
    request_id: str
    """Deterministic; repeats of one id ask the same."""
    lookup: LookupKind
    account_id: str
    object_id: str
    object_type: ObjectType
    session_uuid: str | None = None
    occurrence_id: str | None = None
    user_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    origin: Origin = "live"
    requested_at: Instant


class LookupSettled(Message):
    """The look-up agent's note to itself that all answers of a request are out; key `account_id`."""

    cloud_event = CloudEvent("zoom.lookup.settled")
    kind: Literal["settled"] = "settled"
    request_id: str
    account_id: str


class AccountDeauthorized(Message):
    """A person took our app out of their Zoom account: no more calls, and its tokens go; key `account_id`."""

    cloud_event = CloudEvent("zoom.lookup.deauthorized", time="at")
    kind: Literal["deauthorized"] = "deauthorized"
    request_id: str
    """Deterministic, as that of a request: `LookupSettled` names it when it is done."""
    account_id: str
    user_id: str = ""
    """Who did it."""
    at: Instant
    """A login of after this is another consent and stays."""


LOOKUP: TypeAdapter[LookupRequest | LookupSettled | AccountDeauthorized] = TypeAdapter(
    Annotated[LookupRequest | LookupSettled | AccountDeauthorized, Field(discriminator="kind")]
)
"""Parses any record of `zoom.lookups.v1`: ``LOOKUP.validate_json(value)``."""


class LookupResult(Message):
    """One page of an answer (at most 300 rows); key `object_id`. Pages of one request come in order."""

    cloud_event = CloudEvent("zoom.lookup.result", time="answered_at")
    request_id: str
    lookup: LookupKind
    account_id: str
    object_id: str
    object_type: ObjectType
    session_uuid: str | None = None
    occurrence_id: str | None = None
    page: int = 0
    last: bool = True
    outcome: Availability
    """`missing`: Zoom says there is none (404, 3001). `unavailable`: it may not be asked (scope, plan, permission)."""
    detail: str = ""
    """Zoom's code and message where the outcome is not `found`."""
    rows: tuple[ZoomRow, ...] = ()
    """As Zoom sends them, less links, passcodes and phone numbers."""
    origin: Origin = "live"
    answered_at: Instant
    asked: tuple[str, ...] = ()
    """Of `identities`: user ids and contact ids that were asked about, hits or not; on the last page."""

    @classmethod
    def answering(
        cls,
        request: LookupRequest,
        outcome: Availability,
        *,
        answered_at: datetime,
        detail: str = "",
        rows: tuple[ZoomRow, ...] = (),
    ) -> LookupResult:
        """An answer to a request, on one page."""
        return cls(
            request_id=request.request_id,
            lookup=request.lookup,
            account_id=request.account_id,
            object_id=request.object_id,
            object_type=request.object_type,
            session_uuid=request.session_uuid,
            occurrence_id=request.occurrence_id,
            outcome=outcome,
            detail=detail,
            rows=rows,
            origin=request.origin,
            answered_at=answered_at,
        )
