"""What Kafka has deleted is in the tables no more."""

from __future__ import annotations

from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition
from sqlalchemy.engine import URL

from readmodel.database import opened
from readmodel.projector import Projector
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.topics import ensure_topics
from schemas.topic import Topic
from schemas.topics import AUDIT, BREVO_COMMANDS, RAW_EVENTS
from tests.support.read_model import Storyteller, contents, person, publish, sqlite_url

KEPT_FROM = {RAW_EVENTS: 3, BREVO_COMMANDS.dead_letter: 2, AUDIT: 1}


async def delete_records(kafka: KafkaConnection, topic: Topic, before: int) -> None:
    """As retention does, at once."""
    admin = AIOKafkaAdminClient(**kafka.client_options())
    await admin.start()
    try:
        where = TopicPartition(topic.physical(kafka.topic_prefix), 0)
        await admin.delete_records({where: RecordsToDelete(before_offset=before)})
    finally:
        await admin.close()


async def test_model_that_was_kept_up_is_one_built_anew(url: URL, kafka: KafkaConnection, tmp_path: Path) -> None:
    """Also where deliveries, dead letters and acts were deleted meanwhile; people and sessions stay in both."""
    await ensure_topics(kafka, Kafka(partitions=1))
    tell = Storyteller()
    told = [tell.session(1), tell.result(person(0), 1, 1)]
    for number in range(5):
        told += [tell.delivery(number), tell.dead_letter(number), tell.audit(number)]
    await publish(kafka, told)
    with opened(url, kafka.topic_prefix) as database:
        await Projector(database, kafka).catch_up()
        for topic, before in KEPT_FROM.items():
            await delete_records(kafka, topic, before)
        await Projector(database, kafka).catch_up()
    kept = contents(url, kafka.topic_prefix)
    with opened(sqlite_url(tmp_path / "anew"), kafka.topic_prefix) as database:
        await Projector(database, kafka).catch_up()
    anew = contents(sqlite_url(tmp_path / "anew"), kafka.topic_prefix)
    assert {name: rows for name, rows in kept.items() if name != "offsets"} == {
        name: rows for name, rows in anew.items() if name != "offsets"
    }
    assert [len(kept[name]) for name in ("deliveries", "dead_letters", "audit", "people")] == [2, 3, 4, 1]
