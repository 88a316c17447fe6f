"""Before an occurrence can be computed: what Zoom has to be asked, and waiting for its answers. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from processors.attendance.occurrences import scheduled_start
from processors.attendance.registrations import RegistrationRow
from processors.engine.view import View
from processors.tracking.evidence import evidence_of
from processors.tracking.index import Index, Unknown
from processors.tracking.jobs import Phase, Run
from processors.tracking.keys import TABLE, key, last_part, prefix
from processors.tracking.lookups import CHUNK, Subject, ask, details, is_open
from processors.tracking.reconciliation import ask_zoom
from processors.tracking.results import OccurrenceFacts
from processors.tracking.settings import TrackingSettings

Note = Callable[[Unknown], None]


class Asking:
    """The phases *ask* and *identify*."""

    def __init__(self, settings: TrackingSettings, index: Index) -> None:
        self._settings = settings
        self._index = index

    def ask(self, view: View, facts: OccurrenceFacts, run: Run, now_ms: int) -> None:
        """Details, then the registrants of every status (per occurrence where there are any) and the panelists."""
        object_id, first, last = facts.object_id, facts.first, run.instances[-1]
        subject = Subject(first.account_id, object_id, first.object_type, facts.origin)
        ask(view, subject, "session", f"session|{run.instances[0]}", now_ms)
        scopes = [f"session|{run.instances[0]}"]
        if not is_open(view, object_id, scopes[0]) and first.object_type == "webinar":
            occurrence_id = self._occurrence_id(view, facts)
            scopes.append(f"registrants|{last}|{occurrence_id or ''}")
            ask(view, subject, "registrants", scopes[-1], now_ms, occurrence_id=occurrence_id)
            if self._settings.exclude_panelists:
                scopes.append(f"panelists|{last}")
                ask(view, subject, "panelists", scopes[-1], now_ms)
            if facts.final:
                scopes += ask_zoom(view, facts, now_ms)
            _wait_for(view, object_id, run, scopes, "identify")
            return
        if first.object_type == "meeting" and facts.final:
            scopes += ask_zoom(view, facts, now_ms)
        _wait_for(view, object_id, run, scopes, "ask" if first.object_type == "webinar" else "identify")

    def _occurrence_id(self, view: View, facts: OccurrenceFacts) -> str | None:
        occurrences = details(view, facts.object_id).occurrences
        start = scheduled_start(facts.occurrence.start, (start for _id, start in occurrences))
        return next((each for each, begins in occurrences if begins == start), None)

    def identify(self, view: View, facts: OccurrenceFacts, run: Run, now_ms: int) -> None:
        """Ask about people nobody was asked about, as many as a step handles, then go on behind them."""
        unknown, object_id = Unknown(set(), set(), set()), facts.object_id
        position = None
        for handled, (cursor, note) in enumerate(self._people(view, facts, run.cursor)):
            if handled >= self._settings.step:
                position = cursor
                break
            note(unknown)
        subject = Subject(facts.first.account_id, object_id, facts.first.object_type, facts.origin)
        scopes: list[str] = []
        for emails, user_ids in _chunks(unknown):
            scopes.append(f"identities|{run.occurrence}|{run.step}|{len(scopes)}|{now_ms}")
            ask(view, subject, "identities", scopes[-1], now_ms, emails=emails, user_ids=user_ids)
        if unknown.registrant_ids:
            if not run.asked_again:
                scopes.append(f"registrants|{run.occurrence}|again|{now_ms}")
                ask(view, subject, "registrants", scopes[-1], now_ms)
                run.asked_again, position = True, ""
            else:
                # Zoom has just been asked for all of them, and does not know these.
                for registrant_id in unknown.registrant_ids:
                    view.put(TABLE, key("u", object_id, registrant_id), b"1")
        _wait_for(view, object_id, run, scopes, "identify" if position is not None else "index")
        if position is not None:
            run.cursor = position

    def _people(self, view: View, facts: OccurrenceFacts, cursor: str) -> Iterator[tuple[str, Note]]:
        """(cursor, what notes their unknowns) of connections, then of registrations."""
        object_id = facts.object_id
        if not cursor.startswith("g|"):
            for each in evidence_of(view, object_id, facts.occurrence.uuids, cursor.removeprefix("c|")):
                yield f"c|{each.cursor}", partial(self._index.note_unknown, view, object_id, each.connection)
        if facts.first.object_type != "webinar":
            return
        below = prefix("g", object_id)
        start = below + cursor.removeprefix("g|").encode() if cursor.startswith("g|") else below
        for row_key, data in view.scan(TABLE, below, start):
            email = RegistrationRow.from_bytes(data).email
            if email is not None:
                yield f"g|{last_part(row_key)}", partial(self._index.note_email, view, object_id, email)


def _chunks(unknown: Unknown) -> Iterator[tuple[list[str], list[str]]]:
    """(e-mails, user ids) of one question each."""
    emails, user_ids = sorted(unknown.emails), sorted(unknown.user_ids)
    for start in range(0, max(len(emails), len(user_ids)), CHUNK):
        yield emails[start : start + CHUNK], user_ids[start : start + CHUNK]


def _wait_for(view: View, object_id: str, run: Run, scopes: list[str], then: Phase) -> None:
    open_scopes = [scope for scope in scopes if is_open(view, object_id, scope)]
    if open_scopes:
        run.enter("wait")
        run.scopes, run.next_phase = open_scopes, then
    else:
        run.enter(then)
