"""The read model against a real Kafka, with SQLite and with PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import URL

from readmodel.database import opened
from readmodel.keys import session_key
from readmodel.lines.candidates import Comparison
from readmodel.lines.operations import Freshness, Totals
from readmodel.projector import BATCH_RECORDS, Projector
from readmodel.queries import operations
from readmodel.queries.candidates import candidate_models, comparison, movers
from readmodel.queries.contacts import contact, find_contacts
from readmodel.queries.sessions import find_sessions, not_synced, people, sessions
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.topics import ensure_topics
from schemas.topics import ATTENDANCE_RESULTS, BREVO_RESULTS, WORKERS
from tests.support.kafka import Message, create_topics, produce
from tests.support.read_model import (
    ACCOUNT,
    Storyteller,
    contents,
    delays,
    lacking,
    person,
    publish,
    session_uuid,
    sqlite_url,
    story,
)

PARTITIONS = 3


async def project(url: URL, kafka: KafkaConnection, batch_records: int = BATCH_RECORDS) -> list[int]:
    """Catch up; returns the numbers of records of the transactions."""
    batches: list[int] = []
    with opened(url, kafka.topic_prefix) as database:
        await Projector(database, kafka, heard=batches.append, batch_records=batch_records).catch_up()
    return batches


async def test_what_the_topics_say_is_found_again(url: URL, kafka: KafkaConnection) -> None:
    """One webinar with three people, one of whom Brevo refuses, and everything around it."""
    await ensure_topics(kafka, Kafka(partitions=PARTITIONS))
    tell, (ana, ben, cleo) = Storyteller(), map(person, range(3))
    told = [
        tell.session(1, topic="Größer denken"),
        tell.session(2, started_at="2026-08-11T10:00:00Z"),
        *(tell.result(who, 1, 1, attended_seconds=900 * (1 + who.email.count("2"))) for who in (ana, ben, cleo)),
        tell.result(ana, 1, 2, attendance_status="attended", attended_seconds=3_600, intervals=[[0, 3600]]),
        tell.result(cleo, 2, 1, retracted=True, reason=None, retraction_reason="excluded"),
        tell.registration(ana, 1, first_name="Ana", last_name="Ferreira"),
        tell.score(ana, [1], 1, 82),
        tell.upsert(ana, 1),
        *(tell.upsert(who, 2) for who in (ana, ben)),
        tell.event(ana, 3),
        tell.answer(ana, 2),
        tell.answer(ana, 3, kind="event", outcome="in_doubt", http_status=None),
        tell.answer(ben, 2, outcome="rejected", http_status=400, detail="invalid phone number", acknowledged=None),
        tell.delivery(1),
        tell.delivery(2, quarantine_reason="stale"),
        tell.dead_letter(7),
        tell.audit(1),
        tell.worker("worker-1"),
        tell.worker("worker-2"),
        (WORKERS, Message(None, b"worker-2")),
    ]
    assert await publish(kafka, told) == len(told)
    assert sum(await project(url, kafka)) == len(told)
    with opened(url, kafka.topic_prefix) as database, database.reading() as connection:
        latest, earlier = sessions(connection).items
        assert (latest.topic, latest.state, latest.not_synced) == ("Größer denken", "final", 2)
        assert [line.not_synced for line in sessions(connection).items] == [2, 0]
        assert find_sessions(connection, "latest") == (latest,) == find_sessions(connection, "GRÖSSER"[:2] + "ößer")
        assert find_sessions(connection, session_uuid(2)) == (earlier,)
        assert not sessions(connection, state="waiting").items
        listed = people(connection, latest.session).items
        assert [(line.email, line.status, line.sync) for line in listed] == [
            (ana.email, "attended", "written"),
            (cleo.email, "left_early", "waiting"),
            (ben.email, "left_early", "refused"),
        ]
        assert (listed[0].score, listed[0].intervals, listed[0].name) == (82, ((0, 3600),), "Ana Ferreira")
        assert listed[0].scoring is not None
        assert listed[2].sync_detail == "invalid phone number"
        assert {line.email for line in not_synced(connection, latest.session).items} == {ben.email, cleo.email}
        assert people(connection, session_key(ACCOUNT, session_uuid(2)), statuses=["retracted"]).items[0].reason == (
            "excluded"
        )
        (found,) = find_contacts(connection, ana.email.upper())
        assert find_contacts(connection, found.contact_id[:10]) == (found,)
        history = contact(connection, found.contact_id)
        assert history is not None
        assert history.standing is not None
        assert history.standing.score == 82
        assert [attendance.person.session for attendance in history.results] == [latest.session]
        assert [line.status for line in history.registrations] == ["approved"]
        assert [(line.kind, line.outcome, line.superseded) for line in history.calls] == [
            ("event", "in_doubt", False),
            ("upsert", "acknowledged", False),
            ("upsert", None, True),
        ]
        (doubt,) = operations.in_doubt(connection)
        assert doubt.contact_id == ana.contact_id
        assert operations.in_doubt(connection, sessions=[doubt.session_uuid or "", "another"]) == (doubt,)
        assert operations.in_doubt(connection, sessions=["another"]) == ()
        assert [line.contact_id for line in operations.rejected(connection)] == [ben.contact_id]
        assert [letter.source for letter in operations.dead_letters(connection).items] == ["brevo.commands.v1/0/7"]
        assert len(operations.deliveries(connection).items) == 2
        (stale,) = operations.deliveries(connection, quarantined=True).items
        assert stale.quarantine_reason == "stale"
        assert [line.action for line in operations.audit(connection).items] == ["effects.resolve"]
        assert [status.worker_id for status in operations.workers(connection)] == ["worker-1"]
        assert operations.totals(connection) == Totals(1, 1, 1, 1, 0)
        assert {progress.topic for progress in operations.progress(connection)} > {ATTENDANCE_RESULTS.name}


async def test_freshness_is_of_what_webhooks_told_as_it_happened(url: URL, kafka: KafkaConnection) -> None:
    """A registration of weeks ago, read off a list, a replay's copy and a delivery of days ago are no delay of ours."""
    await ensure_topics(kafka, Kafka(partitions=PARTITIONS))
    tell, (ana, ben) = Storyteller(), map(person, range(2))
    now = datetime(2026, 8, 12, 11, 30, tzinfo=UTC)
    told = [
        tell.upsert(ana, 1, reason="registration", occurred_at="2026-08-12T11:00:00Z", as_it_happened=True),
        tell.upsert(ben, 1, reason="registration", occurred_at="2026-07-01T11:00:00Z"),
        *(tell.answer(who, 1, finished_at="2026-08-12T11:00:04Z") for who in (ana, ben)),
        tell.delivery(1, received_at="2026-08-12T11:00:02Z", ce_time="2026-08-12T11:00:00Z"),
        tell.delivery(2, received_at="2026-08-12T11:00:02Z", ce_time="2026-08-12T11:00:00Z", replay_of="raw/0/0"),
        tell.delivery(3, received_at="2026-08-12T11:00:02Z", ce_time="2026-08-10T11:00:00Z"),
    ]
    await publish(kafka, told)
    await project(url, kafka)
    with opened(url, kafka.topic_prefix) as database, database.reading() as connection:
        assert operations.freshness(connection, now) == (
            Freshness("received", "webinar.participant_joined", 1, 2.0, 2.0),
            Freshness("answered", "upsert (registration)", 1, 4.0, 4.0),
        )


async def test_candidates_are_compared_with_the_live_score_and_movers_are_named(
    url: URL, kafka: KafkaConnection
) -> None:
    """The newest of a contact takes the place of all its models; a tombstone of everything."""
    await ensure_topics(kafka, Kafka(partitions=PARTITIONS))
    tell, (ana, ben, cleo, dora, emil) = Storyteller(), map(person, range(5))
    told = [
        tell.registration(ana, 1, first_name="Ana", last_name="Ferreira"),
        *(tell.score(who, [1], 1, 50) for who in (ana, ben, cleo, dora, emil)),
        tell.candidates(ana, 50, old=1, gone=2),
        tell.candidates(ana, 50, old=75),
        tell.candidates(ben, 45, old=100),
        tell.candidates(cleo, 71, old=69, b=71),
        tell.candidates(dora, 39, "old"),
        tell.candidates(emil, 90, old=90),
        tell.no_candidates(emil),
    ]
    assert sum([await publish(kafka, told), *(-count for count in await project(url, kafka))]) == 0
    with opened(url, kafka.topic_prefix) as database, database.reading() as connection:
        assert candidate_models(connection) == ("b", "old")
        assert comparison(connection, "old") == Comparison(
            model="old",
            contacts=4,
            scored=5,
            failed=1,
            tiers={("hot", "warm"): 1, ("warm", "hot"): 2},
            live_bins=(0, 0, 0, 0, 1, 1, 0, 1, 0, 0),
            bins=(0, 0, 0, 0, 0, 0, 1, 1, 0, 1),
        )
        first = movers(connection, "old", limit=2)
        assert [(line.contact_id, line.live_score, line.score, line.tier) for line in first.items] == [
            (ben.contact_id, 45, 100, "hot"),
            (ana.contact_id, 50, 75, "hot"),
        ]
        assert (first.items[1].email, first.items[1].name) == (ana.email, "Ana Ferreira")
        assert [line.contact_id for line in movers(connection, "old", after=first.after).items] == [cleo.contact_id]
        assert [line.contact_id for line in movers(connection, "old", to="warm").items] == [cleo.contact_id]
        assert movers(connection, "b").items == movers(connection, "x\0").items == ()
        assert comparison(connection, "b").moved == comparison(connection, "nobody").contacts == 0


async def test_what_came_later_is_added_and_nothing_counts_twice(url: URL, kafka: KafkaConnection) -> None:
    """Once caught up there is nothing to do; new records go on where the tables are."""
    await ensure_topics(kafka, Kafka(partitions=PARTITIONS))
    tell = Storyteller()
    await publish(kafka, [tell.result(person(1), 1, 1)])
    assert await project(url, kafka) == [1]
    assert await project(url, kafka) == []
    await publish(kafka, [tell.result(person(1), 1, 2, attended_seconds=7), tell.session(1)])
    assert sum(await project(url, kafka)) == 2
    with opened(url, kafka.topic_prefix) as database, database.reading() as connection:
        (line,) = people(connection, session_key(ACCOUNT, session_uuid(1))).items
    assert (line.revision, line.attended_seconds) == (2, 7)


async def test_two_that_project_at_once_are_as_one(url: URL, kafka: KafkaConnection, tmp_path: Path) -> None:
    """A command and the console have the same tables: who comes second goes on where the first is."""
    await ensure_topics(kafka, Kafka(partitions=PARTITIONS))
    await publish(kafka, story(2_000, seed=1))
    await asyncio.gather(*(project(url, kafka, batch_records=97) for _ in range(2)))
    alone = sqlite_url(tmp_path / "alone")
    await project(alone, kafka)
    assert contents(url, kafka.topic_prefix) == contents(alone, kafka.topic_prefix)
    assert contents(url, kafka.topic_prefix)["unsynced"] == lacking(url, kafka.topic_prefix) != []
    assert contents(url, kafka.topic_prefix)["delays"] == delays(url, kafka.topic_prefix) != []


async def test_records_that_cannot_be_read_are_counted_and_passed(url: URL, kafka: KafkaConnection) -> None:
    """Whatever somebody writes to a topic, what comes behind it is shown."""
    await ensure_topics(kafka, Kafka(partitions=1))
    tell, name = Storyteller(), ATTENDANCE_RESULTS.physical(kafka.topic_prefix)
    _, good = tell.result(person(1), 1, 1)
    foreign = [b"{", b"[]", b"null", b'{"kind":"result"}', good.value.replace(b'"joins":', b'"joins":1e400,"x":')]  # type: ignore[union-attr]
    long = good.value.replace(b'"left_before_the_end"', b'"%s"' % (b"long" * 1_000))  # type: ignore[union-attr]
    nul = good.value.replace(b'"left_before_the_end"', b'"a\\u0000b"')  # type: ignore[union-attr]
    huge = good.value.replace(b'"revision":1', b'"revision":99999999999999999')  # type: ignore[union-attr]
    await produce(kafka.bootstrap_servers, name, [Message(body, b"k") for body in (*foreign, huge, long, nul)])
    await project(url, kafka)
    with opened(url, kafka.topic_prefix) as database, database.reading() as connection:
        (line,) = people(connection, session_key(ACCOUNT, session_uuid(1))).items
        (told,) = [
            progress for progress in operations.progress(connection) if progress.topic == ATTENDANCE_RESULTS.name
        ]
    assert (line.reason, told.unreadable) == ("a\N{REPLACEMENT CHARACTER}b", 7)


async def test_topics_that_begin_anew_are_projected_anew(url: URL, kafka: KafkaConnection) -> None:
    """Where a topic ends before what was read of it, it is another one: nothing of the old is left."""
    await create_topics(kafka.bootstrap_servers, [BREVO_RESULTS.physical(kafka.topic_prefix)], partitions=1)
    other = KafkaConnection(kafka.bootstrap_servers, topic_prefix=f"{kafka.topic_prefix}old-")
    await ensure_topics(other, Kafka(partitions=1))
    tell = Storyteller()
    await publish(other, [tell.session(number) for number in range(5)])
    with opened(url, other.topic_prefix) as database:
        await Projector(database, other).catch_up()
    await ensure_topics(kafka, Kafka(partitions=1))
    await publish(kafka, [tell.session(9)])
    with opened(url, other.topic_prefix) as database:
        await Projector(database, kafka).catch_up()  # as after a cluster was set up anew
        with database.reading() as connection:
            assert [line.topic for line in sessions(connection).items] == ["Webinar 9"]
