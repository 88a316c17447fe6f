"""Who is told that a session has started or ended (`brevo.events.started`, `ended`). PURE.

A webinar has started when the first of its registrants is there: its `started` may be of a practice session, which only
hosts and panelists can join. A meeting has none. Who is told at the start is walked through in steps of bounded size;
who is told at the end comes along with the results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast

from processors.attendance.book.keys import TABLE, key, prefix
from processors.attendance.closing.index import Index
from processors.attendance.closing.results import OccurrenceFacts
from processors.attendance.intake.asked import scheduled_starts
from processors.attendance.intake.filtering import is_wanted
from processors.attendance.rules.chat import Chatted
from processors.attendance.rules.facts import Fact, Seen, Started
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.rules.occurrences import Occurrence, scheduled_start
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.attendance import Moment, Notice, Origin
from schemas.codec import contact_id
from schemas.instants import as_datetime
from schemas.ticks import Tick
from schemas.topics import ATTENDANCE_RESULTS, TICKS

Registrant = tuple[str, RegistrationRow]
"""(registrant id, row)."""


def approved_for(view: View, object_id: str, start: int, at: int, registrations: list[Registrant]) -> list[Registrant]:
    """Those of a contact's registrations that are for the occurrence with this start and were approved at `at`."""
    planned = scheduled_start(start, scheduled_starts(view, object_id))
    return [each for each in registrations if each[1].counts_for(planned) and each[1].status_at(at) == "approved"]


def registrants_from(view: View, object_id: str, contact: str) -> Iterator[tuple[str, Registrant]]:
    """(contact, registration) of an id from a contact on, in order of the contact."""
    below = prefix("q", object_id)
    for row_key, _data in view.scan(TABLE, below, below + contact.encode()):
        found, registrant_id = row_key[len(below) :].decode().split("|", 1)
        yield found, (registrant_id, RegistrationRow.from_bytes(view.get(TABLE, key("g", object_id, registrant_id))))


class Notices:
    """Tells of starts.

    Args:
        occurrences: those of an id, as far as they are known.
    """

    def __init__(
        self, settings: TrackingSettings, index: Index, occurrences: Callable[[View, str], Sequence[Occurrence]]
    ) -> None:
        self._settings = settings
        self._index = index
        self._occurrences = occurrences

    def heard(self, view: View, fact: Fact | Chatted, now_ms: int, origin: Origin) -> None:
        """Begin to tell of the start if the fact shows it, once for an occurrence, whatever its instances.

        Args:
            view: with the fact's rows written.
            fact: of a live session.
            now_ms: when it was received.
            origin: a back-fill tells nobody.
        """
        if not self._settings.tells_started or origin == "backfill" or not _shows_start(view, fact):
            return
        session = fact.session
        # Every join but the first ends here: finding the occurrence reads many rows.
        if view.get(TABLE, key("z", session.object_id, session.uuid)) is not None:
            return
        occurrence = self._occurrence(view, session.object_id, session.uuid)
        if occurrence is None or any(view.get(TABLE, key("z", session.object_id, each)) for each in occurrence.uuids):
            return
        view.put(TABLE, key("z", session.object_id, session.uuid), origin.encode())
        _go_on(view, session.object_id, session.uuid, "", now_ms)

    def step(self, view: View, job: str, now_ms: int) -> None:
        """Tell the next registrants; `job` is what `_go_on` named it."""
        object_id, uuid, cursor = job.split("|", 2)
        occurrence = self._occurrence(view, object_id, uuid)
        origin, data = view.get(TABLE, key("z", object_id, uuid)), view.get(TABLE, key("i", object_id, uuid))
        if occurrence is None or origin is None or data is None:
            return
        row, handled, told = InstanceRow.from_bytes(data), 0, ""
        if not is_wanted(view, self._settings.filters, object_id, row):
            return
        for contact, registrant in registrants_from(view, object_id, cursor):
            if contact == told:
                continue
            if handled >= self._settings.step:
                _go_on(view, object_id, uuid, contact, now_ms)
                return
            handled += 1
            email = registrant[1].email
            approved = approved_for(view, object_id, occurrence.start, occurrence.start, [registrant])
            if email is not None and approved and not self._index.excluded_person(view, object_id, row, email):
                told = contact
                notice = _notice(object_id, occurrence, row, email, "started", cast("Origin", origin.decode()))
                view.send(ATTENDANCE_RESULTS.name, contact.encode(), notice)

    def _occurrence(self, view: View, object_id: str, uuid: str) -> Occurrence | None:
        return next((each for each in self._occurrences(view, object_id) if uuid in each.uuids), None)


def publish_ended(view: View, facts: OccurrenceFacts, email: str) -> None:
    """Tell a person that the occurrence has ended, once."""
    row_key = key("z", facts.object_id, facts.occurrence.session_uuid, contact_id(email))
    if facts.origin == "backfill" or view.get(TABLE, row_key) is not None:
        return
    view.put(TABLE, row_key, b"1")
    notice = _notice(facts.object_id, facts.occurrence, facts.first, email, "ended", facts.origin)
    view.send(ATTENDANCE_RESULTS.name, notice.contact_id.encode(), notice)


def _shows_start(view: View, fact: Fact | Chatted) -> bool:
    session = fact.session
    if session.object_type == "meeting":
        return isinstance(fact, Started)
    if not isinstance(fact, Seen) or not fact.joined or fact.shown.registrant_id is None:
        return False
    data = view.get(TABLE, key("g", session.object_id, fact.shown.registrant_id))
    return data is not None and RegistrationRow.from_bytes(data).status_at(fact.at) == "approved"


def _go_on(view: View, object_id: str, uuid: str, contact: str, now_ms: int) -> None:
    tick = Tick(kind="announce", now=as_datetime(now_ms // 1000), job=f"{object_id}|{uuid}|{contact}")
    view.send(TICKS.name, object_id.encode(), tick)


def _notice(
    object_id: str, occurrence: Occurrence, row: InstanceRow, email: str, moment: Moment, origin: Origin
) -> Notice:
    return Notice(
        contact_id=contact_id(email),
        email=email,
        account_id=row.account_id,
        object_id=object_id,
        object_type=row.object_type,
        topic=row.topic,
        host_id=row.host_id,
        origin=origin,
        occurred_at=as_datetime(occurrence.start if moment == "started" else occurrence.end),
        session_uuid=occurrence.session_uuid,
        instances=occurrence.uuids,
        moment=moment,
    )
