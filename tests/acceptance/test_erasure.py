"""A person is forgotten: in no table, compacted topic, read model, log or metric, and else where the proof says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import rocksdict

from processors.agents import changelogs
from schemas.audit import AuditEntry
from schemas.codec import contact_id
from schemas.topics import ATTENDANCE_RESULTS, RAW_EVENTS, all_topics
from tests.support.acts import acts
from tests.support.commands import rollcall
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.kafka import Message, produce, read_to_end
from tests.support.pressing import OPERATOR, operator
from tests.support.processes import eventually
from tests.support.service import Service

ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\.\w+")


def kept(messages: list[Message]) -> Iterator[Message]:
    """What stands in a compacted topic: the latest of each key and partition that is no tombstone."""
    latest = {(message.partition, message.key): message for message in messages}
    return (message for message in latest.values() if message.value is not None)


def says(words: tuple[str, ...], *parts: bytes | None) -> bool:
    """Whether any of the words is in them, in any case."""
    return any(part is not None and word.encode() in part.lower() for part in parts for word in words)


async def found_in_topics(home: Installation, words: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """By topic that says one of the words: (records in force, all records that say so), read by the test itself."""
    bootstrap, prefix = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], home.wiring.kafka["KAFKA_TOPIC_PREFIX"]
    compacted = {topic.name: topic.cleanup == "compact" for topic in all_topics()} | dict.fromkeys(changelogs(), True)
    found = {}
    for name, is_compacted in compacted.items():
        messages = await read_to_end(bootstrap, f"{prefix}{name}")

        def theirs(message: Message) -> bool:
            return says(words, message.key, message.value, *(value for _name, value in message.headers))

        if every := sum(map(theirs, messages)):
            in_force = sum(map(theirs, kept(messages))) if is_compacted else every
            found[f"{prefix}{name}"] = (in_force, every)
    return found


def rows_of_tables(directory: Path) -> Iterator[tuple[bytes, bytes]]:
    """All rows of a stopped worker's tables."""
    for database in sorted(directory.rglob("*.db")):
        yield from rocksdict.Rdict(str(database), access_type=rocksdict.AccessType.read_only()).items()


def logs_and_read_model(directory: Path) -> dict[str, bytes]:
    """Content by name."""
    return {path.name: path.read_bytes() for path in (*directory.glob("*.log"), *directory.rglob("rollcall.sqlite3*"))}


async def metrics(service: Service) -> str:
    """As they are scraped."""
    async with aiohttp.ClientSession() as session, session.get(f"{service.admin_url}/metrics") as answer:
        return await answer.text()


async def test_person_is_forgotten_and_the_proof_is_what_a_look_at_everything_finds(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Also Brevo's contact, a dead letter's state and the read model; a replay of all webhooks brings nothing back."""
    world = webinar(15, 4)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        ingress, worker, variables = home.start_ingress(), home.start_worker(), home.wiring.worker()
        await ingress.until_ready()
        await worker.until_ready()
        await home.enlist(world)
        await home.send(world)
        truth = await truth_about(world)
        await home.until_true(truth)
        await home.until_idle(worker)
        people = {email for email, contact in truth.contacts.items() if contact.attributes.get("MEETING_DURATION")}
        email = min(people)
        words = (email, contact_id(email))
        await parked_letter(home, kafka_bootstrap, email)
        assert (await rollcall(variables, "sessions", "--json"))[0] == 0  # makes the read model

        code, known, _ = await rollcall(variables, "export", email)
        assert (code, known["email"], known["contact_id"]) == (0, *words)
        assert {topic.removesuffix("-changelog").rpartition("worker-")[2] for topic in known["tables"]} >= {
            "attendance", "engagement-by-contact", "brevo-ledger"
        }  # fmt: skip
        others = set(ADDRESS.findall(orjson.dumps(known).decode())) - {email}
        assert not others & set(truth.contacts), "another person is in the export"

        await exported_by_a_button(home, email, known)

        code, done, told = await rollcall(
            variables, "forget", email, "--brevo", "--yes", "--reason", "DSR-17", "--json"
        )
        assert code == 0, told
        proved = {place["topic"]: (place["held"], place["records"]) for place in done["places"]}
        assert proved == await found_in_topics(home, words)
        check_bounds(done)
        assert (done["left_in_force"], done["read_model"], done["brevo"]) == ([], 0, "deleted")
        assert done["removed"]["ops.letters.v1"] == 1
        assert email not in at_brevo(home)

        raw = home.physical(RAW_EVENTS)
        again = [
            Message(record.value, record.key, record.headers) for record in await read_to_end(kafka_bootstrap, raw)
        ]
        await produce(kafka_bootstrap, raw, again)
        await home.until_idle(worker)
        code, looked, _ = await rollcall(variables, "forget", email, "--dry-run", "--json")
        assert (code, looked["left_in_force"], looked["read_model"]) == (0, [], 0)
        assert all(held == 0 for topic, (held, _) in (await found_in_topics(home, words)).items() if is_kept(topic))
        assert email not in at_brevo(home)
        assert not says(words, (await metrics(worker) + await metrics(ingress)).encode())

        await forgotten_by_a_button(home, min(people - {email}))

        assert await worker.stop() == 0
        nothing_on_this_machine_says(words, tmp_path)
        both_are_noted(await acts(kafka_bootstrap, topic_prefix), done["mark"])


def nothing_on_this_machine_says(words: tuple[str, str], directory: Path) -> None:
    """No table, no log, no file of the read model."""
    rows = Counter(says(words, key, value) for key, value in rows_of_tables(directory))
    assert rows[True] == 0
    assert rows[False] > 100
    files = logs_and_read_model(directory)
    assert {"worker.log", "ingress.log", "rollcall.sqlite3"} <= set(files)
    assert [name for name, content in files.items() if says(words, content)] == []


def both_are_noted(noted: Sequence[AuditEntry], mark: str) -> None:
    """The one by the command and the one by the button, each as it began and as it ended; and the parked letter."""
    assert "dlq.park" in {entry.action for entry in noted}
    entries = [entry for entry in noted if entry.action.startswith("forget")]
    assert [entry.result for entry in entries] == ["begun", "done"] * 2
    assert [(entry.action, entry.subject, entry.reason) for entry in entries[:2]] == [
        ("forget.begin", mark, "DSR-17"), ("forget", mark, "DSR-17")
    ]  # fmt: skip
    assert [(entry.action, entry.operator, entry.reason) for entry in entries[2:]] == [
        ("forget.begin", OPERATOR, "DSR-18"), ("forget", OPERATOR, "DSR-18")
    ]  # fmt: skip


def at_brevo(home: Installation) -> set[str]:
    """Whose contacts Brevo holds."""
    return {contact["email"] for contact in home.held()["contacts"]}


async def exported_by_a_button(home: Installation, email: str, known: Mapping[str, Any]) -> None:
    """The console's document is the command's."""
    async with operator(home.wiring.worker(), home.directory) as ana:
        file = orjson.loads(await ana.takes("export", "DSR-16", who=email))
    assert {**file, "written_at": known["written_at"]} == known
    noted = await acts(home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], home.wiring.kafka["KAFKA_TOPIC_PREFIX"])
    assert [(entry.action, entry.operator, entry.reason) for entry in noted if entry.action == "export"] == [
        ("export", OPERATOR, "DSR-16")
    ]


async def forgotten_by_a_button(home: Installation, email: str) -> None:
    """What the console does is what the command does, but for Brevo, of which it has no key."""
    async with operator(home.wiring.worker(), home.directory) as ana:
        assert "in force" in await ana.looks("forget", who=email)
        assert "nothing in force is left" in await ana.does("forget", "DSR-18", who=email)
    found = await found_in_topics(home, (email,))
    assert not any(held for topic, (held, _) in found.items() if is_kept(topic))
    assert email in at_brevo(home)


async def parked_letter(home: Installation, bootstrap: str, email: str) -> None:
    """A record about the person that nobody can read, and a decision about its letter."""
    broken = Message(b'{"kind":"result","email":"%s"}' % email.encode(), contact_id(email).encode())
    await produce(bootstrap, home.physical(ATTENDANCE_RESULTS), [broken])
    letter = home.physical(ATTENDANCE_RESULTS.dead_letter)

    async def buried() -> bool:
        return bool(await read_to_end(bootstrap, letter))

    await eventually(buried, timeout_seconds=60, what="the record is a dead letter", tell=home.last_words)
    selection = f"topic={ATTENDANCE_RESULTS.dead_letter.name}"
    code, _, told = await rollcall(home.wiring.worker(), "dlq", "park", selection, "--yes", "--json")
    assert code == 0, told


def is_kept(topic: str) -> bool:
    """Whether nothing deletes from it: a changelog, or a compacted topic."""
    return topic.endswith("-changelog") or any(
        topic.endswith(known.name) for known in all_topics() if known.cleanup == "compact"
    )


def check_bounds(done: dict[str, Any]) -> None:
    """Each place says by when it is gone: as long as the registry keeps it, and a segment more."""
    now = datetime.now(UTC)
    for place in done["places"]:
        days = (datetime.fromisoformat(place["gone_by"]) - now) / timedelta(days=1)
        known = next((topic for topic in all_topics() if place["topic"].endswith(topic.name)), None)
        if is_kept(place["topic"]):
            assert 7.9 < days < 8.1, place  # compacted within 7 days, and a day for the tombstones
        else:
            assert known is not None
            assert known.retention_days is not None
            assert known.retention_days + 6.9 < days < known.retention_days + 7.1, place
        assert f"--entity-name {place['topic']} " in place["shorter"]
