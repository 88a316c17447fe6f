"""What a rebuild takes over from the live tables, since the raw topic no longer holds it. PURE.

A webinar or meeting of which something was heard before the raw topic begins is carried: all facts of it, and none of
the conclusions, which are drawn anew. Of sessions that the live table has forgotten (`sessions.retain`) the results
alone are kept, with their contacts: these are carried as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from processors.attendance.book import (
    BOOK_KINDS,
    CHOICE,
    DUE_WORK,
    ENDED_PUBLISHED,
    FILED,
    JOB,
    LOBBY,
    QUESTION,
    RECORDING,
    RECORDING_PUBLISHED,
    REGISTRATION,
    REGISTRATION_PUBLISHED,
    RESULT,
    RUN,
    SESSION,
    SESSION_STATE,
    Job,
)
from processors.attendance.known.questions import ASKED
from processors.engagement.row_bytes import decode_rows, encode_head, encode_session, head_key
from processors.engagement.state import Head
from processors.engagement.sweep import BEHIND_CONTACTS, SWEEP_KEY

CarriedRows = Mapping[bytes, bytes]
_CONCLUSIONS = (
    SESSION_STATE,
    SESSION,
    RESULT,
    RECORDING_PUBLISHED,
    ENDED_PUBLISHED,
    CHOICE,
    FILED,
    REGISTRATION_PUBLISHED,
    LOBBY,
)
"""Conclusions, what was said of them, and who is there before a start can be told of: nobody is told of an old one."""
FACTS_BY_LETTER: Mapping[bytes, Any] = {kind.letter.encode(): kind for kind in BOOK_KINDS if kind not in _CONCLUSIONS}
_OWNER = b"owner"


@dataclass(slots=True)
class CarriedFacts:
    """Of one partition of the table `attendance`."""

    rows: dict[bytes, bytes] = field(default_factory=dict)
    objects: int = 0
    """Webinars and meetings that are carried."""
    known: set[tuple[str, str]] = field(default_factory=set)
    """(account, uuid of a run or object id) of everything that the live table has, carried or not."""


def carried_facts(rows: CarriedRows, horizon_ms: int, begun_ms: int) -> CarriedFacts:
    """Facts of the objects of which something was heard before `horizon_ms`.

    Args:
        rows: of one partition of the live table.
        horizon_ms: from when on the raw topic surely has everything, milliseconds since 1970.
        begun_ms: what is carried is to be looked at from then on.
    """
    found, objects = CarriedFacts(), dict[bytes, list[tuple[bytes, bytes]]]()
    for key, value in rows.items():
        letter, _, rest = key.partition(b"|")
        if letter in FACTS_BY_LETTER:
            account, object_id, *parts = rest.split(b"|")
            objects.setdefault(b"|".join((account, object_id)), []).append((key, value))
            found.known.add((account.decode(), object_id.decode()))
            if letter == RUN.letter.encode():
                found.known.add((account.decode(), parts[0].decode()))
    for name, of_object in objects.items():
        if any(at_ms < horizon_ms for key, value in of_object for at_ms in _heard_ms(key, value)):
            found.objects += 1
            found.rows.update(of_object_anew(name, of_object, begun_ms))
            owner = b"|".join((_OWNER, name.split(b"|")[1]))
            found.rows.update({key: value for key, value in rows.items() if key == owner})
    return found


def of_object_anew(name: bytes, rows: Iterable[tuple[bytes, bytes]], begun_ms: int) -> Iterator[tuple[bytes, bytes]]:
    """Facts as rows of a new table, with the work that they call for; questions that are open are asked again."""
    runs = []
    for key, value in rows:
        letter, _, rest = key.partition(b"|")
        if letter == QUESTION.letter.encode() and QUESTION.decode(value).state == ASKED:
            continue
        if letter == RUN.letter.encode():
            runs.append(rest.split(b"|")[2].decode())
        yield key, value
    job = Job(due_ms=begun_ms, changed_at=dict.fromkeys(runs, begun_ms), registrations=True)
    account, object_id = name.split(b"|")
    yield b"|".join((JOB.letter.encode(), name)), JOB.encode(job)
    yield DUE_WORK + b"%s|%013d|%s" % (account, begun_ms, object_id), b"1"


def _heard_ms(key: bytes, value: bytes) -> Iterator[int]:
    """Instants of what was heard, milliseconds since 1970."""
    letter = key.partition(b"|")[0].decode()
    if letter == RUN.letter:
        run = RUN.decode(value)
        yield from [] if run.start is None else [run.start * 1000]
        yield run.heard_ms
    elif letter == RECORDING.letter:
        yield RECORDING.decode(value).heard_ms
    elif letter == REGISTRATION.letter:
        yield from (statement.at_ms for statement in REGISTRATION.decode(value).statements if statement.at_ms)


@dataclass(slots=True)
class CarriedContacts:
    """Of one partition of the table of contacts."""

    rows: dict[bytes, bytes] = field(default_factory=dict)
    contacts: list[str] = field(default_factory=list)
    """Who has carried rows: computed anew once."""
    facts: int = 0


def carried_contacts(rows: CarriedRows, known: Collection[tuple[str, str]], horizon_ms: int) -> CarriedContacts:
    """What stands of sessions and webinars that the live table of facts has forgotten.

    Args:
        rows: of one partition of the live table.
        known: (account, uuid of a run or object id) of everything in the table of facts: comes anew.
        horizon_ms: what ended later comes from the raw topic.
    """
    found, of_contacts = CarriedContacts(), defaultdict[str, list[tuple[bytes, bytes]]](list)
    for key, value in rows.items():
        if key < BEHIND_CONTACTS and b"|" in key:
            of_contacts[key.partition(b"|")[0].decode()].append((key, value))
        elif key != SWEEP_KEY:
            found.rows[key] = value  # what sessions were told once
    for contact, stored in of_contacts.items():
        kept = dict(_forgotten(contact, stored, known, horizon_ms))
        if kept:
            head = decode_rows(contact, stored).head
            again = Head(email=head.email, upsert_digest=head.upsert_digest, asked=head.asked, swept_day=head.swept_day)
            found.rows |= {**kept, head_key(contact): encode_head(again)}
            found.contacts.append(contact)
            found.facts += len(kept)
    return found


def _forgotten(
    contact: str, stored: Collection[tuple[bytes, bytes]], known: Collection[tuple[str, str]], horizon_ms: int
) -> Iterator[tuple[bytes, bytes]]:
    rows, values = decode_rows(contact, stored), dict(stored)
    for key, session in rows.sessions.items():
        if (session.account_id, session.session_uuid) not in known and session.ended_at * 1000 < horizon_ms:
            # Whatever is computed anew after all counts as newer.
            yield key, encode_session(session._replace(revision=0))
    for key, registration in rows.registrations.items():
        is_old = registration.occurred_at * 1000 < horizon_ms
        if (registration.account_id, registration.object_id) not in known and is_old:
            yield key, values[key]
    for key, recording in rows.recordings.items():
        if (recording.account_id, recording.session_uuid) not in known and recording.at * 1000 < horizon_ms:
            yield key, values[key]
