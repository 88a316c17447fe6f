"""Who was forgotten has no row of the read model, however often they are read; another cluster empties none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.engine import URL

from readmodel.database import opened
from readmodel.keys import contact_key
from readmodel.projector import Projector
from readmodel.tables import META
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.topics import ensure_topics
from schemas.audit import AuditEntry
from schemas.erasure import Erasure
from schemas.errors import ConfigurationError
from schemas.topics import AUDIT, ERASURES
from tests.support.erasures import order
from tests.support.kafka import Message, produce
from tests.support.read_model import (
    Person,
    Storyteller,
    Told,
    contents,
    delays,
    lacking,
    numbered_contacts,
    person,
    publish,
    sqlite_url,
)

ERASED_AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


async def project(url: URL, kafka: KafkaConnection) -> None:
    """Catch up."""
    with opened(url, kafka.topic_prefix) as database:
        await Projector(database, kafka).catch_up()


async def forget(kafka: KafkaConnection, erasure: Erasure) -> None:
    """As `rollcall forget` does, in the one partition."""
    messages = [Message(erasure.to_bytes(), erasure.record_key)]
    await produce(kafka.bootstrap_servers, ERASURES.physical(kafka.topic_prefix), messages)


def told_of(who: Person, tell: Storyteller) -> list[Told]:
    """Everything that makes a row; an act on them too."""
    entry = AuditEntry(entry_id="1", operator="ops", action="resync", subject=who.contact_id, at=ERASED_AT)
    return [
        tell.result(who, 1, 1), tell.registration(who, 1), tell.score(who, [1], 1, 50), tell.upsert(who, 2),
        tell.event(who, 3), tell.answer(who, 2), (AUDIT, Message(entry.to_bytes(), b"ops")),
    ]  # fmt: skip


def named(url: URL, kafka: KafkaConnection, who: Person) -> list[str]:
    """The tables that say the address or the id."""
    rows = contents(url, kafka.topic_prefix).items()
    words = (who.email, who.contact_id, repr(bytes.fromhex(who.contact_id)))
    return [table for table, found in rows if any(word in repr(found) for word in words)]


async def test_rows_of_who_was_forgotten_go_and_do_not_come_back(
    url: URL, kafka: KafkaConnection, tmp_path: Path
) -> None:
    """Nobody else's do; the same records once more, and a model that is made from the beginning, have none of them."""
    await ensure_topics(kafka, Kafka(partitions=1))
    tell, (ana, ben) = Storyteller(), map(person, range(2))
    await publish(kafka, [*told_of(ana, tell), *told_of(ben, tell)])
    await project(url, kafka)
    tables = named(url, kafka, ana)
    assert {"audit", "calls", "contacts", "people", "registrations", "scores"} <= set(tables)
    await forget(kafka, order(ana.email, ERASED_AT))
    await publish(kafka, [*told_of(ana, tell), tell.no_score(ana), tell.no_candidates(ana)])
    await project(url, kafka)
    anew = sqlite_url(tmp_path / "anew")
    await project(anew, kafka)
    for model in (url, anew):
        assert named(model, kafka, ana) == []
        assert numbered_contacts(model, kafka.topic_prefix) == {contact_key(ben.contact_id)}
        assert contents(model, kafka.topic_prefix)["delays"] == delays(model, kafka.topic_prefix) != []
        assert named(model, kafka, ben) == tables
        assert contents(model, kafka.topic_prefix)["unsynced"] == lacking(model, kafka.topic_prefix)


async def test_what_happened_after_a_return_is_there_and_nothing_of_before(url: URL, kafka: KafkaConnection) -> None:
    """As the agents take them in again from then on."""
    await ensure_topics(kafka, Kafka(partitions=1))
    tell, ana = Storyteller(), person(0)
    later = (ERASED_AT + timedelta(days=2)).isoformat()
    await publish(kafka, told_of(ana, tell))
    back = order(ana.email, ERASED_AT).model_copy(update={"returned_at": ERASED_AT + timedelta(days=1)})
    await forget(kafka, back)
    await publish(kafka, [tell.registration(ana, 9, occurred_at=later), tell.result(ana, 1, 2)])
    await project(url, kafka)
    rows = contents(url, kafka.topic_prefix)
    assert [len(rows[name]) for name in ("people", "registrations", "calls", "contacts", "unsynced")] == [0, 1, 0, 1, 0]


async def test_read_model_of_another_cluster_is_left_alone(url: URL, kafka: KafkaConnection) -> None:
    """A wrong address empties nothing, and says what to do."""
    await ensure_topics(kafka, Kafka(partitions=1))
    await publish(kafka, [Storyteller().session(1)])
    await project(url, kafka)
    with opened(url, kafka.topic_prefix) as database, database.writing() as connection:
        connection.execute(update(META).values(cluster_id="of-somebody"))
    with pytest.raises(ConfigurationError, match="another cluster than the read model is of"):
        await project(url, kafka)
    assert len(contents(url, kafka.topic_prefix)["sessions"]) == 1
