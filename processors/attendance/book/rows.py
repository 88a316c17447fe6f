"""Every kind of row of the table `attendance`, each declared once. PURE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from processors.attendance.book.book import BookKind
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.facts import NOTHING_SHOWN, Shown
from processors.attendance.rules.presence import Filed
from processors.attendance.rules.recordings import ChosenRecording, RecordingRow
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.rules.reports import ReportRow, ReportState
from processors.attendance.rules.runs import RunRow
from processors.attendance.rules.schedule import Schedule
from schemas.attendance import ObjectType, Origin
from schemas.codec import pack, unpack
from schemas.model import Message
from schemas.sessions import SessionSummary

R = TypeVar("R")


class Published(NamedTuple):
    """What the world was last told about a registration, or about one person's result of one session."""

    revision: int
    digest: str
    email: str
    retracted: bool


class PublishedSession(NamedTuple):
    """What the world was last told about a session."""

    given: list[str]
    """All runs of its date when it was computed."""
    end: int
    """E, seconds since 1970."""
    digest: str
    retracted: bool


class AccountUser(NamedTuple):
    """Whether an address or a user id is of a user of the account."""

    is_own: bool
    email: str | None


class Heard(NamedTuple):
    """When registrations were last heard of, to within a day, and the latest start that they are for."""

    at_ms: int = 0
    latest_start: int = 0


class Conversion(NamedTuple):
    """What a converted webinar or meeting is now."""

    event_ts: int
    object_type: ObjectType


@dataclass(slots=True)
class Question:
    """A question to Zoom."""

    state: str
    """`asked`, else the outcome."""
    contacts: list[str] = field(default_factory=list)
    """Contact ids that `identities` asked about."""
    user_ids: list[str] = field(default_factory=list)
    asked_ms: int = 0
    """When, milliseconds since 1970."""


@dataclass(slots=True)
class Details:
    """What Zoom answered about a webinar or meeting itself."""

    host_email: str | None = None
    start: int | None = None
    topic: str = ""
    host_id: str = ""
    zoom_type: int | None = None
    time_zone: str | None = None
    tracking_fields: list[tuple[str, str]] = field(default_factory=list)
    """(name, value), in order of the name."""


@dataclass(slots=True)
class Visitor:
    """What webhooks and the report show of one `user_id` of a run."""

    connection: str = ""
    """The webhooks' connection that has it."""
    shown: Shown = NOTHING_SHOWN
    """By webhooks, that of a phone leg with what it takes from the connection that it is bound to."""
    reported: Shown = NOTHING_SHOWN
    """By the report's rows."""
    panelist: bool = False
    """A change of roles made the connection one, and so whoever its rows name."""


def _packed(make: Callable[..., R], *, whole: Callable[[Any], Any] = list) -> dict[str, Any]:
    return {"decode": lambda data: make(*unpack(data)), "encode": lambda row: pack(whole(row))}


def _of_bytes(row: Any) -> dict[str, Any]:
    return {"decode": row.from_bytes, "encode": row.to_bytes}


def _of_messages(model: type[Message]) -> dict[str, Any]:
    return {"decode": model.from_bytes, "encode": lambda message: message.to_bytes()}


_TRUE: dict[str, Any] = {"decode": lambda _data: True, "encode": lambda _row: b"1"}
_VALUE: dict[str, Any] = {"decode": unpack, "encode": pack}
_RUN: Any = {"goes": "with its run"}
_WEBINAR: Any = {"goes": "with its webinar"}


def _visitor(connection: str, shown: list[Any], reported: list[Any], *panelist: bool) -> Visitor:
    return Visitor(connection, Shown(*shown), Shown(*reported), *panelist)


def _of_visitor(row: Visitor) -> list[Any]:
    often = [row.connection, list(row.shown), list(row.reported)]
    return [*often, True] if row.panelist else often


RUN: BookKind[RunRow] = BookKind(
    # Each event of a run reads its row, and hardly any changes it.
    "i",
    "a run",
    ("uuid",),
    lru_cache(maxsize=1_024)(RunRow.from_bytes),
    RunRow.to_bytes,
    "with its run",
)
CONNECTION: BookKind[Connection] = BookKind(
    "c", "a connection", ("uuid", "connection"), **_of_bytes(Connection), **_RUN
)
REPORT_STATE: BookKind[ReportState] = BookKind(
    "m", "how far readings of a report are", ("uuid",), **_of_bytes(ReportState), **_RUN
)
REPORT_ROW: BookKind[ReportRow] = BookKind("t", "a row of a report", ("uuid", "row"), **_of_bytes(ReportRow), **_RUN)
VISITOR: BookKind[Visitor] = BookKind(
    "vu", "who a `user_id` of a run is", ("uuid", "user_id"), **_packed(_visitor, whole=_of_visitor), **_RUN
)
FILED: BookKind[Filed] = BookKind(
    "v", "the presence of a contact in a run", ("uuid", "contact", "evidence"), **_of_bytes(Filed), **_RUN
)
ABSENT: BookKind[bool] = BookKind("a", "absent from a run, as Zoom says", ("uuid", "contact"), **_TRUE, **_RUN)
TOTAL: BookKind[int] = BookKind("n", "how many participants Zoom counts in a run", ("uuid",), **_VALUE, **_RUN)
PARTICIPATION: BookKind[list[str]] = BookKind(
    "b", "polls or questions of a contact; without one: of everybody", ("uuid", "kind", "contact"), **_VALUE, **_RUN
)
MESSAGE: BookKind[bool] = BookKind("bc", "a chat message of a contact", ("uuid", "contact", "message"), **_TRUE, **_RUN)
RECORDING: BookKind[RecordingRow] = BookKind(
    "w", "the recording of a run", ("uuid",), **_of_bytes(RecordingRow), **_RUN
)
CHOICE: BookKind[ChosenRecording] = BookKind(
    "wc", "what a session's people are told of", ("session",), **_of_bytes(ChosenRecording), **_RUN
)
RECORDING_PUBLISHED: BookKind[bool] = BookKind(
    "y", "that somebody was told of a recording", ("session", "contact"), **_TRUE, **_RUN
)
LOBBY: BookKind[tuple[Origin, str]] = BookKind(
    "zl", "which registrant is there before the start can be told of", ("uuid",), **_VALUE, **_RUN
)
STARTED: BookKind[Origin] = BookKind("z", "that the start was told of with this run", ("uuid",), **_VALUE, **_RUN)
ENDED_PUBLISHED: BookKind[bool] = BookKind(
    "ze", "that a contact was told of the end", ("session", "contact"), **_TRUE, **_RUN
)
RESULT: BookKind[Published] = BookKind(
    "r", "the result last told", ("session", "contact"), **_packed(Published), **_RUN
)
SESSION: BookKind[PublishedSession] = BookKind(
    "s", "the session last told", ("session",), **_packed(PublishedSession), **_RUN
)
SESSION_STATE: BookKind[SessionSummary] = BookKind(
    "sn", "what was last told of a session that is not final", ("session",), **_of_messages(SessionSummary), **_RUN
)

REGISTRATION: BookKind[RegistrationRow] = BookKind(
    "g", "a registration", ("registrant",), **_of_bytes(RegistrationRow), **_WEBINAR
)
CONTACT_REGISTRATION: BookKind[bool] = BookKind(
    "q", "whose a registration is", ("contact", "registrant"), **_TRUE, **_WEBINAR
)
REGISTRATION_PUBLISHED: BookKind[Published] = BookKind(
    "e", "the registration last told", ("registrant",), **_packed(Published), **_WEBINAR
)
UNKNOWN_REGISTRANT: BookKind[bool] = BookKind(
    "u", "an id that Zoom does not know", ("registrant",), **_TRUE, **_WEBINAR
)
HEARD: BookKind[Heard] = BookKind("h", "when registrations were heard of", (), **_packed(Heard), **_WEBINAR)
DESCRIBED_DETAILS: BookKind[Details] = BookKind(
    "d", "details that Zoom answered", (), **_packed(Details, whole=astuple), **_WEBINAR
)
SCHEDULE: BookKind[Schedule] = BookKind("f", "the webinar's dates", (), **_of_bytes(Schedule), **_WEBINAR)
CONVERSION: BookKind[Conversion] = BookKind("o", "webinar or meeting since when", (), **_packed(Conversion), **_WEBINAR)
PANELIST: BookKind[bool] = BookKind("p", "a panelist", ("contact",), **_TRUE, **_WEBINAR)
IDENTITY_OF_EMAIL: BookKind[AccountUser] = BookKind(
    "xe", "whose an address is", ("contact",), **_packed(AccountUser), **_WEBINAR
)
IDENTITY_OF_USER: BookKind[AccountUser] = BookKind(
    "xu", "whose a user id is", ("user",), **_packed(AccountUser), **_WEBINAR
)
QUESTION: BookKind[Question] = BookKind(
    "k", "a question to Zoom", ("purpose", "uuid", "part"), **_packed(Question, whole=astuple), **_WEBINAR
)

BOOK_KINDS: tuple[BookKind[Any], ...] = (
    SESSION_STATE, SESSION, RESULT, RECORDING_PUBLISHED, ENDED_PUBLISHED, CHOICE, FILED, VISITOR, REPORT_ROW,
    CONNECTION, ABSENT, TOTAL, PARTICIPATION, MESSAGE, REPORT_STATE, RECORDING, LOBBY, STARTED, RUN, REGISTRATION,
    CONTACT_REGISTRATION, REGISTRATION_PUBLISHED, IDENTITY_OF_EMAIL, IDENTITY_OF_USER, PANELIST, UNKNOWN_REGISTRANT,
    QUESTION, DESCRIBED_DETAILS, SCHEDULE, CONVERSION, HEARD,
)  # fmt: skip
"""All of them, in the order in which they go: first what was published, so that an interrupted sweep leaves nothing of
it; last of a run, and of a webinar, the row that says that there is something to forget."""
