"""The phase *publish*: contact by contact, what the rules say now against what was published. PURE."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from processors.attendance.book.keys import TABLE, last_part, prefix
from processors.attendance.closing.index import ANONYMOUS, FiledPresence, Index
from processors.attendance.closing.jobs import Run
from processors.attendance.closing.reconciliation import absent_rows, has_absentees, note, reconciliation
from processors.attendance.closing.results import (
    OccurrenceFacts,
    Published,
    publish_result,
    publish_summary,
    published,
    retract_result,
)
from processors.attendance.intake.interaction import Offered, interaction_of, interaction_summary, offered_of
from processors.attendance.intake.notices import approved_for, publish_ended, registrants_from
from processors.attendance.intake.recordings import publish_recording, publish_session_recording
from processors.attendance.rules.people import NO_SHOW, attend
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.codec import unpack

Contact = tuple[str, str, Any]
"""(contact id, what it is: `presence`, `registration`, `absent` or `published`, the row)."""


class Publishing:
    """Publishes an occurrence in steps of bounded size."""

    def __init__(self, settings: TrackingSettings, index: Index) -> None:
        self._settings = settings
        self._index = index

    def publish(self, view: View, facts: OccurrenceFacts, run: Run) -> bool:
        """One step from the run's cursor on; true when everybody and the summary are out."""
        is_read = self._settings.interaction and facts.final and facts.stands
        offered = offered_of(view, facts) if is_read else None
        by_contact = itertools.groupby(self._contacts(view, facts, run), key=itemgetter(0))
        for handled, (contact, rows) in enumerate(by_contact):
            if handled >= self._settings.step:
                run.cursor = contact
                return False
            self._publish_contact(view, facts, offered, contact, list(rows), run)
        publish_session_recording(view, facts)
        interaction = interaction_summary(view, facts, offered) if offered is not None else None
        publish_summary(view, facts, run.counts, reconciliation(view, facts, run), interaction)
        return True

    def _contacts(self, view: View, facts: OccurrenceFacts, run: Run) -> Iterator[Contact]:
        """Everybody who came, is registered or was told of, in order of the contact id."""
        object_id, cursor = facts.object_id, run.cursor
        streams: list[Iterator[Contact]] = [self._published(view, object_id, run.occurrence, cursor)]
        if facts.stands:
            streams += [self._present(view, object_id, uuid, cursor) for uuid in run.instances]
            if facts.first.object_type == "webinar":
                streams.append(self._registered(view, object_id, cursor))
            if facts.final:
                streams += [self._absent(view, object_id, uuid, cursor) for uuid in run.instances]
        return heapq.merge(*streams, key=itemgetter(0))

    def _present(self, view: View, object_id: str, uuid: str, cursor: str) -> Iterator[Contact]:
        for contact, filed in self._index.presences(view, object_id, uuid, cursor):
            yield contact, "presence", filed

    def _registered(self, view: View, object_id: str, cursor: str) -> Iterator[Contact]:
        for contact, registrant in registrants_from(view, object_id, cursor):
            yield contact, "registration", registrant

    def _absent(self, view: View, object_id: str, uuid: str, cursor: str) -> Iterator[Contact]:
        for contact in absent_rows(view, object_id, uuid, cursor):
            yield contact, "absent", None

    def _published(self, view: View, object_id: str, session_uuid: str, cursor: str) -> Iterator[Contact]:
        below = prefix("r", object_id, session_uuid)
        for row_key, data in view.scan(TABLE, below, below + cursor.encode()):
            yield last_part(row_key), "published", Published(*unpack(data))

    def _publish_contact(
        self,
        view: View,
        facts: OccurrenceFacts,
        offered: Offered | None,
        contact: str,
        rows: list[Contact],
        run: Run,
    ) -> None:
        counts = run.counts
        filed: list[FiledPresence] = [row for _contact, kind, row in rows if kind == "presence"]
        registrations = [row for _contact, kind, row in rows if kind == "registration"]
        if contact.startswith(ANONYMOUS):
            excluded = any(each.presence.excluded for each in filed)
            _count(counts, "excluded" if excluded else "anonymous")
            return
        occurrence = facts.occurrence
        approved = approved_for(view, facts.object_id, occurrence.start, occurrence.end, registrations)
        email = filed[0].email if filed else approved[0][1].email if approved else None
        excluded = any(each.presence.excluded for each in filed) or (
            email is not None and self._index.excluded_person(view, facts.object_id, facts.first, email)
        )
        attendance = None
        if email is not None and not excluded and (filed or (approved and facts.final)):
            presences = [each.presence for each in filed]
            attendance = attend(presences, occurrence, self._settings.end_window) if filed else NO_SHOW
            interaction = interaction_of(view, facts, offered, contact) if filed and offered is not None else None
            publish_result(view, facts, email, attendance, presences, approved, interaction)
            publish_recording(view, facts, email)
            _count(counts, "no_shows" if attendance.status == "no_show" else attendance.status)
            _count(counts, "assumed", int(attendance.assumed))
        else:
            if before := published(view, facts.object_id, occurrence.session_uuid, contact):
                retract_result(view, facts, contact, before)
            _count(counts, "excluded", int(excluded and bool(filed or approved)))
        if email is not None and not excluded and (filed or approved) and self._settings.tells_ended:
            publish_ended(view, facts, email)
        _count(counts, "registered", 0 if excluded else len(approved))
        if facts.final and has_absentees(view, facts):
            absent_from = sum(kind == "absent" for _contact, kind, _row in rows)
            note(
                run,
                facts,
                contact,
                absent_from=absent_from,
                attendance=attendance,
                excluded=excluded,
                registered=bool(approved),
            )


def _count(counts: dict[str, int], name: str, by: int = 1) -> None:
    counts[name] = counts.get(name, 0) + by
