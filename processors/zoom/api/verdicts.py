"""What an answer of Zoom's REST API means for the caller: its errors as data. PURE.

Zoom's `code` decides before the HTTP status does: a 401 is not always about the token, and several endpoints send
code 200 ("no permission") under HTTP 200.
"""

# https://developers.zoom.us/docs/api/errors/ and the endpoints' own pages, checked 2026-11-21.

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["accept", "token", "missing", "unavailable", "expired page", "retry", "permanent"]
"""What to do:

- `accept`: the body is the answer;
- `token`: fetch a new token once and ask again;
- `missing`: Zoom says that there is none;
- `unavailable`: it may not be asked (permission, plan, scope);
- `expired page`: the page token is too old, begin at page one;
- `retry`: the same again later;
- `permanent`: never, as it was asked.
"""

MAX_MESSAGE_CHARACTERS = 300

_BY_CODE: Mapping[int, Action] = {
    124: "token",
    200: "unavailable",
    429: "retry",
    1001: "missing",  # user does not exist
    1010: "permanent",  # user is not in this account; as HTTP 401 for past Q&A
    2300: "permanent",  # endpoint not recognised
    2305: "missing",  # no summary
    3000: "permanent",  # a webinar asked for as a meeting, or a webinar without registration
    3001: "missing",  # does not exist, expired or not ended
    3161: "permanent",  # host may not host
    3301: "missing",  # no recording
    4700: "unavailable",
    4711: "unavailable",
    12702: "permanent",  # older than a year
    12703: "permanent",
}
_VALIDATION = 300
_LATER_STATUSES = frozenset({408, 425, 429})
_SCOPES = re.compile(r"scopes?[\s:]*\[([^\[\]]*)\]", re.IGNORECASE)
# A match begins where a word does, or each letter of a long word would be tried as the first.
_EMAIL = re.compile(r"(?<![^\s:;,<>\"'()\[\]])[^\s:;,<>\"'()\[\]@]+@[^\s:;,<>\"'()\[\]]+")
_LONGEST_CODE = 9
"""Digits; Zoom's have at most five."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and what Zoom said."""

    action: Action
    code: int | None = None
    message: str = ""
    """Zoom's words without e-mail addresses, cut to a length fit for a log."""
    missing_scopes: tuple[str, ...] = ()
    """Scopes that Zoom names as lacking."""


def judge(
    status: int,
    body: object,
    *,
    expects: str | None,
    in_paging: bool,
    none_codes: frozenset[int] = frozenset(),
    may_be_empty: bool = False,
) -> Verdict:
    """Decide what an answer means.

    Args:
        status: the HTTP status.
        body: the parsed JSON; anything but a mapping counts as none.
        expects: the list that a good answer must hold; ``None`` when it is a single object.
        in_paging: the request carried a `next_page_token`.
        none_codes: codes that mean "there is none" for this endpoint.
        may_be_empty: a good answer may have no body.
    """
    fields: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    code = _code(fields)
    message = _message(fields)
    action: Action
    if code in none_codes:
        action = "missing"
    elif may_be_empty and 200 <= status < 300 and not fields:
        action = "accept"
    else:
        action = _action(status, fields, code, expects=expects, in_paging=in_paging)
    if action == "accept":
        return Verdict("accept")
    return Verdict(action, code, message, _named_scopes(message))


def _message(fields: Mapping[str, Any]) -> str:
    """Cut before anything searches it; the last word of what was cut goes too, which may be half an address."""
    told = fields.get("message")
    if not isinstance(told, str):
        return ""
    if len(told) > MAX_MESSAGE_CHARACTERS:
        told = told[:MAX_MESSAGE_CHARACTERS].rpartition(" ")[0]
    return _EMAIL.sub("<e-mail>", told)


def _code(fields: Mapping[str, Any]) -> int | None:
    code = fields.get("code")
    if isinstance(code, str) and code.isdecimal() and len(code) <= _LONGEST_CODE:
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _action(
    status: int, fields: Mapping[str, Any], code: int | None, *, expects: str | None, in_paging: bool
) -> Action:
    if code == _VALIDATION:
        return "expired page" if in_paging else "permanent"
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code]
    if 200 <= status < 300:
        return _accepted(fields, code, expects)
    return _by_status(status, code)


def _accepted(fields: Mapping[str, Any], code: int | None, expects: str | None) -> Action:
    if code is not None:
        return "permanent"
    if not fields:
        return "retry"  # a proxy's page, or a body cut short
    if expects is None:
        return "unavailable" if set(fields) <= {"message", "status"} else "accept"
    return "accept" if isinstance(fields.get(expects), list) else "unavailable"


def _by_status(status: int, code: int | None) -> Action:
    if status in _LATER_STATUSES or status >= 500 or status < 400:
        return "retry"
    if status == 401:
        return "token" if code is None else "unavailable"
    if status == 403:
        return "unavailable"
    return "missing" if status == 404 else "permanent"


def _named_scopes(message: str) -> tuple[str, ...]:
    match = _SCOPES.search(message)
    if not match:
        return ()
    return tuple(scope.strip(" \"'") for scope in match[1].split(",") if scope.strip(" \"'"))
