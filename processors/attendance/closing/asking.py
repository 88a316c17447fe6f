"""Before an occurrence can be computed: what Zoom has to be asked, and waiting for its answers. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from processors.attendance.book.keys import TABLE, key, last_part, prefix
from processors.attendance.closing.evidence import evidence_of
from processors.attendance.closing.index import Index, Unknown
from processors.attendance.closing.jobs import Phase, Run
from processors.attendance.closing.reconciliation import ask_zoom
from processors.attendance.closing.results import OccurrenceFacts
from processors.attendance.intake.asked import CHUNK, ask, details, is_open
from processors.attendance.intake.interaction import ask_interaction
from processors.attendance.intake.recordings import Recordings
from processors.attendance.rules.occurrences import scheduled_start
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View

Note = Callable[[Unknown], None]
_END = "g|~"
"""A cursor behind everybody: Zoom's registrant ids are letters, digits, `-` and `_`."""


class Asking:
    """The phases *ask* and *identify*."""

    def __init__(self, settings: TrackingSettings, index: Index) -> None:
        self._settings = settings
        self._index = index
        self._recordings = Recordings(settings)

    def ask(self, view: View, facts: OccurrenceFacts, run: Run, now_ms: int) -> None:
        """Details, then the registrants of every status (per occurrence where there are any) and the panelists."""
        object_id, first, last, subject = facts.object_id, facts.first, run.instances[-1], facts.subject
        ask(view, subject, "session", f"session|{run.instances[0]}", now_ms)
        scopes = [f"session|{run.instances[0]}"]
        if facts.final:
            self._recordings.ask(view, facts, now_ms)
        if not is_open(view, object_id, scopes[0]) and first.object_type == "webinar":
            occurrence_id = self._occurrence_id(view, facts)
            scopes.append(f"registrants|{last}|{occurrence_id or ''}")
            ask(view, subject, "registrants", scopes[-1], now_ms, occurrence_id=occurrence_id)
            if self._settings.exclude_panelists:
                scopes.append(f"panelists|{last}")
                ask(view, subject, "panelists", scopes[-1], now_ms)
            scopes += self._at_the_end(view, facts, now_ms)
            _wait_for(view, object_id, run, scopes, "identify")
            return
        if first.object_type == "meeting":
            scopes += self._at_the_end(view, facts, now_ms)
        _wait_for(view, object_id, run, scopes, "ask" if first.object_type == "webinar" else "identify")

    def _at_the_end(self, view: View, facts: OccurrenceFacts, now_ms: int) -> list[str]:
        """Zoom's own figures, and what people did beside listening, are asked for once nothing else will change."""
        if not facts.final:
            return []
        scopes = ask_zoom(view, facts, now_ms)
        return scopes + ask_interaction(view, facts, now_ms) if self._settings.interaction else scopes

    def _occurrence_id(self, view: View, facts: OccurrenceFacts) -> str | None:
        occurrences = details(view, facts.object_id).occurrences
        start = scheduled_start(facts.occurrence.start, (start for _id, start in occurrences))
        return next((each for each, begins in occurrences if begins == start), None)

    def identify(self, view: View, facts: OccurrenceFacts, run: Run, now_ms: int) -> None:
        """Ask about people nobody was asked about, as many as a step handles, then go on behind them.

        A report may settle while answers are awaited: then its people are walked through too, and what is asked for at
        the end is asked for now.
        """
        if run.settled != facts.settled:
            run.settled, run.cursor = facts.settled, ""
        unknown, object_id = Unknown(set(), set(), set()), facts.object_id
        position = None
        for handled, (cursor, note) in enumerate(self._people(view, facts, run.cursor)):
            if handled >= self._settings.step:
                position = cursor
                break
            note(unknown)
        scopes = self._at_the_end(view, facts, now_ms)
        for number, (emails, user_ids) in enumerate(_chunks(unknown)):
            scopes.append(f"identities|{run.occurrence}|{run.step}|{number}|{now_ms}")
            ask(view, facts.subject, "identities", scopes[-1], now_ms, emails=emails, user_ids=user_ids)
        if unknown.registrant_ids:
            if not run.asked_again:
                scopes.append(f"registrants|{run.occurrence}|again|{now_ms}")
                ask(view, facts.subject, "registrants", scopes[-1], now_ms)
                run.asked_again, position = True, ""
            else:
                # Zoom has just been asked for all of them, and does not know these.
                for registrant_id in unknown.registrant_ids:
                    view.put(TABLE, key("u", object_id, registrant_id), b"1")
        if position is None and not any(is_open(view, object_id, scope) for scope in scopes):
            run.enter("index")
        else:
            _wait_for(view, object_id, run, scopes, "identify")
            run.cursor = _END if position is None else position

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
