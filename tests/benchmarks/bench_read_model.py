"""The read model: how fast records are projected, what a person takes on disk, how fast questions are answered.

`python -m tests.benchmarks.bench_read_model [--people 100000] [--results 1000000] [--url postgresql://…]`

Records of one session of `--people` are projected from a Kafka of the benchmark's own: results, scores, commands and
answers. Then the tables are filled up to `--results` in sessions of 50,000, and each question is asked, and each of the
console's pages loaded, 20 times. CPU is that of the projecting process, which another busy process does not change. The
last column compares the rate with the 20,000 records a second, and the slowest of 20 answers with the 100 ms, that are
promised.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import chain, islice
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from console.views.links import session_word
from ops.entry import OBJECTS_BETWEEN_COLLECTIONS
from processors.engagement.score import ON_TIME_SECONDS, session_points
from readmodel.changes import SourceRecord
from readmodel.database import DATABASE_FILE, VARIABLE, Database, opened, url_of
from readmodel.keys import session_key
from readmodel.projection import project
from readmodel.projector import Projector
from readmodel.queries import operations
from readmodel.queries.contacts import contact, find_contacts
from readmodel.queries.sessions import find_sessions, not_synced, people, sessions
from readmodel.writing import write
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.scoring_models import Weights
from runtime.topics import ensure_topics
from sandbox.kafka import EmbeddedKafka
from schemas.instants import as_datetime, format_instant
from tests.support.console import console
from tests.support.read_model import ACCOUNT, Storyteller, Told, person, publish, session_uuid, sqlite_url

RATE, ANSWER_MS = 20_000, 100
SESSION_PEOPLE = 50_000
REPEATS = 20
ENDED = int(time.time()) - 120
"""When the session ended: what Brevo shall hold of its people is published within minutes."""
FINISHED = ENDED + 180
"""When Brevo has answered about the first hundred people."""
NOW = as_datetime(FINISHED + 1_200)
HOUR = 3_600
"""The session's length, in seconds."""
FIRST_NAMES = ("Ana", "Benedikt", "Chiara", "Maya", "Oluwaseun", "Tom", "Yuki")
LAST_NAMES = ("Ferreira", "Ito", "Lindqvist", "Okafor", "Schmitz", "Vanderbilt")


def portions(told: Iterable[Told], size: int) -> Iterator[list[Told]]:
    """Of `size` each, the last one shorter."""
    rest = iter(told)
    while portion := list(islice(rest, size)):
        yield portion


def session_of(number: int, count: int) -> Iterator[Told]:
    """Everything about one session of so many people: half of them come late, half leave early, a fifth comes twice."""
    story = Storyteller()
    yield story.session(number)
    for attendee in range(count):
        who, late = person(attendee), attendee * 37 % 900 if attendee % 2 else 0
        attended = (1 + attendee * 101 % (HOUR - late)) if attendee % 4 < 2 else HOUR - late
        yield story.result(who, number, 1, **_stay(attendee, attended, late))
        yield _score(story, number, attendee, attended, late)
        yield story.upsert(who, 2, occurred_at=format_instant(ENDED))
        finished_at = format_instant(FINISHED + attendee // 100)
        yield story.answer(who, 2, occurred_at=format_instant(ENDED), finished_at=finished_at)


def _stay(attendee: int, attended: int, late: int) -> dict[str, object]:
    is_back = attendee % 5 == 0 and attended > 1
    half = attended // 2
    stays = [[late, late + half], [late + half + 1, late + attended + 1]] if is_back else [[late, late + attended]]
    name = f"{FIRST_NAMES[attendee % len(FIRST_NAMES)]} {LAST_NAMES[attendee // 7 % len(LAST_NAMES)]}"
    identity = {"rule": "registrant", "registrant_id": f"r{attendee}", "name": name}
    return {
        "attended_seconds": attended, "late_seconds": late, "intervals": stays, "joins": len(stays),
        "identity": identity,
    }  # fmt: skip


def _score(story: Storyteller, number: int, attendee: int, attended: int, late: int) -> Told:
    points = session_points(
        attended_seconds=attended, length_seconds=HOUR, late_seconds=late, stayed=False, interaction=None,
        weights=Weights(),
    )  # fmt: skip
    parts = {
        name: round(part / points.unit, 4) if (part := getattr(points, name)) is not None else None
        for name in ("attendance", "punctuality", "stayed", "interaction", "maximum")
    }
    when = "on time" if late <= ON_TIME_SECONDS else f"{late // 60} min late"
    why = f"{attended // 60} of 60 min, {when}, left before the end"
    return story.score(person(attendee), [number], 1, points.score, parts=parts, why=why)


async def projected(database: Database, kafka: KafkaConnection, count: int) -> None:
    """Publish one session, project it, and print how fast that was."""
    await ensure_topics(kafka, Kafka(partitions=6))
    records = 0
    for part in portions(session_of(0, count), 40_000):
        records += await publish(kafka, part)
    began, began_cpu = time.perf_counter(), time.process_time()
    await Projector(database, kafka).catch_up()
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    row = f"{'projected':28} {records:>10,} records {records / seconds:>10,.0f}/s"
    print(f"{row} {records / cpu:>10,.0f}/s of CPU {records / cpu / RATE:>8.2f} of {RATE:,}/s")  # noqa: T201


def weigh(file: Path, people_count: int) -> None:
    """Print what a person takes on disk: the whole, and each table and index of it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sizes = connection.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC").fetchall()
    print(f"{'on disk':28} {file.stat().st_size / people_count:>10,.0f} bytes a person, of these")  # noqa: T201
    for name, size in sizes:
        if size > people_count:  # what is no row of each
            print(f"{name:>28} {size / people_count:>10,.0f}")  # noqa: T201


def fill(database: Database, count: int) -> None:
    """So many results in sessions of `SESSION_PEOPLE`, written as the projector writes them."""
    story = Storyteller()
    for number in range(1, count // SESSION_PEOPLE + 1):
        told = chain(
            [story.session(number)], (story.result(person(attendee), number, 1) for attendee in range(SESSION_PEOPLE))
        )
        for part in portions(told, 10_000):
            sources = [
                SourceRecord(topic.name, 0, 0, 0, message.key, message.value, message.headers)
                for topic, message in part
            ]
            with database.writing() as connection:
                write(connection, project(sources)[0])


def questions(database: Database) -> Sequence[tuple[str, Callable[[Connection], object]]]:
    """Each with its name."""
    key = session_key(ACCOUNT, session_uuid(1))
    with database.reading() as connection:
        second = people(connection, key).after
    return (
        ("sessions", sessions),
        ("sessions with a word", lambda c: sessions(c, text="webinar 1")),
        ("session by its uuid", lambda c: find_sessions(c, session_uuid(3))),
        ("people of a session", lambda c: people(c, key)),
        ("people, the next page", lambda c: people(c, key, after=second)),
        ("people, no-shows", lambda c: people(c, key, statuses=["no_show"])),
        ("people by score", lambda c: people(c, key, order="score")),
        ("people not synced", lambda c: not_synced(c, key)),
        ("a contact by address", lambda c: find_contacts(c, person(7).email)),
        ("a contact's history", lambda c: contact(c, person(7).contact_id)),
        ("totals", operations.totals),
        ("freshness", lambda c: operations.freshness(c, NOW)),
    )


def ask(database: Database) -> None:
    """Print how long each question takes."""
    for name, question in questions(database):
        times = []
        for _ in range(REPEATS):
            with database.reading() as connection:
                began = time.perf_counter()
                question(connection)
                times.append((time.perf_counter() - began) * 1000)
        tell(name, times)


async def load(folder: Path, url: URL) -> None:
    """Print how long each page takes, from the request to its last byte."""
    session = f"/sessions/{session_word(session_key(ACCOUNT, session_uuid(1)))}"
    contact_page = f"/contacts/{person(7).contact_id}"
    pages = ("/sessions", session, f"{session}?order=score", f"{session}?show=not_synced", contact_page, "/status",
             "/deliveries", "/dead-letters", "/doubts", "/setup", "/acts")  # fmt: skip
    async with console(folder, [], url) as (visitor, _):
        await visitor.sign_in("ana")
        for page in pages:
            times = []
            for _ in range(REPEATS):
                began = time.perf_counter()
                status, _text = await visitor.get(page)
                times.append((time.perf_counter() - began) * 1000)
                assert status == 200, page
            tell(f"page {page.replace(session, 'session').replace(contact_page, 'contact')}", times)


def tell(name: str, times: Sequence[float]) -> None:
    """A line about so many milliseconds each."""
    median, slowest = sorted(times)[len(times) // 2], max(times)
    row = f"{name:28} {median:>10.1f} ms median {slowest:>8.1f} ms slowest"
    print(f"{row} {slowest / ANSWER_MS:>8.2f} of {ANSWER_MS} ms", flush=True)  # noqa: T201


def main() -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--results", type=int, default=1_000_000)
    parser.add_argument("--url", help="an empty PostgreSQL; without it a SQLite file")
    options = parser.parse_args()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)  # this and the next as `rollcall console` does
    gc.freeze()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = url_of({VARIABLE: options.url}) if options.url else sqlite_url(folder)
        kafka = stack.enter_context(EmbeddedKafka(progress=print))
        database = stack.enter_context(opened(url))
        asyncio.run(projected(database, KafkaConnection(kafka.bootstrap), options.people))
        if database.is_sqlite:
            weigh(folder / DATABASE_FILE, options.people)
        fill(database, options.results)
        ask(database)
        asyncio.run(load(folder, url))


if __name__ == "__main__":
    main()
