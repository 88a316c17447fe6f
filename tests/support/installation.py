"""A whole installation under test: ingress and workers as processes over a real Kafka, Zoom and Brevo in the test."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import orjson

from ops.demo.wiring import LIMIT_FACTOR, DemoPace, Wiring
from ops.resync.workers import workers
from ops.simulate import load_zoom, recent_start
from processors.brevo.decisions.ledger import EVENT_STATES
from processors.engine.naming import APP_ID
from runtime.kafka import KafkaConnection
from sandbox.brevo.server import RunningBrevo, serving
from sandbox.brevo.snapshot import snapshot
from sandbox.brevo.store import Options
from sandbox.kafka import free_port
from sandbox.simulator import Chaos, World, simulate_webinar
from sandbox.simulator.sender import Summary, Target, send
from sandbox.truth import Truth, truth_of
from sandbox.truth.comparison import Mismatch, compare
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.server import run_server
from sandbox.zoom.state import ZoomState
from schemas.brevo import CommandResult
from schemas.codec import contact_id, normalise_email
from schemas.topic import Topic
from schemas.topics import BREVO_RESULTS, RAW_EVENTS, all_topics
from tests.support.kafka import committed_offsets, end_offsets, ends_of, read_to_end
from tests.support.processes import eventually, rollcall_command, running
from tests.support.service import Service

SETTLE_SECONDS = 2
PARTITIONS = 2
"""A third of a topic's usual ones: an installation has some forty topics, and a partition costs broker and workers
milliseconds of CPU. What is kept apart by key still is; tests of what several workers share have six."""
SESSION_SECONDS = 6
"""The shortest that any broker takes: so long nobody goes on with the work of a worker that was killed."""
API_KEY = "xkeysib-invented"
CHAOS: frozenset[Chaos] = frozenset({"dup", "reorder", "lost-left"})
# An event sent twice would come late: Brevo is watched for so long after the last call.
_QUIET_SECONDS = 2.0
_LOG_CHARACTERS = 5_000
_UNACKNOWLEDGED = 70
_SHORT_NAME = 6
"""Characters of a name that may well be part of another word."""


def webinar(attendees: int, seed: int, chaos: frozenset[Chaos] = CHAOS) -> World:
    """A webinar of an hour that is over by now."""
    return simulate_webinar(attendees, seed, chaos, starts_at=recent_start(60), duration_minutes=60)


def kafka_section(partitions: int) -> str:
    """A line of `rollcall.yaml`."""
    return f"kafka: {{partitions: {partitions}, session: {SESSION_SECONDS}s}}\n"


async def truth_about(*worlds: World) -> Truth:
    """What must be true once all deliveries of these sessions are handled."""
    bodies = [delivery.body for world in worlds for delivery in world.deliveries]
    known = reduce(ZoomState.merged, (world.zoom for world in worlds))
    return await asyncio.to_thread(truth_of, bodies, known)


@dataclass
class Installation:
    """One installation with its own topics, folder and ports. Use `installation`."""

    wiring: Wiring
    brevo: RunningBrevo
    stack: ExitStack
    port: int = field(default_factory=free_port)
    """Of the ingress; the same after a restart."""
    is_supervised: bool = False
    """Whether what stops with 70, unacknowledged, is started again while `until_true` waits, as supervisors do."""
    is_forked: bool = True
    """Whether its processes begin with all imports made (`tests/support/forks.py`)."""
    _services: list[Service] = field(default_factory=list)
    _worlds: list[World] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        """Holds everything of it."""
        return self.wiring.directory

    def write_configuration(self, pace: DemoPace, partitions: int = PARTITIONS) -> None:
        """Writes `rollcall.yaml`: the demo's with this pace, number of partitions a topic, and a short session."""
        self.wiring.write_configuration(pace)
        with (self.directory / "rollcall.yaml").open("a", encoding="utf-8") as file:
            file.write(kafka_section(partitions))

    def start_ingress(self, environment: Mapping[str, str] | None = None) -> Service:
        """Start `rollcall ingress`, with these variables on top of what it is given."""
        return self._start("ingress", "ingress", self.wiring.ingress(self.port) | dict(environment or {}))

    def start_worker(
        self, name: str = "worker", environment: Mapping[str, str] | None = None, unset: Collection[str] = ()
    ) -> Service:
        """Start `rollcall worker`.

        Args:
            name: of its data folder and log; a worker that is started again under its name finds its state.
            environment: on top of what it is given.
            unset: variables that it is not given.
        """
        variables = self.wiring.worker(name) | dict(environment or {})
        return self._start("worker", name, {key: value for key, value in variables.items() if key not in unset})

    async def enlist(self, *worlds: World) -> None:
        """Let Zoom know of the sessions; all at once, since the worker remembers an account's users for a while."""
        self._worlds += worlds
        for world in worlds:
            await load_zoom(world, self.wiring.zoom_url)

    async def send(self, world: World, on_done: Callable[[bool], None] = lambda _: None) -> Summary:
        """Send a world's deliveries as Zoom does, repeats included; every one is accepted in the end."""
        url = f"http://127.0.0.1:{self.port}/webhooks/zoom"
        target = Target(url, self.wiring.webhook_secret, retry_seconds=1.0, max_failures=1)
        summary = await send(world.deliveries, target, on_done)
        assert not summary.failed, f"{len(summary.failed)} deliveries never accepted: {summary.answers}"
        return summary

    def held(self) -> dict[str, Any]:
        """What Brevo holds."""
        return snapshot(self.brevo.state)

    def calls(self, method: str, path: str = "") -> int:
        """How many calls of Brevo's routes that begin so were accepted."""
        return sum(
            count
            for route, statuses in self.brevo.state.calls.statuses.items()
            if route.startswith(f"{method} /v3{path}")
            for status, count in statuses.items()
            if status.startswith("2")
        )

    def writes(self) -> int:
        """How many calls have written contacts."""
        return self.calls("POST", "/contacts") + self.calls("PUT", "/contacts")

    def events(self) -> int:
        """How many events Brevo has received, whether or not its answer arrived."""
        return len(self.brevo.state.store.events.received)

    async def until_true(self, truth: Truth, *, timeout_seconds: float = 90) -> list[CommandResult]:
        """Wait until Brevo is quiet and equal to the truth, and return the events in doubt.

        Events in doubt may be missing; nothing else may, and no event may be there twice.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            await self._until_quiet(deadline)
            doubtful = await self.in_doubt()
            differences = _unexplained(compare(truth, self.held()), doubtful)
            if not differences:
                return doubtful
            if time.monotonic() > deadline:
                shown = "\n".join(str(difference) for difference in differences[:10])
                raise AssertionError(f"{len(differences)} differences after {timeout_seconds} s, such as:\n{shown}")

    async def until_idle(self, worker: Service) -> None:
        """Wait until nothing has moved for longer than a session takes to settle."""
        before, since = (-1.0, -1), time.monotonic()

        async def idle() -> bool:
            nonlocal before, since
            self.check_alive()
            handled, lag = await worker.figures("rollcall_worker_records_total", "rollcall_worker_lag_records")
            now = (handled, self.brevo.state.calls.paths.total())
            if now != before or lag:
                before, since = now, time.monotonic()
            return time.monotonic() - since > SETTLE_SECONDS + 1

        await eventually(idle, timeout_seconds=60, what="nothing moves", pause_seconds=0.5)

    async def until_nobody(self, group: str = APP_ID) -> None:
        """Wait until Kafka knows that a group has no member; one that was killed stays as long as its session."""
        connection = KafkaConnection.from_environment(self.wiring.kafka)

        async def nobody() -> bool:
            return await workers(connection, group) == 0

        await eventually(nobody, timeout_seconds=90, what=f"nobody is in {group}", tell=self.last_words)

    async def results(self) -> list[CommandResult]:
        """Every outcome of the sink."""
        messages = await read_to_end(self.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], self.physical(BREVO_RESULTS))
        return [CommandResult.from_bytes(message.value or b"") for message in messages]

    async def in_doubt(self) -> list[CommandResult]:
        """The events of which nothing more is known than that they were perhaps sent."""
        known: dict[str, CommandResult] = {}
        for result in await self.results():
            before = known.get(result.command_id, result)
            # An acknowledgement may come before a doubt: the worker that was killed had posted it already.
            # And what was refused may be tried once more: then nothing is known again.
            is_begun_anew = (before.outcome, result.outcome) == ("rejected", "intended")
            if result.kind == "event" and (is_begun_anew or _knowledge(result) >= _knowledge(before)):
                known[result.command_id] = result
            elif result.outcome == "withdrawn":  # surely not sent: the intent is taken back, and all begins anew
                known.pop(result.command_id, None)
        return [result for result in known.values() if result.outcome == "in_doubt"]

    async def until_doubts_are_counted(self, worker: Service) -> None:
        """Wait until the worker counts as many as there are.

        Of an event that has arrived the answer may be under way: then it is true already, and in doubt a little later.
        And commands read the ledger, which is written once the worker has read what was told.
        """

        async def counted() -> bool:
            return await worker.figure("rollcall_brevo_in_doubt") == len(await self.in_doubt())

        await eventually(counted, what="the worker counts what is in doubt", tell=self.last_words)

    async def check_nothing_lost(self, *worlds: World) -> None:
        """Every delivery is in Kafka and acknowledged by the workers, none is a dead letter."""
        bootstrap = self.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
        raw = self.physical(RAW_EVENTS)
        headers = [dict(message.headers) for message in await read_to_end(bootstrap, raw)]
        # By their bodies: the same body signed in the same second is the same request, whatever its id.
        accepted = {hashlib.sha256(delivery.body).hexdigest() for world in worlds for delivery in world.deliveries}
        assert accepted - {header["body-sha256"].decode() for header in headers} == set()
        ends = {partition: end for partition, end in (await end_offsets(bootstrap, raw)).items() if end}
        group = f"{self.wiring.kafka['KAFKA_TOPIC_PREFIX']}{APP_ID}"

        async def acknowledged() -> bool:
            return await committed_offsets(bootstrap, group, raw) == ends

        await eventually(acknowledged, what="all deliveries are acknowledged", tell=self.last_words)
        letters = [self.physical(topic) for topic in all_topics() if topic.name.endswith(".dlq")]
        found = await ends_of(bootstrap, letters)
        assert {topic: numbers for topic, numbers in found.items() if any(numbers.values())} == {}

    def physical(self, topic: Topic) -> str:
        """A topic's name on the cluster."""
        return topic.physical(self.wiring.kafka["KAFKA_TOPIC_PREFIX"])

    def last_words(self) -> str:
        """The ends of all logs."""
        logs = sorted(self.directory.glob("*.log"))
        return "\n\n".join(f"{log.name}:\n{log.read_text(errors='replace')[-_LOG_CHARACTERS:]}" for log in logs)

    def check_logs(self) -> None:
        """No log of the run shows a key, or an address, a name or a contact id of a person."""
        wanted = {API_KEY, self.wiring.webhook_secret, ZoomState().client_secret}
        wanted |= {text for world in self._worlds for text in personal(world)}
        shown = {log.name: log.read_text(errors="replace") for log in self.directory.glob("*.log")}
        assert [(name, word) for name, text in shown.items() for word in wanted if word in text] == []

    async def _until_quiet(self, deadline: float) -> None:
        """Until nobody has called Brevo for a while, or until the deadline (monotonic)."""
        seen, since = -1, time.monotonic()
        while (now := time.monotonic()) < min(deadline, since + _QUIET_SECONDS):
            self.check_alive()
            calls = self.brevo.state.calls.paths.total()
            if calls != seen:
                seen, since = calls, now
            await asyncio.sleep(0.1)

    def _start(self, command: str, name: str, environment: Mapping[str, str]) -> Service:
        port = environment.get("ADMIN_PORT") or str(free_port())
        variables = {**environment, "ADMIN_PORT": port}
        log = self.directory / f"{name}.log"
        process = self.stack.enter_context(
            running(rollcall_command(command), log=log, env=variables, is_forked=self.is_forked)
        )
        service = Service(process, f"http://127.0.0.1:{port}")
        self._services.append(service)
        return service

    def let_go(self, service: Service) -> None:
        """It has ended by itself, as the test wanted: `check_alive` looks at it no more."""
        self._services.remove(service)

    def check_alive(self) -> None:
        """Those that a test has stopped or killed ended with 0 or by SIGKILL."""
        for service in self._services:
            if self.is_supervised and service.process.exit_code == _UNACKNOWLEDGED:
                service.process.restart()
            assert service.process.exit_code in (None, 0, -9), service.process.describe()


def personal(world: World) -> set[str]:
    """Each person's address, name and contact id, as far as webhooks tell of them."""
    objects = [orjson.loads(delivery.body)["payload"]["object"] for delivery in world.deliveries]
    people = [content.get("registrant") or content.get("participant") or {} for content in objects]
    told = {person.get(name) or "" for person in people for name in ("email", "user_name", "last_name")}
    ids = {contact_id(email) for text in told if (email := normalise_email(text))}
    return {text for text in told if len(text) > _SHORT_NAME} | ids


def _knowledge(result: CommandResult) -> int:
    return -1 if result.outcome == "withdrawn" else EVENT_STATES.index(result.outcome)


def _is_missing_event(difference: Mismatch) -> bool:
    return difference.field.startswith(("event ", "mail ")) and difference.actual == "missing"


def _unexplained(differences: list[Mismatch], doubtful: list[CommandResult]) -> list[Mismatch]:
    """What is left once each event or mail in doubt has excused one missing of its contact and name."""
    excuses = Counter((result.contact_id, result.name) for result in doubtful)
    left = []
    for difference in differences:
        key = (contact_id(difference.email), difference.field.partition(" ")[2])
        if _is_missing_event(difference) and excuses[key]:
            excuses[key] -= 1
        else:
            left.append(difference)
    return left


@asynccontextmanager
async def installation(
    bootstrap: str,
    prefix: str,
    directory: Path,
    *,
    settle_seconds: int = SETTLE_SECONDS,
    zoom: ZoomOptions | None = None,
    is_forked: bool = True,
    partitions: int = PARTITIONS,
) -> AsyncIterator[Installation]:
    """Sandboxes that listen and nothing else yet; a failing test shows the ends of all logs."""
    options = Options(api_key=API_KEY, limit_factor=LIMIT_FACTOR).with_demo()
    async with run_server(zoom) as zoom_url, serving(options) as brevo:
        kafka = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "KAFKA_TOPIC_PREFIX": prefix}
        wiring = Wiring(directory, kafka, zoom_url, brevo.url, options.api_key)
        with ExitStack() as stack:
            home = Installation(wiring, brevo, stack, is_forked=is_forked)
            home.write_configuration(DemoPace(settle_seconds), partitions)
            try:
                yield home
                home.check_logs()
            except Exception as error:
                error.add_note(home.last_words())
                raise
