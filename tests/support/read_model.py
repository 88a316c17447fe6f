"""A read model under test: records that tell of webinars, and what the tables hold of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Select, Table, func, select
from sqlalchemy.engine import URL

from readmodel.database import opened, url_of
from readmodel.keys import told_key
from readmodel.tables import (
    CALLS,
    CONTACTS,
    FINISHED_AT,
    IS_KNOWN,
    META,
    METADATA,
    NOT_SYNCED,
    PEOPLE,
    SESSION_NUMBERS,
    WORDS,
    numbered,
)
from runtime.kafka import KafkaConnection
from schemas.codec import contact_id
from schemas.topic import Topic
from schemas.topics import (
    ATTENDANCE_RESULTS,
    ATTENDANCE_SESSIONS,
    AUDIT,
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    BREVO_RESULTS,
    ENGAGEMENT_CANDIDATES,
    ENGAGEMENT_SCORES,
    LETTERS,
    QUARANTINE,
    RAW_EVENTS,
    SETUP,
    WORKERS,
)
from tests.support.kafka import Message, produce

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
ACCOUNT = "EXAMPLE_ACCOUNT_ID"
NUMBERS = (CONTACTS, SESSION_NUMBERS, WORDS)
_WITH_UNDERSCORES = ("ce_type", "ce_source", "ce_id", "ce_time")
STARTED_MS = 1_786_528_800_000
Told = tuple[Topic, Message]


def sample(topic: Topic, name: str) -> dict[str, Any]:
    """A sample of `schemas/examples`."""
    fields: dict[str, Any] = orjson.loads((EXAMPLES / topic.name / f"{name}.json").read_bytes())
    return fields


class Person(NamedTuple):
    """Somebody in the records."""

    email: str

    @property
    def contact_id(self) -> str:
        """Key of what is told of them."""
        return contact_id(self.email)


def person(number: int) -> Person:
    """The same for the same number."""
    return Person(f"person{number}@example.com")


def session_uuid(number: int) -> str:
    """The same for the same number."""
    return f"session{number:04}AAAAAAAAAA=="


def message(key: str, fields: dict[str, Any] | None, headers: tuple[tuple[str, bytes], ...] = ()) -> Message:
    """A record, or a tombstone."""
    return Message(None if fields is None else orjson.dumps(fields), key.encode(), headers)


class Storyteller:
    """Tells of people as the worker's agents would; what it told last is what the tables must show."""

    def __init__(self) -> None:
        self._result = sample(ATTENDANCE_RESULTS, "result__left_early")
        self._registration = sample(ATTENDANCE_RESULTS, "registration__approved")
        self._score = sample(ENGAGEMENT_SCORES, "score__left_early")
        self._upsert = sample(BREVO_COMMANDS, "upsert__left_early")
        self._event = sample(BREVO_COMMANDS, "event__attended")
        self._answer = sample(BREVO_RESULTS, "upsert__acknowledged")
        self._session = sample(ATTENDANCE_SESSIONS, "session__final")

    def session(self, number: int, **fields: Any) -> Told:
        """A session's summary."""
        uuid = session_uuid(number)
        told = {**self._session, "account_id": ACCOUNT, "session_uuid": uuid, "topic": f"Webinar {number}", **fields}
        return ATTENDANCE_SESSIONS, message(f"{ACCOUNT}|{uuid}", told)

    def result(self, who: Person, number: int, revision: int, **fields: Any) -> Told:
        """What somebody did in a session."""
        told = {
            **self._result, "contact_id": who.contact_id, "email": who.email, "account_id": ACCOUNT,
            "session_uuid": session_uuid(number), "revision": revision, **fields,
        }  # fmt: skip
        return ATTENDANCE_RESULTS, message(who.contact_id, told)

    def registration(self, who: Person, number: int, **fields: Any) -> Told:
        """That somebody is registered."""
        told = {
            **self._registration, "contact_id": who.contact_id, "email": who.email, "account_id": ACCOUNT,
            "registrant_id": f"r{who.contact_id[:12]}{number}", **fields,
        }  # fmt: skip
        return ATTENDANCE_RESULTS, message(who.contact_id, told)

    def score(
        self, who: Person, numbers: Iterable[int], revision: int, score: int, *, parts: Any = None, **fields: Any
    ) -> Told:
        """How somebody stands after these sessions; `parts` of each."""
        (one,) = self._score["sessions"]
        one = {**one, "parts": parts or one["parts"]}
        sessions = [
            {**one, "account_id": ACCOUNT, "session_uuid": session_uuid(number), "score": score} for number in numbers
        ]
        told = {
            **self._score, "contact_id": who.contact_id, "email": who.email, "revision": revision,
            "contact_score": score, "sessions": sessions, **fields,
        }  # fmt: skip
        return ENGAGEMENT_SCORES, message(who.contact_id, told)

    def no_score(self, who: Person) -> Told:
        """That nothing of somebody stands any more."""
        return ENGAGEMENT_SCORES, message(who.contact_id, None)

    def candidates(self, who: Person, live: int, *failed: str, **scores: int) -> Told:
        """What candidate models would give somebody; tiers by the usual borders."""

        def score(model: str, points: int) -> dict[str, Any]:
            tier = "hot" if points >= 70 else "warm" if points >= 40 else "cold"
            return {"model_version": model, "settings_digest": "0", "contact_score": points, "tier": tier}

        told = {
            "schema_version": 1, "contact_id": who.contact_id, "reference_date": "2026-08-12",
            "live": score("1", live), "candidates": [score(model, points) for model, points in scores.items()],
            "failed": [{"model_version": model, "error": "ZeroDivisionError"} for model in failed],
        }  # fmt: skip
        return ENGAGEMENT_CANDIDATES, message(who.contact_id, told)

    def no_candidates(self, who: Person) -> Told:
        """That no candidate gives somebody anything any more."""
        return ENGAGEMENT_CANDIDATES, message(who.contact_id, None)

    def upsert(self, who: Person, revision: int, *, bulk: bool = False, **fields: Any) -> Told:
        """What Brevo shall hold of somebody."""
        told = {
            **self._upsert, "contact_id": who.contact_id, "email": who.email, "revision": revision,
            "command_id": contact_id(f"{who.email}|{revision}"), **fields,
        }  # fmt: skip
        return BREVO_COMMANDS_BULK if bulk else BREVO_COMMANDS, message(who.contact_id, told)

    def event(self, who: Person, revision: int) -> Told:
        """An event about somebody."""
        told = {
            **self._event, "contact_id": who.contact_id, "email": who.email, "revision": revision,
            "command_id": contact_id(f"{who.email}|{revision}"),
        }  # fmt: skip
        return BREVO_COMMANDS, message(who.contact_id, told)

    def answer(self, who: Person, revision: int, **fields: Any) -> Told:
        """What became of the command of that revision."""
        told = {
            **self._answer, "contact_id": who.contact_id, "revision": revision,
            "command_id": contact_id(f"{who.email}|{revision}"), **fields,
        }  # fmt: skip
        return BREVO_RESULTS, message(who.contact_id, told)

    def delivery(self, number: int, **headers: str) -> Told:
        """An event as the ingress takes it; with `quarantine_reason` as it puts one aside."""
        said = {
            "ce_type": "webinar.participant_joined", "ce_source": f"/zoom/{ACCOUNT}", "ce_id": f"delivery-{number}",
            "ce_time": "2026-08-12T10:00:00.000Z", "received-at": "2026-08-12T10:00:00.350Z",
            **{name if name in _WITH_UNDERSCORES else name.replace("_", "-"): value for name, value in headers.items()},
        }  # fmt: skip
        topic = QUARANTINE if "quarantine_reason" in headers else RAW_EVENTS
        pairs = tuple((name, value.encode()) for name, value in said.items())
        return topic, message(str(94_000_000_000 + number % 7), {"event": said["ce_type"]}, pairs)

    def dead_letter(self, number: int) -> Told:
        """A command that nobody could do."""
        said = {
            "ce_type": "rollcall.brevo.command.upsert.v1", "rollcall-label": "invalid", "rollcall-reason": "no",
            "rollcall-stage": "sync-contact", "rollcall-source": f"brevo.commands.v1/0/{number}",
            "rollcall-version": "0.1.0", "rollcall-attempts": "1",
        }  # fmt: skip
        pairs = tuple((name, value.encode()) for name, value in said.items())
        return BREVO_COMMANDS.dead_letter, Message(b"{}", person(number).contact_id.encode(), pairs)

    def letter_fault(self, letter_id: str, **fields: Any) -> Told:
        """That a letter has failed again."""
        told = {**sample(LETTERS, "fault__sent_again"), "letter_id": letter_id, **fields}
        return LETTERS, message(f"{letter_id}|fault", told)

    def letter_decision(self, letter_id: str, **fields: Any) -> Told:
        """What somebody decided about a letter."""
        told = {**sample(LETTERS, "decision__resent"), "letter_id": letter_id, **fields}
        return LETTERS, message(f"{letter_id}|decision", told)

    def audit(self, number: int, **fields: Any) -> Told:
        """What an operator did."""
        told = {**sample(AUDIT, "audit__effects_resolved"), "entry_id": f"entry-{number}", **fields}
        return AUDIT, message("ana", told)

    def setup(self) -> Told:
        """What `rollcall check` has found."""
        return SETUP, message("check", sample(SETUP, "setup__checked"))

    def worker(self, name: str, **fields: Any) -> Told:
        """How a worker is."""
        return WORKERS, message(name, {**sample(WORKERS, "worker__ready"), "worker_id": name, **fields})


def story(records: int, seed: int) -> Iterator[Told]:
    """So many records of everything, with corrections, in an order of their own; the same for the same seed."""
    dice, tell = random.Random(seed), Storyteller()
    for number in range(records):
        who, session, revision = person(dice.randrange(records // 8)), dice.randrange(20), number + 1
        match dice.randrange(14):
            case 0 | 1 | 2:
                status = dice.choice(("attended", "left_early"))
                yield tell.result(
                    who, session, revision, attendance_status=status, attended_seconds=dice.randrange(3600)
                )
            case 3:
                yield tell.result(who, session, revision, retracted=True, reason=None, retraction_reason="excluded")
            case 4:
                yield tell.registration(who, session, revision=revision)
            case 5 | 6:
                yield tell.score(who, [session, (session + 1) % 20], revision, dice.randrange(101))
            case 7:
                yield tell.no_score(who) if dice.random() < 0.2 else tell.event(who, revision)
            case 8 | 9:
                bulk = dice.random() < 0.3
                yield tell.upsert(who, dice.randrange(1, 9, 2) + bulk, bulk=bulk)
            case 10 | 11:
                outcome = dice.choice(("acknowledged", "rejected", "unchanged", "intended"))
                yield tell.answer(who, dice.randrange(1, 9), outcome=outcome)
            case 12:
                reason = {"quarantine_reason": "stale"} if dice.random() < 0.3 else {}
                yield tell.delivery(number, **reason)
            case _:
                some = dict.fromkeys(dice.sample(("a", "b", "c"), dice.randrange(4)), dice.randrange(101))
                yield dice.choice(
                    (tell.session(session, length_seconds=number), tell.audit(number), tell.dead_letter(number),
                     tell.worker(f"worker-{session % 3}"), tell.letter_fault(f"{session:032x}", attempts=number),
                     tell.letter_decision(f"{session:032x}", resends=number % 4),
                     tell.candidates(who, session, **some), tell.no_candidates(who))
                )  # fmt: skip


async def publish(kafka: KafkaConnection, told: Iterable[Told]) -> int:
    """Put the records on their topics, those of one topic in order; returns how many."""
    by_topic: dict[str, list[Message]] = {}
    for topic, message in told:
        by_topic.setdefault(topic.physical(kafka.topic_prefix), []).append(message)
    for name, messages in by_topic.items():
        await produce(kafka.bootstrap_servers, name, messages)
    return sum(map(len, by_topic.values()))


def contents(url: URL, topic_prefix: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in order: what two models are compared by. Numbers are what they stand for."""
    with opened(url, topic_prefix) as database, database.reading() as connection:
        named = {numbers.name: _named(connection, numbers) for numbers in NUMBERS}
        return {
            table.name: sorted((_told(row, table, named) for row in connection.execute(_standing(table))), key=repr)
            for table in METADATA.sorted_tables
            if table not in (META, SESSION_NUMBERS, WORDS)
        }


def _standing(table: Table) -> Select[Any]:
    """Its rows without those that are a number alone: what it stood for may be gone, and it is not given anew."""
    return select(table).where(IS_KNOWN) if table is CONTACTS else select(table)


def _named(connection: Connection, numbers: Table) -> dict[int, Any]:
    if numbers is CONTACTS:
        rows = connection.execute(select(CONTACTS.c.contact, CONTACTS.c.rest, CONTACTS.c.email))
        found: dict[int, Any] = {number: told_key(rest, email) for number, rest, email in rows}
    else:
        found = {row.number: row.named for row in connection.execute(select(numbers))}
    assert len(set(found.values())) == len(found), f"something has two numbers in {numbers.name}"
    return found


def _told(row: Any, table: Table, named: Mapping[str, Mapping[int, Any]]) -> tuple[Any, ...]:
    columns, numbers = [column.name for column in table.columns], numbered(table)
    return tuple(
        named[numbers[name].name][value] if name in numbers and value else _plain(value)
        for name, value in zip(columns, row, strict=True)
    )


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytes | memoryview) else value


def lacking(url: URL, topic_prefix: str) -> list[tuple[int, int]]:
    """Sessions with the number of people whom Brevo lacks, counted: what the table `unsynced` must hold."""
    keyed = SESSION_NUMBERS.c.number == PEOPLE.c.session
    counted = select(SESSION_NUMBERS.c.named, func.count()).join(SESSION_NUMBERS, keyed).where(NOT_SYNCED)
    with opened(url, topic_prefix) as database, database.reading() as connection:
        rows = connection.execute(counted.group_by(SESSION_NUMBERS.c.named))
        return sorted((tuple(row) for row in rows), key=repr)


def delays(url: URL, topic_prefix: str) -> list[tuple[Any, ...]]:
    """Answers of Brevo by minute, what was wanted and delay, counted: what the table `delays` must hold."""
    of = CALLS.c
    keys = FINISHED_AT // 60_000, WORDS.c.named, of.finished_after // 100
    counted = select(*keys, func.count()).select_from(CALLS).join(WORDS, WORDS.c.number == of.wanted)
    taken = of.outcome.in_(("acknowledged", "unchanged"))
    with opened(url, topic_prefix) as database, database.reading() as connection:
        rows = connection.execute(counted.where(taken).group_by(*keys))
        return sorted((tuple(row) for row in rows), key=repr)


def numbered_contacts(url: URL, topic_prefix: str) -> set[bytes]:
    """The keys of all contacts that have a number."""
    with opened(url, topic_prefix) as database, database.reading() as connection:
        return set(_named(connection, CONTACTS).values())


def sqlite_url(folder: Path) -> URL:
    """A file of a test."""
    return url_of({"ROLLCALL_DATA_DIR": str(folder)})
