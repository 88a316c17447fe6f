"""Which records are of a trace: those of a contact, of a session, or what followed from one delivery. PURE.

What a record says of persons and sessions is `ops.selection`'s to read; here is added what only a trace needs: rows of
Zoom's answers, the addresses of a look-up, and webhooks that name a person by the id of the registration alone. A trail
learns those ids from the results, which are read first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ops.selection.reading import facts_of
from ops.selection.selection import Facts, Selection, SessionKey
from schemas.codec import contact_id, normalise_email
from schemas.letters import LETTER_ID, letter_id
from schemas.topic import Topic
from schemas.topics import LETTERS, LOOKUP_RESULTS, TOPICS, all_topics

_ADDRESSES = ("email", "user_email")
_IDENTITIES = ("ce_id", "dedupe-key", "zoom-request-id", "body-sha256", LETTER_ID)
"""Headers that name a delivery."""
_OF_ZOOM = frozenset({"zoom.events.raw.v1", "zoom.events.quarantine.v1", "zoom.events.raw.v1.dlq"})


@dataclass(frozen=True, slots=True)
class TracedRecord:
    """One record as it lies in Kafka."""

    topic: str
    """Logical name."""
    partition: int
    offset: int
    stored_at: datetime
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def source(self) -> str:
        """Where it lies."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def identities(self) -> frozenset[str]:
        """What a delivery is called by."""
        return frozenset(self.headers[name] for name in _IDENTITIES if self.headers.get(name))

    def is_called(self, which: str) -> bool:
        """Whether one of its names, or its command's id, begins so."""
        if any(identity.startswith(which) for identity in self.identities):
            return True
        # Few values have the word, so hardly any is parsed.
        if which.encode() not in (self.value or b""):
            return False
        return str(self.content().get("command_id", "")).startswith(which)

    @property
    def fact(self) -> str:
        """What repeats of it share."""
        return self.headers.get("dedupe-key") or str(self.content().get("command_id") or self.source)

    def facts(self) -> Facts:
        """What it says of the things that selections ask about."""
        headers = [(name, value.encode()) for name, value in self.headers.items()]
        return facts_of(self.partition, self.offset, self.stored_at, self.key, headers, self.value)

    def content(self) -> Mapping[str, Any]:
        """The value's fields; none of what is no JSON object."""
        try:
            content = orjson.loads(self.value or b"null")
        except orjson.JSONDecodeError:
            return {}
        return content if isinstance(content, dict) else {}


@dataclass(slots=True)
class Trail:
    """What is asked for; conditions that are `None` or empty are none, several have all to be met.

    A delivery's trail begins with its own records, named by `identities`, and goes on with what it is about.
    """

    contact: str | None = None
    email: str | None = None
    """The contact's, once it is known."""
    session: SessionKey | None = None
    identities: frozenset[str] = frozenset()
    of_nobody: bool = False
    """Only what is of the session as a whole."""
    since: datetime | None = None
    """Of the records that do not bear one of the `identities`."""
    registrants: set[str] = field(default_factory=set)
    """Ids of the contact's registrations."""
    letters: set[str] = field(default_factory=set)
    """Ids of the dead letters and quarantined deliveries that were found."""

    def holds(self, record: TracedRecord) -> bool:
        """Whether a record is of it; what is found teaches it what else is."""
        if not self._may_hold(record):
            return False
        is_found = self._is_called(record) or (
            (self.since is None or record.stored_at >= self.since) and self._is_about(record)
        )
        if is_found:
            self._learn(record)
        return is_found

    def _may_hold(self, record: TracedRecord) -> bool:
        """A look at the bytes, before anything is parsed: most records are of somebody else."""
        value = record.value
        if not value or b"\\" in value or record.topic == LETTERS.name or self._is_called(record):
            return True
        if (words := self._words()) is None or (record.key or b"").decode(errors="replace") == self.contact:
            return True
        text = value.lower()
        return any(word in text for word in words)

    def _is_called(self, record: TracedRecord) -> bool:
        return bool(self.identities) and not self.identities.isdisjoint(record.identities)

    def _words(self) -> list[bytes] | None:
        """One of these, in lower case, is in every record of it; `None`: that cannot be said."""
        if self.contact is None:
            return [] if self.session is None else _lowered(self.session.object_id, *self.session.instances)
        if self.email is None or not self.email.isascii():
            return None  # it may be told of by an address that nobody knows yet, or in other capitals
        return _lowered(self.contact, self.email, *self.registrants)

    def _is_about(self, record: TracedRecord) -> bool:
        content = record.content()
        if record.topic == LETTERS.name:
            return content.get("letter_id") in self.letters
        if self.contact is None and self.session is None:
            return False
        facts = record.facts()
        if self.of_nobody and (facts.contacts or _people(content)):
            return False
        if self.contact is not None and not self._is_of_contact(facts, content):
            return False
        return self.session is None or self._is_of_session(facts, content)

    def _is_of_contact(self, facts: Facts, content: Mapping[str, Any]) -> bool:
        if isinstance(named := content.get("contact_id"), str):
            return named == self.contact
        return (
            self.contact in facts.contacts
            or self.contact in _named(content)
            or not self.registrants.isdisjoint(_registrants(content))
        )

    def _is_of_session(self, facts: Facts, content: Mapping[str, Any]) -> bool:
        session = self.session
        assert session is not None
        if of := _sessions(content):
            return not of.isdisjoint(session.instances)
        if facts.object_id:
            return Selection(_ANY, session=session).holds(facts)
        # Of a contact's own records those that name no session are told, too: what was decided of the person.
        return self.contact is not None or session.object_id in _texts(content.get("details"), content.get("subject"))

    def _learn(self, record: TracedRecord) -> None:
        content = record.content()
        if record.topic.endswith(".dlq") or "quarantine-reason" in record.headers:
            topic = record.topic.removesuffix(".dlq")
            self.letters.add(record.headers.get(LETTER_ID) or letter_id(topic, record.key, record.value))
        if self.contact is None or content.get("contact_id") != self.contact:
            return
        self.email = self.email or normalise_email(content.get("email"))
        self.registrants |= _registrants(content)


_ANY = TOPICS[0]
"""A selection is of one topic; whether a record is of a session is asked in the same way of all."""


def subject_of(record: TracedRecord, contact_of: Mapping[str, str], sessions: Iterable[SessionKey]) -> Trail:
    """What followed from a delivery: the trail of its person in its session, from then on.

    Args:
        record: the delivery.
        contact_of: contact ids by the id of a registration, as all results tell.
        sessions: all that are known.
    """
    facts, content = record.facts(), record.content()
    # Whoever comes under another address than they registered with is whom the registration names.
    known = [contact_of[registrant] for registrant in sorted(_registrants(content)) if registrant in contact_of]
    told = content.get("contact_id")
    contact = told if isinstance(told, str) else next(iter((*known, *sorted(facts.contacts))), None)
    held = next((session for session in sessions if facts.instance and facts.instance in session.instances), None)
    if held is None and facts.object_id:
        held = SessionKey(facts.account_id, facts.object_id, (facts.instance,) if facts.instance else ())
    return Trail(
        contact=contact,
        session=held,
        identities=record.identities,
        of_nobody=contact is None and not _people(content),
        since=record.stored_at,
        registrants={registrant for registrant, whose in contact_of.items() if whose == contact},
    )


def topics_of(trail: Trail) -> Iterator[tuple[Topic, bytes | None]]:
    """The topics that may hold something of a trail, each with a key whose partition alone has it; `None`: all have.

    Clocks and what workers say of themselves are of nobody.
    """
    for topic in all_topics():
        if topic.name.removesuffix(".dlq") in ("attendance.ticks.v1", "engagement.ticks.v1", "ops.workers.v1"):
            continue
        key = None
        if trail.contact is not None and topic.key.startswith("contact id"):
            key = trail.contact.encode()
        elif trail.session is not None and topic.name in (*_OF_ZOOM, LOOKUP_RESULTS.name):
            key = trail.session.object_id.encode()
        yield topic, key


def _registrants(content: Mapping[str, Any]) -> set[str]:
    """Ids of registrations that a record names: a registration, a result, a webhook, or a row of an answer."""
    identity, people = content.get("identity"), _people(content)
    places = [content, *([identity] if isinstance(identity, dict) else ()), *people.values(), *_rows(content)]
    found = {place.get("registrant_id") for place in places} | {people.get("registrant", {}).get("id")}
    if content.get("lookup") == "registrants":
        found |= {row.get("id") for row in _rows(content)}
    return {value for value in found if isinstance(value, str) and value}


def _people(content: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Who a webhook is about, by `participant` and `registrant`."""
    payload = content.get("payload")
    subject = payload.get("object") if isinstance(payload, dict) else None
    told = {name: subject.get(name) for name in ("participant", "registrant")} if isinstance(subject, dict) else {}
    return {name: part for name, part in told.items() if isinstance(part, dict)}


def _named(content: Mapping[str, Any]) -> set[str]:
    """Contact ids that a record names beside those of `ops.selection`."""
    rows = [row.get(name) for row in _rows(content) for name in _ADDRESSES]
    asked = content.get("emails")
    addresses = [normalise_email(address) for address in (*rows, *(asked if isinstance(asked, list) else ()))]
    reconciled = content.get("reconciliation")
    differences = reconciled.get("differences", ()) if isinstance(reconciled, dict) else ()
    told = {difference.get("contact_id") for difference in differences if isinstance(difference, dict)}
    acted = _texts(content.get("details"), content.get("subject"))
    of_answer = content.get("asked")  # contact ids and user ids that Zoom was asked about, hits or not
    told |= {contact for contact in of_answer if isinstance(contact, str)} if isinstance(of_answer, list) else set()
    return {contact_id(address) for address in addresses if address} | {contact for contact in told if contact} | acted


def _sessions(content: Mapping[str, Any]) -> set[str]:
    """Uuids of sessions that a record of ours names as those that it is of."""
    named = {content.get(name) for name in ("session_uuid", "session")}
    scored = content.get("sessions")
    for score in scored if isinstance(scored, list) else ():
        named.add(score.get("session_uuid") if isinstance(score, dict) else None)
    return {uuid for uuid in named if isinstance(uuid, str) and uuid}


def _lowered(*words: str) -> list[bytes]:
    return [word.lower().encode() for word in words]


def _rows(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = content.get("rows")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _texts(details: object, subject: object) -> set[str]:
    values = [*(details.values() if isinstance(details, dict) else ()), subject]
    return {value for value in values if isinstance(value, str) and value}
