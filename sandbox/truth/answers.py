"""What Zoom's REST API answers about an id and its runs, once everything is over. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.truth.identity import address
from sandbox.zoom.errors import ZoomError
from sandbox.zoom.rows import answer_rows
from sandbox.zoom.state import StateRow, ZoomState
from schemas.instants import parse_instant


@dataclass(frozen=True)
class AccountUsers:
    """The account's own users."""

    emails_by_id: dict[str, str] = field(default_factory=dict)
    emails: frozenset[str] = frozenset()

    @classmethod
    def of(cls, zoom: ZoomState) -> AccountUsers:
        """Users of another account are none of its own."""
        own = [user for user in zoom.users if user.get("account_id") in (None, zoom.account_id)]
        known = [(user.get("id"), email) for user in own if (email := address(user.get("email")))]
        return cls({name: email for name, email in known if name}, frozenset(email for _, email in known))


@dataclass
class AnswersOfZoom:
    """All that is asked about one id."""

    details: StateRow | None = None
    """``None``: Zoom does not know it."""
    registrants: tuple[StateRow, ...] = ()
    """Of every status; `occurrence_ids` are the occurrences in whose list a row stands, none: in each."""
    panelist_emails: frozenset[str] = frozenset()
    reports: dict[str, list[StateRow]] = field(default_factory=dict)
    """By uuid; only those that have rows."""
    past_ends: dict[str, int] = field(default_factory=dict)
    """By uuid: `end_time` of `GET /past_meetings/{uuid}`."""

    @property
    def session_type(self) -> int:
        """Zoom's number; 0: it does not say."""
        return int((self.details or {}).get("type") or 0)

    @property
    def timezone(self) -> str:
        """Empty: it does not say."""
        return str((self.details or {}).get("timezone") or "")

    @property
    def host_emails(self) -> set[str]:
        """None or one."""
        return {text for text in [address((self.details or {}).get("host_email"))] if text}


def ask(zoom: ZoomState, object_type: str, object_id: str, uuids: list[str]) -> AnswersOfZoom:
    """Asks what the rules need."""
    held = zoom.session(object_type, object_id)
    if held is None:
        return AnswersOfZoom()
    answers = AnswersOfZoom(
        details=held[0].details,
        registrants=held[0].registrants,
        panelist_emails=frozenset(email for row in held[0].panelists if (email := address(row.get("email")))),
    )
    for uuid in uuids:
        rows = _ask(
            zoom, f"/report/{object_type}s/{{}}/participants", object_type, uuid, include_fields="registrant_id"
        )
        if isinstance(rows, list) and rows:
            answers.reports[uuid] = rows
        past = _ask(zoom, "/past_meetings/{}", "meeting", uuid)
        end = parse_instant(past.get("end_time")) if isinstance(past, dict) else None
        if end is not None:
            answers.past_ends[uuid] = end
    return answers


def _ask(zoom: ZoomState, path: str, kind: str, uuid: str, **query: str) -> list[StateRow] | StateRow | None:
    asked: Mapping[str, str] = query
    try:
        return answer_rows(path, zoom, kind, uuid, asked)
    except ZoomError:
        return None
