"""What the live state was amid when the tables change hands: the workers end it, on the other state. PURE.

A rebuild reads on while the workers stand. What came meanwhile, and what became due, it has concluded, and its words go
nowhere: nobody would ever be told that they are registered, nor of a session that ended in these minutes. So of what
the live state has not ended, or not read, the other state keeps the facts alone, beside what the live one has told: the
workers conclude anew, and tell. What the live state had ended stays as the other one has it: what only other rules call
for is told to nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.rebuild.carried import FACTS_BY_LETTER, of_object_anew
from processors.attendance.book import (
    BOOK_KINDS,
    DUE_WORK,
    ENDED_PUBLISHED,
    IDENTITY_OF_EMAIL,
    IDENTITY_OF_USER,
    JOB,
    LOBBY,
    QUESTION,
    RECORDING_PUBLISHED,
    REGISTRATION,
    REGISTRATION_PUBLISHED,
    REPORT_STATE,
    RESULT,
    RUN,
    SESSION,
    SESSION_STATE,
    STARTED,
    UNKNOWN_REGISTRANT,
    BookKind,
)
from processors.engagement.row_bytes import (
    decode_rows,
    encode_head,
    head_key,
)
from processors.engagement.state import ContactRows, Head
from processors.engagement.sweep import BEHIND_CONTACTS
from schemas.attendance import AnyFact, Notice, Registration

StateRows = Mapping[bytes, bytes]
"""Of one partition of a table in one state."""
StateChanges = Mapping[bytes, bytes | None]
"""Key to value of these rows, ``None`` where a row is removed."""
_BY_OBJECT = frozenset(kind.letter.encode() for kind in (*BOOK_KINDS, JOB))
_OF_RUNS = frozenset(kind.letter.encode() for kind in BOOK_KINDS if kind.goes == "with its run") - {
    *FACTS_BY_LETTER, LOBBY.letter.encode()
}  # fmt: skip
"""Conclusions about a run or its session, and who was told of them."""
_OF_LIVE = frozenset(
    kind.letter.encode()
    for kind in (SESSION_STATE, SESSION, RESULT, ENDED_PUBLISHED, RECORDING_PUBLISHED, REPORT_STATE)
)
"""What the world was told, and how far reports are read: of what is not ended the live state knows."""
_ASKED = frozenset(kind.letter.encode() for kind in (QUESTION, IDENTITY_OF_EMAIL, IDENTITY_OF_USER, UNKNOWN_REGISTRANT))
"""What was asked of Zoom, and what follows where it does not answer: it answers the workers."""
_STARTED, _LOBBY, _REGISTERED, _REPORT = (
    kind.letter.encode() for kind in (STARTED, LOBBY, REGISTRATION_PUBLISHED, REPORT_STATE)
)
_FACTS = frozenset({*FACTS_BY_LETTER, _LOBBY}) - _ASKED - {_REPORT}


@dataclass(slots=True)
class Untold:
    """What the live state has not ended, or not read."""

    runs: set[str] = field(default_factory=set)
    """Uuids."""
    registrants: set[str] = field(default_factory=set)
    """Their ids."""
    unheard: set[tuple[str, ...]] = field(default_factory=set)
    """What was told, and nobody has heard: a kind's letter, and the parts of the row that says so."""

    def add_event(self, event: Any) -> None:
        """An event of Zoom's that the live state has not read, whatever it says."""
        payload = event.get("payload") if isinstance(event, dict) else None
        subject = payload.get("object") if isinstance(payload, dict) else None
        if not isinstance(subject, dict):
            return
        registrant = subject.get("registrant")
        self.runs |= {uuid for name in ("uuid", "meeting_uuid") if isinstance(uuid := subject.get(name), str)}
        if isinstance(registrant, dict) and isinstance(who := registrant.get("id"), str):
            self.registrants.add(who)

    def add_fact(self, fact: AnyFact) -> None:
        """A fact that the live state has told, and not scored: once it is not live, nobody reads that any more."""
        if isinstance(fact, Registration):
            self.registrants.add(fact.registrant_id)
            self.unheard.add((REGISTRATION_PUBLISHED.letter, fact.registrant_id))
            return
        self.runs.add(fact.session_uuid)
        if isinstance(fact, Notice) and fact.moment == "started":
            self.unheard.add((STARTED.letter, fact.session_uuid))
        else:
            letters = {"result": RESULT.letter, "notice": ENDED_PUBLISHED.letter}
            letter = letters.get(fact.kind, RECORDING_PUBLISHED.letter)
            self.unheard.add((letter, fact.session_uuid, fact.contact_id))

    def is_unheard(self, key: bytes) -> bool:
        """Whether a row says that something was told that nobody has heard."""
        return (_letter(key).decode(), *_parts(key)) in self.unheard


def untold_facts(live: StateRows, other: StateRows, now_ms: int, untold: Untold) -> StateChanges:
    """Changes of the other state's rows in one partition of `attendance`. Done again, the same comes of it.

    Args:
        live: the partition in the live state.
        other: the same in the other one.
        now_ms: when the workers are to look at it, milliseconds since 1970.
        untold: what the live state has not read; what it has not ended is added.
    """
    changes: dict[bytes, bytes | None] = {}
    ours, theirs, due = _by_object(live), _by_object(other), _due_rows(other)
    for name, now in sorted(theirs.items()):
        before = ours.get(name, {})
        untold.runs |= {parts[0] for parts, _value in _rows(before, RUN)} - _ended(before)
        runs = {parts[0] for parts, _value in _rows(now, RUN)} & untold.runs
        registrants = {parts[0] for parts, _value in _rows(now, REGISTRATION)} & untold.registrants
        if runs or registrants:
            anew = dict(_anew(name, before, now, Untold(runs, registrants, untold.unheard), now_ms))
            stood = {**now, **due.get(name, {})}
            changes |= dict.fromkeys(stood.keys() - anew.keys())
            changes |= {key: value for key, value in anew.items() if stood.get(key) != value}
    return changes


def untold_contacts(live: StateRows, other: StateRows, untold: Untold) -> StateChanges:
    """Changes of the other state's rows in one partition of contacts: of all that is untold it knows what was told."""
    changes: dict[bytes, bytes | None] = {}
    ours, theirs = _by_contact(live), _by_contact(other)
    for contact in {*ours, *theirs}:
        before, now = (decode_rows(contact, rows.get(contact, {}).items()) for rows in (ours, theirs))
        restored = {
            key: live.get(key)
            for key in {*_untold_keys(before, untold), *_untold_keys(now, untold)}
            if live.get(key) != other.get(key)
        }
        if restored:
            changes |= restored | {head_key(contact): encode_head(_sent(before.head, now.head))}
    for key in other:
        if key >= BEHIND_CONTACTS and key not in live and key.rpartition(b"|")[2].decode() in untold.runs:
            changes[key] = None  # its campaign was sent by nobody
    return {key: value for key, value in changes.items() if other.get(key) != value}


def _sent(live: Head, other: Head) -> Head:
    """The other state's head, with what was really sent."""
    return other._replace(
        email=other.email or live.email,
        score_digest=live.score_digest,
        upsert_digest=live.upsert_digest,
        candidates_digest=live.candidates_digest,
        asked=tuple(list_id for list_id in other.asked if list_id in live.asked),
    )


def _untold_keys(rows: ContactRows, untold: Untold) -> Iterator[bytes]:
    yield from (key for key, session in rows.sessions.items() if session.session_uuid in untold.runs)
    yield from (key for key, recording in rows.recordings.items() if recording.session_uuid in untold.runs)
    yield from (key for key, row in rows.registrations.items() if row.registrant_id in untold.registrants)


def _by_contact(rows: StateRows) -> dict[str, dict[bytes, bytes]]:
    found: defaultdict[str, dict[bytes, bytes]] = defaultdict(dict)
    for key, value in rows.items():
        if key < BEHIND_CONTACTS and b"|" in key:
            found[key.partition(b"|")[0].decode()][key] = value
    return found


def _ended(live: StateRows) -> set[str]:
    """Uuids of runs of sessions of which everything was told."""
    waiting = {parts[0] for parts, _value in _rows(live, SESSION_STATE)}
    told = ((parts[0], SESSION.decode(value)) for parts, value in _rows(live, SESSION))
    return {uuid for name, session in told if name not in waiting for uuid in (name, *session.given)}


def _anew(name: bytes, live: StateRows, other: StateRows, untold: Untold, now_ms: int) -> Iterator[tuple[bytes, bytes]]:
    """The object's rows as the other state is to have them; `untold`: what of it."""
    yield from of_object_anew(name, _facts(live, other, untold).items(), now_ms)
    for key, value in other.items():
        letter = _letter(key)
        is_told = letter in _OF_RUNS and _part(key) not in untold.runs
        if is_told or (letter == _REGISTERED and _part(key) not in untold.registrants):
            yield key, value
    for key, value in live.items():
        letter = _letter(key)
        is_untold = letter in _OF_LIVE and _part(key) in untold.runs
        is_told = is_untold or (letter == _REGISTERED and _part(key) in untold.registrants)
        if letter in _ASKED or (is_told and not untold.is_unheard(key)):
            yield key, value


def _facts(live: StateRows, other: StateRows, untold: Untold) -> dict[bytes, bytes]:
    """The other state's, but for what is still to be told of starts: that is as the live one has it.

    A start that only the rebuild has told of is to be told as soon as it is looked at.
    """
    facts = {
        key: value
        for key, value in other.items()
        if _letter(key) in _FACTS or (_letter(key) == _REPORT and _part(key) not in untold.runs)
    }
    facts |= {key: value for key, value in live.items() if _letter(key) in (_STARTED, _LOBBY)}
    for key in [key for key in facts if _letter(key) == _STARTED]:
        lobby = _LOBBY + key[len(_STARTED) :]
        if _part(key) not in untold.runs or (key in live and not untold.is_unheard(key)):
            facts.pop(lobby, None)
        else:
            facts.setdefault(lobby, LOBBY.encode((STARTED.decode(facts.pop(key)), "")))
    return facts


def _by_object(rows: StateRows) -> dict[bytes, dict[bytes, bytes]]:
    """By account and object, joined as in keys, their rows but for what is due."""
    found: defaultdict[bytes, dict[bytes, bytes]] = defaultdict(dict)
    for key, value in rows.items():
        letter, *parts = key.split(b"|")
        if letter in _BY_OBJECT:
            found[b"|".join(parts[:2])][key] = value
    return found


def _due_rows(rows: StateRows) -> dict[bytes, dict[bytes, bytes]]:
    found: defaultdict[bytes, dict[bytes, bytes]] = defaultdict(dict)
    for key, value in rows.items():
        if key.startswith(DUE_WORK):
            _due, account, _at_ms, object_id = key.split(b"|", 3)
            found[b"|".join((account, object_id))][key] = value
    return found


def _rows(rows: StateRows, kind: BookKind[Any]) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """(parts of the key behind the object's, value) of one kind."""
    for key, value in rows.items():
        if _letter(key) == kind.letter.encode():
            yield _parts(key), value


def _parts(key: bytes) -> tuple[str, ...]:
    """Those of a key behind the object's."""
    return tuple(key.decode().split("|")[3:])


def _part(key: bytes) -> str:
    """The first part of a key behind the object's: a uuid in what goes with its run, a registrant's id."""
    return _parts(key)[0]


def _letter(key: bytes) -> bytes:
    return key.partition(b"|")[0]
