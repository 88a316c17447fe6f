"""The walk through the connections of an occurrence: whom to ask about, and whose presence each connection is. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from processors.attendance.book.keys import TABLE, key, prefix
from processors.attendance.closing.evidence import Evidence
from processors.attendance.intake.asked import details, identity
from processors.attendance.intake.registrants import unknown_registrant
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.rules.intervals import Interval, walk
from processors.attendance.rules.people import Presence, Rule
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.codec import contact_id, pack, unpack

ANONYMOUS = "-"
"""First character of the contact of somebody without an e-mail; such rows are counted and never published."""


@dataclass(frozen=True, slots=True)
class FiledPresence:
    """The row of one connection under its contact."""

    email: str | None
    presence: Presence

    def to_bytes(self) -> bytes:
        """Compact; the same for the same facts."""
        p = self.presence
        intervals = [[each.start, each.end, each.assumed] for each in p.intervals]
        return pack([self.email, intervals, p.joins, p.rule, p.registrant_id, p.name, p.excluded])

    @classmethod
    def from_bytes(cls, data: bytes) -> FiledPresence:
        """Parse a row."""
        email, intervals, joins, rule, registrant_id, name, excluded = unpack(data)
        spans = tuple(Interval(start, end, assumed) for start, end, assumed in intervals)
        return cls(email, Presence(spans, joins, rule, registrant_id, name, excluded))


@dataclass(slots=True)
class Unknown:
    """What Zoom has to be asked before connections can be filed."""

    user_ids: set[str]
    emails: set[str]
    registrant_ids: set[str]


class Index:
    """Resolves connections and files their presence."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings

    def note_unknown(self, view: View, object_id: str, connection: Connection, unknown: Unknown) -> None:
        """Gather whom and what nobody was asked about yet."""
        registration = self._registration(view, object_id, connection)
        registrant_id = connection.registrant_id
        if registrant_id and registration is None and unknown_registrant(view, object_id, registrant_id):
            unknown.registrant_ids.add(registrant_id)
        email = registration.email if registration else connection.email
        if email is not None:
            self.note_email(view, object_id, email, unknown)
        user_id = connection.user_id
        wants_user = user_id is not None and (email is None or self._settings.exclude_internal)
        if user_id is not None and wants_user and identity(view, object_id, "u", user_id) is None:
            unknown.user_ids.add(user_id)

    def note_email(self, view: View, object_id: str, email: str, unknown: Unknown) -> None:
        """The same for an address, as of somebody who is only registered."""
        if self._settings.exclude_internal and identity(view, object_id, "e", contact_id(email)) is None:
            unknown.emails.add(email)

    def file(
        self, view: View, object_id: str, evidence: Evidence, instance: InstanceRow, host_email: str | None
    ) -> None:
        """File a presence under its contact, and remove what was filed under another (or stands no more)."""
        connection, end = evidence.connection, instance.known_end
        if end is None:
            return
        speaker = self._speaker(view, object_id, evidence)
        registration = self._registration(view, object_id, speaker)
        rule, email, name = self._resolve(view, object_id, speaker, registration)
        if connection.panelist and email is not None:
            # Whoever was made a panelist is one in the report too, which does not tell.
            view.put(TABLE, key("p", object_id, contact_id(email)), b"1")
        intervals = walk(connection.joins, connection.leaves, end)
        contact = contact_id(email) if email else f"{ANONYMOUS}{speaker.user_id or evidence.name}"
        self._move(view, object_id, evidence, contact if evidence.stands and intervals else None)
        if connection.indexed_as is None:
            return
        excluded = self._excluded(view, object_id, speaker, instance, email, host_email)
        joins = len(connection.joins)
        filed = FiledPresence(
            email, Presence(tuple(intervals), joins, rule, speaker.registrant_id, name, excluded)
        ).to_bytes()
        row_key = key("v", object_id, evidence.uuid, contact, evidence.name)
        if view.get(TABLE, row_key) != filed:
            view.put(TABLE, row_key, filed)

    def _move(self, view: View, object_id: str, evidence: Evidence, contact: str | None) -> None:
        """Note under which contact the evidence is filed now; its row under another one goes."""
        before = evidence.connection.indexed_as
        if before == contact:
            return
        if before is not None:
            view.delete(TABLE, key("v", object_id, evidence.uuid, before, evidence.name))
        evidence.connection.indexed_as = contact
        evidence.save(view, object_id)

    def presences(self, view: View, object_id: str, uuid: str, cursor: str) -> Iterator[tuple[str, FiledPresence]]:
        """(contact, presence) of one instance from a contact on, in order of the contact."""
        below = prefix("v", object_id, uuid)
        for row_key, data in view.scan(TABLE, below, below + cursor.encode()):
            contact = row_key[len(below) :].split(b"|", 1)[0].decode()
            yield contact, FiledPresence.from_bytes(data)

    def _speaker(self, view: View, object_id: str, evidence: Evidence) -> Connection:
        """The connection whose identity counts: a phone leg that shows none shares that of the one it is bound to."""
        connection = evidence.connection
        if connection.bound_to is None or connection.registrant_id or connection.email or connection.user_id:
            return connection
        data = view.get(TABLE, key("c", object_id, evidence.uuid, connection.bound_to))
        return Connection.from_bytes(data) if data else connection

    def _registration(self, view: View, object_id: str, connection: Connection) -> RegistrationRow | None:
        if connection.registrant_id is None:
            return None
        data = view.get(TABLE, key("g", object_id, connection.registrant_id))
        row = RegistrationRow.from_bytes(data) if data else None
        return row if row is not None and row.email is not None else None

    def _resolve(
        self, view: View, object_id: str, connection: Connection, registration: RegistrationRow | None
    ) -> tuple[Rule, str | None, str | None]:
        """(rule that decided, e-mail, name): the registration's, the connection's own, the Zoom user's."""
        shown = connection.name.split()[0] if connection.name and connection.name.split() else None
        if registration is not None:
            return "registrant", registration.email, registration.detail("first_name") or shown
        if connection.email is not None:
            return "email", connection.email, shown
        known = identity(view, object_id, "u", connection.user_id) if connection.user_id else None
        return "user", known[1] if known else None, shown

    def _excluded(
        self,
        view: View,
        object_id: str,
        connection: Connection,
        instance: InstanceRow,
        email: str | None,
        host_email: str | None,
    ) -> bool:
        """Whether a rule leaves this connection's person out (attendance.md 3)."""
        settings, user_id = self._settings, connection.user_id
        if settings.exclude_hosts and (
            (user_id is not None and user_id == instance.host_id)
            or (email is not None and email in (instance.host_email, host_email))
        ):
            return True
        if settings.exclude_panelists and connection.panelist:
            return True
        if settings.exclude_internal and user_id is not None:
            known = identity(view, object_id, "u", user_id)
            if known is not None and known[0]:
                return True
        return email is not None and self._excluded_email(view, object_id, email)

    def excluded_person(self, view: View, object_id: str, instance: InstanceRow, email: str) -> bool:
        """Whether a rule leaves the owner of an address out, whether or not they came."""
        hosts = (instance.host_email, details(view, object_id).host_email)
        if self._settings.exclude_hosts and email in hosts:
            return True
        return self._excluded_email(view, object_id, email)

    def _excluded_email(self, view: View, object_id: str, email: str) -> bool:
        settings, contact = self._settings, contact_id(email)
        if settings.filters.excludes(email):
            return True
        if settings.exclude_panelists and view.get(TABLE, key("p", object_id, contact)) is not None:
            return True
        known = identity(view, object_id, "e", contact) if settings.exclude_internal else None
        return known is not None and known[0]
