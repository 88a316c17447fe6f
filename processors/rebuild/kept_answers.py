"""Answers what `track-attendance` asks Zoom from what Zoom has answered before. PURE.

Wraps the rule of a rebuild. Answers of `zoom.lookup-results.v1` are kept in a table as they are read; a question is
answered with the newest answer to the same, as Zoom would say it now. Where that is less than a day old the question's
own answer is wanted, for the readings of a report that is still being written are compared with each other; it is
waited for.

| key, parts joined by NUL | row |
| --- | --- |
| `h`, subject | by request id: [when it was answered in epoch ms, whether all pages are there] |
| `p`, subject, request id, page | a page |
| `i`, account, object, user or contact id | [when it was answered, Zoom's row or nothing]: whose an identity is |
| `w`, subject, request id | a question that waits |
| `due|<epoch ms>|`, subject, request id | when it is given up, unless there is more to read before |
| `u`, subject, request id | a question that was given up |

A subject is what is asked: look-up, account, object, run, occurrence. Identities are asked in portions that depend on
the clock, so each is kept alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from typing_extensions import override

from processors.engine.view import Record, Rule, View
from processors.rebuild.asking_view import AskingView
from schemas.codec import contact_id, normalise_email, pack, unpack
from schemas.instants import DAY_MS, as_datetime
from schemas.lookups import LookupRequest, LookupResult
from schemas.ticks import Tick
from schemas.topics import (
    HELD_EVENTS,
    KEPT_ANSWERS,
    LOOKUP_RESULTS,
    LOOKUPS_BULK,
    RAW_EVENTS,
    TICKS,
)

KEPT_ANSWERS_TABLE = "kept-answers"
DUE_QUESTION = b"due|"
WAITING, UNANSWERED = b"w\0", b"u\0"
PATIENCE_MS = 5_000
"""So long a question waits for its own answer, which the live worker may be asking for at the same time."""
GIVEN_UP_AT_ONCE = 500
"""Questions; more of them get a tick of their own."""
_PLACE = {HELD_EVENTS.name: RAW_EVENTS.name, KEPT_ANSWERS.name: LOOKUP_RESULTS.name}


def due_ms(row_key: bytes) -> int:
    """When a due row is due, in milliseconds since 1970."""
    return int(row_key.split(b"|", 2)[1])


class KeptAnswers(Rule):
    """The rule of `track-attendance` in a rebuild.

    Args:
        rule: of the worker.
        asks_zoom: what nobody kept an answer to is asked, behind all live work; else it counts as not to be had.
    """

    def __init__(self, rule: Rule, *, asks_zoom: bool) -> None:
        self._rule = rule
        self._asks_zoom = asks_zoom
        self._asking: AskingView | None = None

    @override
    def handle(self, record: Record, view: View) -> None:
        """What the rule raises is not held back."""
        if record.topic == LOOKUP_RESULTS.name:
            self._keep(LookupResult.from_bytes(record.value or b""), record.taken_ms, view)
            return
        if record.topic == TICKS.name:
            self._give_up(record.taken_ms, view)
        if self._asking is None or self._asking.view is not view:
            self._asking = AskingView(view, self._asked)  # of a turn: one for all its records
        self._asking.begin(record.taken_ms)
        topic = _PLACE.get(record.topic)
        self._rule.handle(record if topic is None else record._replace(topic=topic), self._asking)

    def _asked(self, request: LookupRequest, now_ms: int, view: View) -> None:
        """Answer at once, or wait until more is read."""
        if self._answer(request, now_ms, view):
            return
        subject = _subject(request)
        view.put(KEPT_ANSWERS_TABLE, _key("w", subject, request.request_id), request.to_bytes())
        view.put(KEPT_ANSWERS_TABLE, _due_key(now_ms + PATIENCE_MS, subject, request.request_id), b"1")

    def _keep(self, result: LookupResult, now_ms: int, view: View) -> None:
        at_ms, subject = int(result.answered_at.timestamp() * 1000), _subject(result)
        if result.lookup == "identities":
            _keep_identities(result, at_ms, view)
        else:
            view.put(KEPT_ANSWERS_TABLE, _page_key(subject, result.request_id, result.page), result.to_bytes())
            head = _key("h", subject)
            kept = unpack(view.get(KEPT_ANSWERS_TABLE, head) or b"{}")
            if result.last:
                kept[result.request_id] = at_ms
                view.put(KEPT_ANSWERS_TABLE, head, pack(kept))
        if not result.last:
            return
        for key, value in list(view.scan(KEPT_ANSWERS_TABLE, _key("w", subject, ""))):
            if self._answer(LookupRequest.from_bytes(value), now_ms, view):
                view.delete(KEPT_ANSWERS_TABLE, key)

    def _answer(self, request: LookupRequest, now_ms: int, view: View, *, is_late: bool = False) -> bool:
        """Send what answers the question to the own agent; false when it is to wait. `is_late`: nothing more comes."""
        if request.lookup == "identities":
            return _answer_identities(request, now_ms, view)
        subject = _subject(request)
        kept: dict[str, int] = unpack(view.get(KEPT_ANSWERS_TABLE, _key("h", subject)) or b"{}")
        if not kept:
            return False
        chosen = max(kept, key=lambda name: (kept[name], name))
        if now_ms - kept[chosen] < DAY_MS and request.request_id in kept:
            chosen = request.request_id
        elif now_ms - kept[chosen] < DAY_MS and not is_late:
            return False
        for _key_of_page, page in view.scan(KEPT_ANSWERS_TABLE, _key("p", subject, chosen, "")):
            answer = LookupResult.from_bytes(page).model_copy(update={"request_id": request.request_id})
            view.send(KEPT_ANSWERS.name, answer.object_id.encode(), answer)
        return True

    def _give_up(self, now_ms: int, view: View) -> None:
        """Questions whose time has come: all that was there to read has been read."""
        due = itertools.takewhile(lambda row: due_ms(row[0]) <= now_ms, view.scan(KEPT_ANSWERS_TABLE, DUE_QUESTION))
        rows = list(itertools.islice(due, GIVEN_UP_AT_ONCE + 1))
        for key, _value in rows[:GIVEN_UP_AT_ONCE]:
            view.delete(KEPT_ANSWERS_TABLE, key)
            waiting = WAITING + key.split(b"|", 2)[2]
            value = view.get(KEPT_ANSWERS_TABLE, waiting)
            if value is not None:
                self._give_up_one(waiting, LookupRequest.from_bytes(value), now_ms, view)
        for key, _value in rows[GIVEN_UP_AT_ONCE:]:
            object_id = key.split(b"\0")[2]
            view.send(TICKS.name, object_id, Tick(kind="clock", now=as_datetime(now_ms // 1000)))

    def _give_up_one(self, waiting: bytes, request: LookupRequest, now_ms: int, view: View) -> None:
        if self._answer(request, now_ms, view, is_late=True):
            view.delete(KEPT_ANSWERS_TABLE, waiting)
        elif self._asks_zoom:  # goes on waiting
            view.send(LOOKUPS_BULK.name, request.account_id.encode(), request.model_copy(update={"origin": "backfill"}))
        else:
            view.delete(KEPT_ANSWERS_TABLE, waiting)
            view.put(KEPT_ANSWERS_TABLE, UNANSWERED + waiting[len(WAITING) :], b"1")
            at = as_datetime(now_ms // 1000)
            hits = tuple(_hits(request, view)) if request.lookup == "identities" else ()
            if hits:
                answer = LookupResult.answering(request, "found", answered_at=at, rows=hits)
            else:
                answer = LookupResult.answering(request, "unavailable", answered_at=at, detail="no answer was kept")
            view.send(KEPT_ANSWERS.name, request.object_id.encode(), answer)


def _keep_identities(result: LookupResult, at_ms: int, view: View) -> None:
    found: dict[str, dict[str, Any]] = {}
    for row in result.rows:
        email = normalise_email(row.get("email"))
        found |= {str(name): row for name in (row.get("id"), contact_id(email) if email else None) if name}
    for name in (*found, *(asked for asked in result.asked if asked not in found)):
        key = _key("i", result.account_id, result.object_id, name)
        before = view.get(KEPT_ANSWERS_TABLE, key)
        hit = found.get(name)
        # Hits come on earlier pages, and whom they do not name is none: on the last.
        if before is None or unpack(before)[0] < at_ms or hit is not None:
            view.put(KEPT_ANSWERS_TABLE, key, pack([at_ms, hit]))


def _answer_identities(request: LookupRequest, now_ms: int, view: View) -> bool:
    if any(view.get(KEPT_ANSWERS_TABLE, key) is None for key in _identity_keys(request)):
        return False
    at, hits = as_datetime(now_ms // 1000), tuple(_hits(request, view))
    answer = LookupResult.answering(request, "found", answered_at=at, rows=hits)
    view.send(KEPT_ANSWERS.name, request.object_id.encode(), answer)
    return True


def _hits(request: LookupRequest, view: View) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = []
    for key in _identity_keys(request):
        data = view.get(KEPT_ANSWERS_TABLE, key)
        row = None if data is None else unpack(data)[1]
        if row is not None and row not in hits:
            hits.append(row)
    return hits


def _identity_keys(request: LookupRequest) -> Iterator[bytes]:
    for name in (*request.user_ids, *map(contact_id, request.emails)):
        yield _key("i", request.account_id, request.object_id, name)


def _subject(asked: LookupRequest | LookupResult) -> str:
    run = "" if asked.lookup == "identities" else asked.session_uuid or ""
    return "\0".join((asked.lookup, asked.account_id, asked.object_id, run, asked.occurrence_id or ""))


def _key(*parts: str) -> bytes:
    return "\0".join(parts).encode()


def _page_key(subject: str, request_id: str, page: int) -> bytes:
    return _key("p", subject, request_id, f"{page:06d}")


def _due_key(at_ms: int, subject: str, request_id: str) -> bytes:
    return DUE_QUESTION + _key(f"{at_ms:013d}|{subject}", request_id)
