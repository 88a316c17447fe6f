"""Records that cannot be handled or written: dead letters, the breaker, and what must stop the worker."""

from __future__ import annotations

import json

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.support.engine import Lab, stored
from tests.support.engine_rules import PENDING
from tests.support.foreign_records import produce_strange
from tests.support.kafka import Message, admin, produce, read_to_end


async def test_worker_poison_and_refused_outputs_become_dead_letters(lab: Lab) -> None:
    """The batch goes on; the dead letter holds the original and says why. Refused batches lose nothing else."""
    await lab.create_topics(output_batch_bytes=20_000)  # smaller than most batches: nearly each is refused first
    await lab.produce(2_000)
    (too_large,) = await lab.produce(1, pad=50_000)
    poison = await lab.produce(3, poison=True)
    await lab.produce(500)
    worker = lab.worker()
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()

    letters = {
        json.loads(message.value or b"")["i"]: message for message in await read_to_end(lab.bootstrap, lab.dead_letters)
    }
    originals = {
        json.loads(message.value or b"")["i"]: message for message in await read_to_end(lab.bootstrap, lab.source)
    }
    assert set(letters) == {too_large, *poison}
    for number, letter in letters.items():
        origin, headers = originals[number], dict(letter.headers)
        assert (letter.key, letter.value) == (origin.key, origin.value)
        assert headers["rollcall-stage"] == b"lab"
        assert headers["rollcall-attempts"] == b"1"
        assert headers["rollcall-source"] == f"lab.events.v1/{origin.partition}/{origin.offset}".encode()
    assert dict(letters[poison[0]].headers)["rollcall-label"] == b"defect"
    assert b"output refused" in dict(letters[too_large].headers)["rollcall-reason"]
    verdict = await lab.verify(worker)
    assert verdict.repeated_outputs == 0


async def test_worker_reads_every_codec_of_producers_and_brokers(lab: Lab) -> None:
    """Other producers compress, and a topic may be set to compress anew: both are read."""
    await lab.create_topics()
    for codec in ("gzip", "lz4", "snappy", "zstd"):
        await lab.produce(100, codec=codec)
        async with admin(lab.bootstrap) as client:
            resource = ConfigResource(ConfigResourceType.TOPIC, lab.source, {"compression.type": codec})
            await client.alter_configs([resource])
        await lab.produce(100)
    worker = lab.worker()
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    assert (await lab.verify(worker)).repeated_outputs == 0
    assert await read_to_end(lab.bootstrap, lab.dead_letters) == []


async def test_worker_record_that_nothing_takes_is_a_dead_letter_and_the_next_is_handled(lab: Lab) -> None:
    """A row beyond its changelog; 5 MB in a batch of 5 KB, cut; headers that are null, or too many digits."""
    await lab.create_topics()
    await lab.produce(1, state=3_500_000)
    poison = [
        Message(b"\0" * 5_000_000, b"large"),
        Message(b"{", b"null", (("rollcall-attempts", None),)),  # type: ignore[arg-type]  # Kafka allows it
        Message(b"{", b"digits", (("rollcall-attempts", b"9" * 5_000),)),
    ]
    await produce(lab.bootstrap, lab.source, poison, codec="gzip")
    await lab.produce(100)
    worker = lab.worker()
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    letters = await read_to_end(lab.bootstrap, lab.dead_letters)
    assert len(letters) == 4
    (cut,) = [letter for letter in letters if letter.key == b"large"]
    assert len(cut.value or b"") == 65_536
    assert dict(cut.headers)["rollcall-cut-bytes"] == b"5000005"
    assert dict(cut.headers)["rollcall-source"].startswith(b"lab.events.v1/")
    await lab.verify(worker)


async def test_worker_row_that_its_changelog_refuses_is_its_records_fault(lab: Lab) -> None:
    """The turn is done again without it; the record is a dead letter: nothing of it counts, all of its neighbours."""
    await lab.create_topics()  # changelogs of a megabyte, as Kafka makes them: smaller than ours
    await lab.produce(200)
    (too_large,) = await lab.produce(1, state=3_000_000, beside=True)
    await lab.produce(200)
    worker = lab.worker(rule="seen-beside", session_seconds=10)
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    assert 'event="row refused by its changelog" table=seen' in worker.process.output()
    assert [event["i"] for event in await lab.read(lab.dead_letters)] == [too_large]
    await lab.verify(worker)  # outputs of that turn may be there twice: they go before the rows
    assert (await lab.logged(PENDING), list(stored(worker, PENDING))) == ({}, [])


@pytest.mark.parametrize(("error", "letters"), [("skip", 0), ("dead letter", 1), ("retry", 0)])
async def test_worker_does_what_the_class_of_an_error_says(lab: Lab, error: str, letters: int) -> None:
    """Skipped: acknowledged and counted; retried: the batch again after its delay; dead letter: buried; all go on."""
    await lab.create_topics()
    await lab.produce(100)
    asked = await lab.produce(1, error=error)
    await lab.produce(100)
    worker = lab.worker()
    await lab.until_acknowledged(worker)
    counted = (
        await lab.metric(worker, "rollcall_worker_skipped_total"),
        await lab.metric(worker, "rollcall_worker_turn_retries_total"),
    )
    assert worker.process.terminate() == 0, worker.process.describe()
    assert counted == (int(error == "skip"), int(error == "retry"))
    assert [event["i"] for event in await lab.read(lab.dead_letters)] == asked * letters
    sent = [event["i"] for event in await lab.read(lab.output)]
    assert sent.count(asked[0]) == int(error == "retry")
    assert (await lab.verify(worker)).repeated_outputs == 0


async def test_worker_stops_unacknowledged_where_going_on_would_lose_something(lab: Lab) -> None:
    """Exit code 70 with one line and no traceback: it is no defect; and the record is no dead letter."""
    await lab.create_topics()
    await lab.produce(100)
    await lab.produce(1, error="fatal")
    worker = lab.worker()
    assert worker.process.wait() == 70, worker.process.describe()
    assert "going on would lose something" in worker.process.output()
    assert "Traceback" not in worker.process.output()
    assert await lab.read(lab.dead_letters) == []
    assert await lab.committed() <= 100


async def test_worker_reads_headers_and_sizes_of_any_stranger(lab: Lab) -> None:
    """Null and huge headers, names that are no UTF-8, and 5 MB in a batch of 5 KB: each record is a dead letter."""
    await lab.create_topics()
    await lab.produce(100)
    count = await produce_strange(lab.bootstrap, lab.source)
    await lab.produce(100)
    worker = lab.worker()
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    letters = await read_to_end(lab.bootstrap, lab.dead_letters)
    assert len(letters) == count
    assert all(dict(letter.headers)["rollcall-stage"] == b"lab" for letter in letters)
    cut = [letter for letter in letters if "rollcall-cut-bytes" in dict(letter.headers)]
    assert cut
    assert all(len(letter.value or b"") <= 65_536 for letter in cut)
    assert (await lab.verify(worker)).repeated_outputs == 0


async def test_worker_too_many_dead_letters_stop_it_after_they_are_confirmed(lab: Lab) -> None:
    """A hundred in a row: the breaker ends the worker with code 70; the dead letters are there, nothing is lost."""
    await lab.create_topics()
    poison = await lab.produce(150, poison=True)
    worker = lab.worker(max_records=1_000)
    assert worker.process.wait() == 70, worker.process.describe()
    assert "dead letters in a row" in worker.process.output()
    letters = {event["i"] for event in await lab.read(lab.dead_letters)}
    assert len(letters) >= 100
    assert letters <= set(poison)
    assert await lab.committed() == len(letters)
    assert await lab.committed() < 150
