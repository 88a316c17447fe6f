"""A file with wrong list ids and a Brevo that refuses events, mended: what was left undone is made good, once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from ops.audit import operator_name
from ops.resync.workers import workers
from runtime.kafka import KafkaConnection
from sandbox.brevo.faults import BrevoFault
from sandbox.zoom.state import ZoomState
from schemas.attendance import Result
from schemas.engagement import ResyncContact
from schemas.topics import ENGAGEMENT_RESYNCS
from tests.support.acts import acts
from tests.support.commands import rollcall
from tests.support.installation import Installation
from tests.support.kafka import read_to_end
from tests.support.large_account import SESSION, large_account, publish, results, written
from tests.support.pressing import OPERATOR, operator
from tests.support.processes import eventually

ATTENDEES, NO_SHOWS, REFUSED = 60, 20, 15
RIGHT = "webinar_attendees: 16, webinar_registrants: 17, webinar_no_shows: 18"
WRONG = "webinar_attendees: 99, webinar_registrants: 18, webinar_no_shows: 17"
"""Brevo has no list 99, and two ids are exchanged."""


def _write(home: Installation, before: str, after: str) -> None:
    file = home.directory / "rollcall.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


async def _until_resynced(home: Installation, facts: list[Result]) -> None:
    """Through a kill in the middle: everybody is on their list, every event is there or in doubt."""
    worker = home.start_worker()

    async def half_way() -> bool:
        home.check_alive()
        return written(home, facts) >= len(facts) / 4

    await eventually(half_way, timeout_seconds=180, what="some are made good", tell=home.last_words)
    worker.process.kill()
    worker = home.start_worker()

    async def complete() -> bool:
        home.check_alive()
        return written(home, facts) == len(facts) and home.events() + len(await home.in_doubt()) >= len(facts)

    await eventually(complete, timeout_seconds=180, what="all are made good", tell=home.last_words)
    await worker.until_ready()
    await home.until_idle(worker)


async def test_resync_makes_good_what_wrong_ids_and_refusals_left_undone_and_sends_no_event_twice(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Asked for twice while no worker runs, through a kill; a third one finds nothing to do."""
    async with large_account(kafka_bootstrap, topic_prefix, tmp_path, factor=50) as home:
        facts = list(results(ATTENDEES, NO_SHOWS, ZoomState().account_id, datetime.now(UTC).replace(microsecond=0)))
        _write(home, RIGHT, WRONG)
        home.is_supervised = True
        home.brevo.state.faults.add(BrevoFault(kind="400", path_prefix="/v3/events", method="POST", count=REFUSED))
        worker, variables = home.start_worker(), home.wiring.worker()
        await worker.until_ready()
        await publish(kafka_bootstrap, topic_prefix, iter(facts))

        async def told() -> bool:
            home.check_alive()
            return home.events() == len(facts) - REFUSED

        await eventually(told, timeout_seconds=180, what="the other events are there", tell=home.last_words)
        await home.until_idle(worker)
        assert written(home, facts) == 0
        code, preview, _ = await rollcall(variables, "preview", "--session", SESSION, "--all", "--json")
        fates = Counter(event["fate"] for contact in preview["contacts"] for event in contact["events"])
        assert fates == {"has sent": len(facts) - REFUSED, "was refused": REFUSED}
        code, plan, problem = await rollcall(variables, "resync", "--session", SESSION, "--dry-run", "--json")
        assert isinstance(plan, dict), problem
        assert (code, plan["causes"]["events"], plan["causes"]["changed"], plan["requested"]) == (0, REFUSED, 0, 0)
        assert (plan["looked_at"], plan["awaits"]) == (len(facts), {"99": ATTENDEES})
        assert await worker.stop() == 0
        connection = KafkaConnection.from_environment(home.wiring.kafka)

        async def gone() -> bool:
            return await workers(connection) == 0

        await eventually(gone, timeout_seconds=90, what="the worker has left its group")
        _write(home, WRONG, RIGHT)
        async with operator(variables, tmp_path) as ana:
            whom = {"whom": "session", "which": SESSION}
            assert f"{len(facts)} to be computed anew" in await ana.looks("resync", **whom)
            said = await ana.does("resync", "ids mended", **whom)
            assert f"{len(facts)} requests are in {ENGAGEMENT_RESYNCS.name}: no worker runs now" in said
        reason = ("--reason", "list ids and events mended")
        code, done, problem = await rollcall(variables, "resync", "--all", "--yes", "--json", *reason)
        assert (code, done["requested"], done["workers"]) == (0, len(facts), 0), problem
        assert (done["joins"], done["leaves"]) == ({"16": ATTENDEES, "18": NO_SHOWS}, {})
        assert sum(done["events"].values()) == REFUSED
        await _until_resynced(home, facts)

        received = Counter(
            (event.identifiers["email_id"], event.name) for event in home.brevo.state.store.events.received
        )
        assert max(received.values()) == 1
        doubtful = {event.contact_id for event in await home.in_doubt()}
        told_of = {email for email, _ in received}
        assert len(told_of) == len(received), "somebody was told of two outcomes"
        # What was under way at the kill may have arrived and be in doubt; nothing that was sent before is.
        assert {fact.contact_id for fact in facts if fact.email not in told_of} <= doubtful
        assert len(doubtful) <= REFUSED
        code, again, _ = await rollcall(variables, "resync", "--all", "--yes", "--json")
        assert (code, again["contacts"], again["requested"]) == (0, [], 0)
        await _check_records(kafka_bootstrap, topic_prefix, len(facts))


async def _check_records(bootstrap: str, prefix: str, requested: int) -> None:
    """Two requests for each contact, one more by the worker for who waited for list 99; and who asked, and why."""
    requests = [
        ResyncContact.from_bytes(record.value or b"")
        for record in await read_to_end(bootstrap, ENGAGEMENT_RESYNCS.physical(prefix))
    ]
    runs = [at for at, count in Counter(request.requested_at for request in requests).items() if count == requested]
    assert len(runs) == 2
    assert len({request.contact_id for request in requests if request.requested_at not in runs}) == ATTENDEES
    entries = await acts(bootstrap, prefix)
    assert [(entry.action, entry.subject, entry.reason) for entry in entries] == [
        ("resync.begin", SESSION, "ids mended"),
        ("resync", SESSION, "ids mended"),
        ("resync.begin", "all", "list ids and events mended"),
        ("resync", "all", "list ids and events mended"),
    ]
    assert [entry.operator for entry in entries] == [OPERATOR] * 2 + [operator_name()] * 2
    assert entries[-1].details == {"contacts": requested, "events": REFUSED, "requested": requested, "workers": 0}
