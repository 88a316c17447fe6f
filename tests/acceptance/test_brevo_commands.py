"""`rollcall brevo …`, `effects` and `preview` as an operator runs them, against the sandbox and a real Kafka."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.audit import operator_name
from ops.demo.wiring import Wiring
from sandbox.brevo.faults import BrevoFault
from sandbox.brevo.server import serving
from sandbox.brevo.store import DEMO_ATTRIBUTES, DEMO_LISTS, Options
from sandbox.kafka import free_port
from sandbox.zoom.state import ZoomState
from schemas.topics import BREVO_COMMANDS
from tests.support.acts import acts
from tests.support.brevo_commands import event
from tests.support.commands import rollcall
from tests.support.installation import API_KEY, PARTITIONS
from tests.support.kafka import Message, produce
from tests.support.large_account import SESSION, large_account, publish, results, written
from tests.support.pressing import OPERATOR, operator
from tests.support.processes import eventually, rollcall_command, running


async def test_plan_shows_and_apply_creates_what_the_account_lacks(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A second apply has nothing to do; what Brevo cannot change is told; what was done is in the audit topic."""
    lacking = {name: kind for name, kind in DEMO_ATTRIBUTES.items() if name not in ("WEBINAR_NAME", "NO_SHOWS")}
    options = Options(
        api_key=API_KEY,
        attributes={**lacking, "UTM_SOURCE": "float"},
        lists={number: name for number, name in DEMO_LISTS.items() if number != 15},
    )
    async with serving(options) as brevo:
        kafka = {"KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap, "KAFKA_TOPIC_PREFIX": topic_prefix}
        wiring = Wiring(tmp_path, kafka, "http://127.0.0.1:1", brevo.url, API_KEY)
        wiring.write_configuration()
        variables = wiring.worker()
        code, plan, _ = await rollcall(variables, "brevo", "plan", "--json")
        assert code == 1
        assert [attribute["name"] for attribute in plan["attributes"]] == ["WEBINAR_NAME", "NO_SHOWS"]
        assert [brevo_list["id"] for brevo_list in plan["lists"]] == [15]
        uses = {use["key"]: (use["names"], use["found"]) for use in plan["uses"]}
        assert uses["connectors.zoom.lists.meeting_participants"] == ("list 15", "does not exist")
        assert uses["connectors.zoom.lists.webinar_attendees"] == ("list 16", f"{DEMO_LISTS[16]}, 0 contacts")
        assert uses["field_mapping.registration_source"] == ("attribute UTM_SOURCE", "float")
        assert uses["field_mapping.webinar_title"] == ("attribute WEBINAR_NAME", "does not exist")
        assert "UTM_SOURCE" in plan["problems"][0]
        assert "WEBINAR_NAME" not in {attribute["name"] for attribute in brevo.state.store.attributes.shown()}

        refused, _, _ = await rollcall(variables, "brevo", "apply")
        assert refused == 1
        code, applied, _ = await rollcall(variables, "brevo", "apply", "--yes", "--reason", "a new account", "--json")
        assert len(applied["created"]) >= 3
        entries = await acts(kafka_bootstrap, topic_prefix)
        assert [(entry.action, entry.subject, entry.reason) for entry in entries] == [
            ("brevo.apply", "brevo", "a new account")
        ]
        assert entries[0].details == {"done": len(applied["created"]), "what": "; ".join(applied["created"])}
        names = {
            attribute["name"]: attribute["type"]
            for attribute in brevo.state.store.attributes.shown()
            if "type" in attribute
        }
        assert (names["WEBINAR_NAME"], names["NO_SHOWS"]) == ("text", "float")
        _, again, _ = await rollcall(variables, "brevo", "plan", "--json")
        assert again["attributes"] == []
        assert again["lists"] == []
        assert any("set it to" in problem for problem in again["problems"])
        assert brevo.state.calls.refused == []


@pytest.mark.parametrize("status", [200, 404])
async def test_apply_says_created_of_nothing_that_somebody_else_answered(tmp_path: Path, status: int) -> None:
    """A proxy's page is none of Brevo's words, whatever its status."""
    lists = {number: name for number, name in DEMO_LISTS.items() if number != 15}
    async with serving(Options(api_key=API_KEY, attributes=DEMO_ATTRIBUTES, lists=lists)) as brevo:
        wiring = Wiring(tmp_path, {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, "http://127.0.0.1:1", brevo.url, API_KEY)
        wiring.write_configuration()
        brevo.state.faults.add(BrevoFault(kind="html", status=status, method="POST"))
        code, said, error = await rollcall(wiring.worker(), "brevo", "apply", "--yes")
        assert code != 0
        assert "something else than Brevo answers" in error
        assert "created" not in f"{said}{error}"
        assert len(brevo.state.store.lists.all()) == 3


async def test_doubts_are_listed_checked_and_decided(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> None:
    """An event that Brevo has is not sent again; those that it lacks are; one by one or all by a person's word."""
    async with large_account(kafka_bootstrap, topic_prefix, tmp_path, factor=50) as home:
        facts = list(results(5, 0, ZoomState().account_id, datetime.now(UTC).replace(microsecond=0)))
        variables = home.wiring.worker()
        home.brevo.state.faults.add(BrevoFault(kind="500", path_prefix="/v3/events", method="POST", count=4))
        worker = home.start_worker()
        await worker.until_ready()
        await publish(kafka_bootstrap, topic_prefix, iter(facts))

        async def doubtful() -> bool:
            return len(await home.in_doubt()) == 4 and home.events() == 1

        await eventually(doubtful, what="four events are in doubt", tell=home.last_words)
        await home.until_doubts_are_counted(worker)
        code, listed, _ = await rollcall(variables, "effects", "--check", "--json")
        assert code == 1
        doubt, second, *others = listed["in_doubt"]
        assert {event["at_brevo"] for event in (doubt, second, *others)} == {"no"}
        assert {event["email"] for event in (doubt, second, *others)} <= {fact.email for fact in facts}
        async with operator(variables, tmp_path) as ana:
            order = {"whom": "one event", "which": doubt["id"], "verdict": "resend"}
            plan = await ana.looks("effects.resolve", **order)
            assert f"{doubt['id'][:8]}  {doubt['event_date'][:10]}  {doubt['name']}  {doubt['contact_id'][:12]}" in plan
            assert "4 events in doubt: drop" in await ana.looks("effects.resolve", whom="all", verdict="drop")
            assert "1 event decided about: resend" in await ana.does("effects.resolve", "it is not there", **order)
        code, told, _ = await rollcall(variables, "effects", "resolve", second["id"], "--resend", "--json")
        assert (code, told["done"]) == (0, True)

        async def sent() -> bool:
            return home.events() == 3

        await eventually(sent, what="they were sent again", tell=home.last_words)
        bulk = ("effects", "resolve", "--name", doubt["name"], "--as-found", "--reason", "answers were lost", "--json")
        code, told, _ = await rollcall(variables, *bulk)
        assert (code, home.events()) == (1, 3), "nobody has said yes"
        code, told, _ = await rollcall(variables, *bulk, "--yes")
        assert (code, told["done"]) == (0, 2)
        assert {(decided["id"], decided["verdict"]) for decided in told["events"]} == {
            (other["id"], "resend") for other in others
        }

        async def all_sent() -> bool:
            return home.events() == 5

        await eventually(all_sent, what="the others were sent again", tell=home.last_words)
        code, listed, _ = await rollcall(variables, "effects", "--json")
        assert (code, listed["in_doubt"], listed["without_contact"]) == (0, [], [])
        code, resumed, _ = await rollcall(variables, "brevo", "resume", "--reason", "the key is new", "--json")
        assert (code, resumed["partitions"]) == (0, PARTITIONS)
        told = await acts(kafka_bootstrap, topic_prefix)
        assert [(entry.action, entry.subject, entry.reason) for entry in told] == [
            ("effects.resolve", doubt["contact_id"], "it is not there"),
            ("effects.resolve", second["contact_id"], ""),
            ("effects.resolve", "2 events", "answers were lost"),
            ("brevo.resume", "brevo", "the key is new"),
        ]
        assert (
            told[0].details.items() >= {"command_id": doubt["id"], "verdict": "resend", "at_brevo": "unknown"}.items()
        )
        assert told[1].details.items() >= {"command_id": second["id"], "verdict": "resend", "at_brevo": "no"}.items()
        assert told[2].details == {"wish": "as_found", "resend": 2}
        assert [entry.operator for entry in told] == [OPERATOR] + [operator_name()] * 3
        stray = event(email="nobody@example.com")
        message = Message(stray.to_bytes(), stray.contact_id.encode())
        await produce(kafka_bootstrap, BREVO_COMMANDS.physical(topic_prefix), [message])

        async def seen() -> bool:
            return await worker.figure("rollcall_brevo_events_without_contact") == 1

        await eventually(seen, what="the event without a contact is counted", tell=home.last_words)
        code, listed, _ = await rollcall(variables, "effects", "--json")
        assert (code, [event["id"] for event in listed["without_contact"]]) == (1, [stray.command_id])
        assert await worker.stop() == 0


async def test_dry_run_changes_nothing_and_preview_compares(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """What the dry run told of is done by the worker after it."""
    async with large_account(kafka_bootstrap, topic_prefix, tmp_path, factor=50) as home:
        facts = list(results(3, 1, ZoomState().account_id, datetime.now(UTC).replace(microsecond=0)))
        port, log = free_port(), tmp_path / "dry-run.log"
        variables = home.wiring.worker() | {"ADMIN_PORT": str(port)}
        command = rollcall_command("worker", "--dry-run", "--json")
        dry = home.stack.enter_context(running(command, log=log, env=variables))
        await dry.until_http(f"http://127.0.0.1:{port}/health/ready", timeout_seconds=60)
        await publish(kafka_bootstrap, topic_prefix, iter(facts))

        async def told() -> bool:
            return log.read_text().count('"event":"zoom_webinar_') >= len(facts)

        await eventually(told, what="the dry run tells of every event", tell=home.last_words)
        assert home.calls("POST") + home.calls("PUT") == 0
        code, preview, _ = await rollcall(home.wiring.worker(), "preview", "--session", SESSION, "--json")
        assert (code, preview["total"]) == (0, 4)
        assert all(contact["creates"] and contact["sets"]["ENGAGEMENT_TIER"] for contact in preview["contacts"])
        assert await asyncio.to_thread(dry.terminate) == 0
        worker = home.start_worker("data")

        async def complete() -> bool:
            return written(home, facts) == len(facts) and home.events() == len(facts)

        await eventually(complete, timeout_seconds=60, what="all of it is done", tell=home.last_words)
        code, preview, _ = await rollcall(home.wiring.worker(), "preview", "--session", SESSION, "--json")
        assert not any(contact["sets"] or contact["joins"] for contact in preview["contacts"])
        fates = [
            (event["fate"], event["at"] is not None) for contact in preview["contacts"] for event in contact["events"]
        ]
        assert fates
        assert set(fates) == {("has sent", True)}
        assert await worker.stop() == 0
