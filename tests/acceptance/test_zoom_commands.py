"""`rollcall zoom subscribe`, `rollcall zoom recover` and `rollcall check`, with an ingress, a Kafka and a Zoom."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.brevo import Options, RunningBrevo, serving
from sandbox.brevo.faults import BrevoFault
from sandbox.kafka.ports import free_port
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.endpoints import ALL_SCOPES
from sandbox.zoom.state import ZoomState
from schemas.topics import RAW_EVENTS
from tests.support.acts import acts
from tests.support.ingress import ACCOUNT, SECRET, as_zoom_writes, example, signed_headers
from tests.support.kafka import Message, read_to_end
from tests.support.processes import Process, eventually, rollcall_command, running
from tests.support.zoom_sandbox import SandboxZoom, sandbox_zoom

USER = "kR3vQpZlTN6wYb1mUxE0dA"
CONFIGURATION = """
connectors:
  zoom:
    account_id: "${ZOOM_ACCOUNT_ID}"
    client_id: "${ZOOM_CLIENT_ID}"
    client_secret: "${ZOOM_CLIENT_SECRET}"
    webhook: {secret_token: "${ZOOM_WEBHOOK_SECRET}"}
    lists: {webinar_attendees: 16, webinar_registrants: 17}
field_mapping: {name: FIRSTNAME}
"""
BREVO_CHECKS = ("brevo account", "brevo lists", "brevo attributes", "brevo templates")
ZOOM_QUESTIONS = ("zoom scopes", "zoom event scopes", "zoom subscription", "zoom registration")
# Headers that say when a delivery came, not what it is.
OF_THE_MOMENT = {"received-at"}


def webinar(object_id: int, approval_type: int) -> dict[str, Any]:
    """A coming webinar."""
    details = {"id": object_id, "host_id": USER, "topic": "T", "type": 5, "settings": {"approval_type": approval_type}}
    return {"object_type": "webinar", "details": details}


STATE = ZoomState.model_validate(
    {
        "account_id": ACCOUNT,
        "webhook_secret": SECRET.decode(),
        "users": [{"id": USER, "email": "ines@example.com", "status": "active"}],
        "sessions": [webinar(93577204816, 0), webinar(93577204817, 2)],
    }
)


@dataclass
class Installation:
    """A configured machine with a running ingress."""

    env: dict[str, str]
    folder: Path
    webhook_url: str
    bootstrap: str
    prefix: str
    ingress: Process

    async def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Exit code and output of a command."""
        log = self.folder / "command.log"
        log.unlink(missing_ok=True)
        with running(rollcall_command(*arguments), log=log, env={**self.env, **(env or {})}, is_forked=True) as process:

            async def stopped() -> bool:
                return process.exit_code is not None

            await eventually(stopped, what="the command ends", tell=process.describe)
            return process.wait(), process.output()

    async def events(self) -> list[Message]:
        """What is on the topic of raw events."""
        return await read_to_end(self.bootstrap, RAW_EVENTS.physical(self.prefix))


@pytest.fixture
def options() -> ZoomOptions:
    """How the account is set up; tests override it."""
    return ZoomOptions(plan="business")


@pytest.fixture
async def zoom(options: ZoomOptions) -> AsyncIterator[SandboxZoom]:
    """A Zoom with two coming webinars, of which one asks for no registration."""
    async with sandbox_zoom(STATE, options) as made:
        yield made


@contextmanager
def started(
    zoom: SandboxZoom, brevo: RunningBrevo, folder: Path, bootstrap: str, prefix: str
) -> Iterator[Installation]:
    """The ingress of an installation."""
    (folder / "rollcall.yaml").write_text(CONFIGURATION, encoding="utf-8")
    port = free_port()
    env = {
        "ROLLCALL_CONFIG": str(folder / "rollcall.yaml"),
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "KAFKA_TOPIC_PREFIX": prefix,
        "INGRESS_HOST": "127.0.0.1",
        "INGRESS_PORT": str(port),
        "ADMIN_PORT": str(free_port()),
        "ZOOM_OAUTH_BASE_URL": zoom.url,
        "ZOOM_ACCOUNT_ID": ACCOUNT,
        "ZOOM_CLIENT_ID": STATE.client_id,
        "ZOOM_CLIENT_SECRET": STATE.client_secret,
        "ZOOM_WEBHOOK_SECRET": SECRET.decode(),
        "BREVO_API_BASE_URL": brevo.url,
        "BREVO_API_KEY": Options().api_key,
        "COLUMNS": "160",
    }
    with running(rollcall_command("ingress"), log=folder / "ingress.log", env=env) as ingress:
        url = f"http://127.0.0.1:{port}/webhooks/zoom"
        yield Installation(env, folder, url, bootstrap, prefix, ingress)


@pytest.fixture
async def brevo() -> AsyncIterator[RunningBrevo]:
    """A Brevo with the lists and attributes of the guide."""
    async with serving(Options().with_demo()) as made:
        yield made


@pytest.fixture
async def machine(
    zoom: SandboxZoom, brevo: RunningBrevo, kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[Installation]:
    """An installation whose ingress is ready."""
    with started(zoom, brevo, tmp_path, kafka_bootstrap, topic_prefix) as made:
        await made.ingress.until_http(f"http://127.0.0.1:{made.env['ADMIN_PORT']}/health/ready", timeout_seconds=60)
        yield made


def findings(output: str) -> dict[str, dict[str, str]]:
    """The checks of `rollcall check --json` by name."""
    return {check["check"]: check for check in json.loads(output.splitlines()[-1])["checks"]}


async def test_subscribe_creates_what_check_misses_and_changes_nothing_the_second_time(
    zoom: SandboxZoom, machine: Installation
) -> None:
    """Check fails and says what to do; subscribe does it, with the ingress's proof; check is content."""
    code, output = await machine.run("check", "--json")
    assert code == 1, output
    before = findings(output)
    assert "rollcall zoom subscribe" in before["zoom subscription"]["advice"]
    assert {name for name, finding in before.items() if finding["level"] == "fail"} == {"zoom subscription"}
    assert "93577204817" in before["zoom registration"]["found"]

    code, output = await machine.run("zoom", "subscribe", "--url", machine.webhook_url)
    assert (code, zoom.backend.state.subscriptions) == (1, ()), output
    code, output = await machine.run("zoom", "subscribe", "--url", machine.webhook_url, "--yes")
    assert code == 0, output
    (made,) = zoom.backend.state.subscriptions
    assert {"webinar.participant_joined", "meeting.ended", "recording.completed"} <= set(made["events"])
    assert await machine.run("zoom", "subscribe", "--url", machine.webhook_url, "--yes") == (
        0,
        "Zoom sends every event that the enabled features need.\n",
    )
    (entry,) = await acts(machine.bootstrap, machine.prefix)
    assert (entry.action, entry.subject) == ("zoom.subscribe", ACCOUNT)
    assert entry.details == {"created": made["event_subscription_id"], "events": len(made["events"])}

    code, output = await machine.run("check", "--json")
    assert code == 0, output
    assert {finding["level"] for finding in findings(output).values()} == {"ok", "warn"}
    code, output = await machine.run("check")
    assert code == 0, output
    assert "zoom subscription" in output


async def test_subscribe_repairs_a_subscription_that_lacks_events(zoom: SandboxZoom, machine: Installation) -> None:
    """A new one with all events replaces ours; one of the Marketplace stays and is added to."""
    shared = {"event_webhook_url": machine.webhook_url, "subscription_scope": "account"}
    rows = (
        {**shared, "event_subscription_id": "s1", "events": ["meeting.started"], "created_source": "default"},
        {**shared, "event_subscription_id": "s2", "events": ["meeting.ended"], "created_source": "openapi"},
    )
    zoom.backend.state = STATE.model_copy(update={"subscriptions": rows})
    code, output = await machine.run("zoom", "subscribe", "--url", machine.webhook_url, "--yes", "--json")
    assert code == 0, output
    left = {row["event_subscription_id"]: row["events"] for row in zoom.backend.state.subscriptions}
    assert set(left) == {"s1", json.loads(output.splitlines()[-1])["created"]}
    (created,) = (set(events) for name, events in left.items() if name != "s1")
    assert "meeting.ended" in created
    assert "meeting.started" not in created


async def test_check_names_what_is_wrong_and_what_to_do(brevo: RunningBrevo, machine: Installation) -> None:
    """Another webhook secret than the ingress's, an address where nobody answers; one cause is told once."""
    code, output = await machine.run("check", "--json", env={"ZOOM_WEBHOOK_SECRET": "another"})
    assert code == 1
    assert findings(output)["webhook secret"]["level"] == "fail"
    assert "another secret" in findings(output)["webhook secret"]["advice"]
    assert "another" not in findings(output)["webhook secret"]["found"]
    code, output = await machine.run("check", "--json", "--url", "http://127.0.0.1:1/webhooks/zoom")
    assert "does not answer" in findings(output)["webhook secret"]["found"]
    code, output = await machine.run("check", "--json", env={"ZOOM_CLIENT_SECRET": "wrong"})
    assert code == 1
    assert "client_secret" in findings(output)["zoom token"]["found"]
    assert "wrong" not in output
    skipped = {name: finding["found"] for name, finding in findings(output).items() if finding["level"] == "skip"}
    assert skipped == dict.fromkeys(ZOOM_QUESTIONS, "no token")
    code, output = await machine.run("check", "--json", env={"ZOOM_CLIENT_SECRET_FILE": "/nope", "BREVO_API_KEY": ""})
    assert "both ZOOM_CLIENT_SECRET and ZOOM_CLIENT_SECRET_FILE are set" in findings(output)["zoom token"]["found"]
    assert findings(output)["brevo account"]["level"] == "fail"
    brevo.state.faults.add(BrevoFault(kind="401_ip"))
    code, output = await machine.run("check", "--json")
    assert "203.0.113.10" in findings(output)["brevo account"]["found"]
    assert {name: findings(output)[name]["found"] for name in BREVO_CHECKS[1:]} == dict.fromkeys(
        BREVO_CHECKS[1:], "no access to Brevo"
    )


async def test_check_says_which_list_and_attribute_of_the_file_brevo_lacks(
    brevo: RunningBrevo, machine: Installation
) -> None:
    """A sentence for each, with the key that names it; nothing is changed."""
    brevo.state.faults.add(BrevoFault(kind="unknown_list", list_id=16))
    brevo.state.store.attributes.remove("normal", "FIRSTNAME")
    code, output = await machine.run("check", "--json")
    found = findings(output)
    assert code == 1
    assert found["brevo lists"]["found"] == "connectors.zoom.lists.webinar_attendees: Brevo has no list 16"
    assert found["brevo attributes"]["found"].startswith("attribute FIRSTNAME (text) does not exist")
    assert found["brevo account"]["found"] == "the key opens the account of Rollcall sandbox"
    assert {call for call in brevo.state.calls.paths if not call.startswith("GET ")} == set()


@pytest.mark.parametrize(
    "options", [ZoomOptions(plan="business", scopes=ALL_SCOPES - {"webinar:read:list_registrants:admin"})]
)
async def test_check_names_exactly_the_missing_scope(machine: Installation) -> None:
    """And the feature that needs it."""
    code, output = await machine.run("check", "--json")
    assert code == 1
    found = findings(output)["zoom scopes"]["found"]
    assert found == "the token lacks webinar:read:list_registrants:admin (sync.webinars)"


@pytest.mark.parametrize(
    "options", [ZoomOptions(plan="business", scopes=ALL_SCOPES - {"meeting:read:participant:admin"})]
)
async def test_check_names_the_event_that_zoom_does_not_send_and_its_scope(machine: Installation) -> None:
    """A subscription may list an event whose scope the app lacks: Zoom says nothing of it."""
    _, output = await machine.run("check", "--json")
    found = findings(output)["zoom event scopes"]
    assert found["level"] == "warn"
    assert found["found"] == "Zoom silently does not send meeting.participant_joined (meeting:read:participant:admin)"
    assert findings(output)["zoom scopes"]["level"] == "ok"


async def test_recover_publishes_what_the_ingress_would_have(zoom: SandboxZoom, machine: Installation) -> None:
    """Same key, value and headers but for the time; only what never arrived; no harm the second time."""
    names = (
        "meeting.participant_joined__guest",
        "recording.completed__plain",
        "webinar.registration_created__registrant",
    )
    bodies = [as_zoom_writes(example(name)) for name in names]
    async with aiohttp.ClientSession() as session:
        for number, body in enumerate(bodies):
            headers = signed_headers(body, request_id=f"request_{number}")
            assert (await session.post(machine.webhook_url, data=body, headers=headers)).status == 200
    delivered = await machine.events()
    logs = [
        {
            "event": "x",
            "status": 503,
            "retry_num": 0,
            "date_time": "2022-09-09T08:11:387Z",
            "request_id": f"request_{number}",
            "request_body": body.decode(),
        }
        for number, body in enumerate(bodies)
    ]
    logs += [
        {**logs[0], "retry_num": 1, "status": -1},
        {**logs[0], "request_id": "arrived_later"},
        {**logs[0], "request_id": "arrived_later", "retry_num": 1, "status": 200},
        {**logs[0], "request_id": "cut", "request_body": bodies[0].decode()[:40]},
        {**logs[0], "request_id": "none", "request_body": "N/A"},
        {**logs[0], "request_id": "stranger", "request_body": bodies[0].decode().replace(ACCOUNT, "somebody-else")},
    ]
    zoom.backend.state = STATE.model_copy(update={"webhook_logs": tuple(logs)})
    command = ("zoom", "recover", "--since", "24h", "--app-id", STATE.app_id)

    code, output = await machine.run(*command, "--json")
    assert code == 0, output
    counted = json.loads(output.splitlines()[-1])
    assert (counted["missing"], counted["published"]) == (3, 0)
    assert (counted["failed"], counted["arrived_later"]) == (7, 1)
    assert (counted["unreadable"], counted["other_accounts"]) == (2, 1)
    assert len(await machine.events()) == 3

    code, output = await machine.run(*command, "--yes")
    assert code == 0, output
    everything = await machine.events()
    assert len(everything) == 6
    assert sorted(map(_content, everything)) == sorted(2 * list(map(_content, delivered)))
    (entry,) = await acts(machine.bootstrap, machine.prefix)
    assert entry.action == "zoom.recover"


@pytest.mark.parametrize("since", ["yesterday", "8d", "2999-01-01T00:00:00Z"])
async def test_recover_since_what_cannot_be_is_refused(machine: Installation, since: str) -> None:
    """Exit code 2, and what to write instead."""
    code, output = await machine.run("zoom", "recover", "--since", since, "--app-id", STATE.app_id)
    assert code == 2
    assert f"--since {since}" in output


def _content(message: Message) -> tuple[Any, ...]:
    headers = sorted((name, value) for name, value in message.headers if name not in OF_THE_MOMENT)
    return message.key, message.value, headers
