"""What an answer of Zoom's REST API means for the caller: its errors as data. PURE.

Zoom's `code` decides before the HTTP status does: a 401 is not always about the token, and several endpoints send
code 200 ("no permission") under HTTP 200. An answer with neither a code of Zoom's nor what was asked for is somebody
else's: a proxy's page, a login page, a gateway. Nothing of it is believed.
"""

# https://developers.zoom.us/docs/api/errors/ and the endpoints' own pages, checked 2026-11-21.

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runtime.outcome import Outcome

RetryStep = Literal["new token", "first page"]
"""What to do within the same call, once: fetch another token and ask again; begin the list again at page one."""

MAX_MESSAGE_CHARACTERS = 300

_BY_CODE: Mapping[int, Outcome] = {
    124: Outcome.PARK,  # the token, once more after a new one
    200: Outcome.STOP,
    429: Outcome.PAUSE,
    1001: Outcome.MISSING,  # user does not exist
    1010: Outcome.REJECT,  # user is not in this account; as HTTP 401 for past Q&A
    2300: Outcome.REJECT,  # endpoint not recognised
    2305: Outcome.MISSING,  # no summary
    3000: Outcome.REJECT,  # a webinar asked for as a meeting, or a webinar without registration
    3001: Outcome.MISSING,  # does not exist, expired or not ended
    3161: Outcome.REJECT,  # host may not host
    3301: Outcome.MISSING,  # no recording
    4700: Outcome.STOP,
    4711: Outcome.STOP,
    12702: Outcome.REJECT,  # older than a year
    12703: Outcome.REJECT,
}
_TOKEN = 124
_VALIDATION = 300
_LEAST_CODE = 100
"""Zoom's codes have three digits at least; a gateway's (gRPC's, say) have fewer, or repeat the HTTP status."""
_LATER_STATUSES = frozenset({408, 425})
_LIMITED = 429
_REFUSAL = re.compile(r"not permitted|no permission|paid account|\bplan\b", re.IGNORECASE)
"""Zoom's words where it leaves its code out: of shared access and of plans. Gateways say "Forbidden" and the like."""
_SCOPES = re.compile(r"scopes?[\s:]*\[([^\[\]]*)\]", re.IGNORECASE)
# A match begins where a word does, or each letter of a long word would be tried as the first.
_EMAIL = re.compile(r"(?<![^\s:;,<>\"'()\[\]])[^\s:;,<>\"'()\[\]@]+@[^\s:;,<>\"'()\[\]]+")
_LONGEST_CODE = 9
"""Digits; Zoom's have at most five."""


@dataclass(frozen=True, slots=True)
class ZoomVerdict:
    """What it comes to, and what Zoom said."""

    outcome: Outcome
    code: int | None = None
    message: str = ""
    """Zoom's words without e-mail addresses, cut to a length fit for a log."""
    missing_scopes: tuple[str, ...] = ()
    """Scopes that Zoom names as lacking."""
    step: RetryStep | None = None
    """To be tried first; `outcome` is what it comes to when that did not help."""


def judge(
    status: int,
    body: object,
    *,
    holds: str,
    is_list: bool = False,
    in_paging: bool = False,
    none_codes: frozenset[int] = frozenset(),
) -> ZoomVerdict:
    """Decide what an answer means.

    Args:
        status: the HTTP status.
        body: the parsed JSON; ``None`` for a body that is none, and ``""`` for no body at all.
        holds: the field that a good answer has; ``""`` when a good answer has no body.
        is_list: that field is a list.
        in_paging: the request carried a `next_page_token`.
        none_codes: codes that mean "there is none" for this endpoint.
    """
    fields: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    code, message = _code(fields, status), _message(fields)
    if 300 <= status < 400:
        return ZoomVerdict(Outcome.FOREIGN, code)
    if code is not None:
        outcome = Outcome.MISSING if code in none_codes else _by_code(code, status)
        if in_paging and outcome is Outcome.MISSING:
            outcome = Outcome.RETRY  # it had a first page
        return ZoomVerdict(outcome, code, message, _named_scopes(message), _step(code, in_paging=in_paging))
    if 200 <= status < 300:
        return ZoomVerdict(_accepted(body, fields, holds, message, is_list=is_list), message=message)
    step: RetryStep | None = "new token" if status == 401 else None
    return ZoomVerdict(_by_status(status, message), message=message, step=step)


def _message(fields: Mapping[str, Any]) -> str:
    """Cut before anything searches it; the last word of what was cut goes too, which may be half an address."""
    told = fields.get("message")
    if not isinstance(told, str):
        return ""
    if len(told) > MAX_MESSAGE_CHARACTERS:
        told = told[:MAX_MESSAGE_CHARACTERS].rpartition(" ")[0]
    return _EMAIL.sub("<e-mail>", told)


def _code(fields: Mapping[str, Any], status: int) -> int | None:
    said = fields.get("code")
    if isinstance(said, str) and said.isdecimal() and len(said) <= _LONGEST_CODE:
        said = int(said)
    if not isinstance(said, int) or isinstance(said, bool) or said < _LEAST_CODE:
        return None
    return said if said in _BY_CODE or said != status else None


def _step(code: int, *, in_paging: bool) -> RetryStep | None:
    if code == _TOKEN:
        return "new token"
    return "first page" if code == _VALIDATION and in_paging else None


def _by_code(code: int, status: int) -> Outcome:
    if code == _VALIDATION:
        return Outcome.REJECT
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status == _LIMITED:
        return Outcome.PAUSE
    if status in _LATER_STATUSES or status >= 500:
        return Outcome.RETRY
    if status in (401, 403):
        return Outcome.STOP
    return Outcome.MISSING if status == 404 else Outcome.REJECT


def _accepted(body: object, fields: Mapping[str, Any], holds: str, message: str, *, is_list: bool) -> Outcome:
    if not holds:
        return Outcome.DONE if body in ("", {}) else Outcome.FOREIGN
    if isinstance(fields.get(holds), list) if is_list else holds in fields:
        return Outcome.DONE
    return Outcome.STOP if _REFUSAL.search(message) else Outcome.FOREIGN  # "Only available for Paid account."


def _by_status(status: int, message: str) -> Outcome:
    if status == _LIMITED:
        return Outcome.PAUSE
    if status in _LATER_STATUSES or status >= 500:
        return Outcome.RETRY
    return Outcome.STOP if status == 403 and _REFUSAL.search(message) else Outcome.FOREIGN


def _named_scopes(message: str) -> tuple[str, ...]:
    match = _SCOPES.search(message)
    if not match:
        return ()
    return tuple(scope.strip(" \"'") for scope in match[1].split(",") if scope.strip(" \"'"))
