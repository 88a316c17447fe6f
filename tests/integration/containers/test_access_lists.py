"""A Kafka that asks for client certificates and allows only what deploy/kafka-acls.sh lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.simulator.sender import Target, send
from sandbox.truth.comparison import compare
from tests.support.certificates import issue
from tests.support.docker_engine import ROOT
from tests.support.docker_kafka import ContainerKafka
from tests.support.installation import installation, truth_about, webinar
from tests.support.processes import eventually, rollcall_command, running

pytestmark = pytest.mark.containers

PREFIX = "guarded-"
INGRESS, WORKER, OPERATOR, STRANGER = "rollcall-ingress", "rollcall-worker", "operator", "stranger"
REBUILDER = "rebuilder"
_SERVER_FILE, _AUTHORITY_FILE, _SCRIPT = "/tmp/server.pem", "/tmp/ca.pem", "/tmp/kafka-acls.sh"  # noqa: S108 (in the container)
# The class behind kafka-acls.sh; over the listener inside, whose user may do everything.
_ACLS = "/opt/kafka/bin/kafka-run-class.sh org.apache.kafka.tools.AclCommand"
_INSIDE = "--bootstrap-server localhost:9093"
_SETTINGS = {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": _SERVER_FILE,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": _AUTHORITY_FILE,
    "listener.name.clients.ssl.client.auth": "required",
    "listener.name.clients.ssl.principal.mapping.rules": "RULE:^CN=(.*)$/$1/,DEFAULT",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
}


@dataclass(frozen=True)
class GuardedKafka:
    """The broker, and the certificates' files."""

    kafka: ContainerKafka
    directory: Path

    def identity(self, name: str) -> dict[str, str]:
        """What a process is told to show this certificate."""
        return self.security() | {
            "KAFKA_SSL_CERTFILE": str(self.directory / f"{name}.pem"),
            "KAFKA_SSL_KEYFILE": str(self.directory / f"{name}.key"),
        }

    def security(self) -> dict[str, str]:
        """The same without a certificate."""
        return {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CAFILE": str(self.directory / "ca.pem")}

    @contextmanager
    def without(self, name: str, right: str) -> Iterator[None]:
        """One right less for a while."""
        self.kafka.run(f"{_ACLS} {_INSIDE} --remove --force --allow-principal User:{name} {right}")
        yield
        self.kafka.run(f"{_ACLS} {_INSIDE} --add --allow-principal User:{name} {right}")


@pytest.fixture(scope="module")
def guarded(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    """All have the rights of the script but the stranger, who has a certificate and no right."""
    directory = tmp_path_factory.mktemp("guarded")
    certificates = issue("127.0.0.1", (INGRESS, WORKER, OPERATOR, REBUILDER, STRANGER))
    (directory / "ca.pem").write_bytes(certificates.authority)
    for name, client in certificates.clients.items():
        (directory / f"{name}.pem").write_bytes(client.certificate)
        (directory / f"{name}.key").write_bytes(client.key)
    files = {
        _SERVER_FILE: certificates.server,
        _AUTHORITY_FILE: certificates.authority,
        _SCRIPT: (ROOT / "deploy" / "kafka-acls.sh").read_bytes(),
    }
    with ContainerKafka(_SETTINGS, protocol="SSL", files=files) as kafka:
        for process, name in (
            ("ingress", INGRESS),
            ("worker", WORKER),
            ("commands", OPERATOR),
            ("rebuild", REBUILDER),
        ):
            kafka.run(
                f"KAFKA_TOPIC_PREFIX={PREFIX} KAFKA_ACLS='{_ACLS}' bash {_SCRIPT} {process} User:{name} {_INSIDE}"
            )
        yield GuardedKafka(kafka, directory)


async def test_installation_with_the_listed_rights_alone_tells_the_truth(guarded: GuardedKafka, tmp_path: Path) -> None:
    """Topics are created, every agent works, offsets are committed, tables are kept; commands read and rebuild them."""
    world = webinar(30, seed=51)
    truth = await truth_about(world)
    async with installation(guarded.kafka.bootstrap, PREFIX, tmp_path) as home:
        await home.enlist(world)
        ingress = home.start_ingress(guarded.identity(INGRESS))
        worker = home.start_worker(environment=guarded.identity(WORKER))
        await asyncio.gather(ingress.until_ready(), worker.until_ready(timeout_seconds=180))
        await home.send(world)

        async def equal() -> bool:
            return compare(truth, home.held()) == []

        await eventually(equal, timeout_seconds=90, what="Brevo is equal to the truth", tell=home.last_words)
        await home.until_idle(worker)
        assert compare(truth, home.held()) == []
        environment = home.wiring.worker() | guarded.identity(OPERATOR)
        for command in (("session", world.event.spans[0].uuid), ("effects",), ("brevo", "resume")):
            await ends_well(environment, tmp_path, *command)
        environment = home.wiring.worker() | guarded.identity(REBUILDER)
        for command in (("start", "anew"), ("diff", "anew")):
            await ends_well(environment, tmp_path, "rebuild", *command)
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
        for command in (("start", "anew"), ("switch", "anew"), ("switch", "--undo"), ("drop", "anew")):
            yes = ("--yes",) if command[0] != "start" else ()
            await ends_well(environment, tmp_path, "rebuild", *command, *yes)


async def ends_well(environment: dict[str, str], folder: Path, *command: str) -> None:
    """A command of somebody with these rights."""
    with running(rollcall_command(*command), log=folder / "command.log", env=environment) as process:
        assert await asyncio.to_thread(process.wait, 90) == 0, process.describe()


async def test_processes_without_any_right_say_which_topic_they_may_not_create(
    guarded: GuardedKafka, tmp_path: Path
) -> None:
    """The certificate is good, and nothing is allowed: exit code 2, and what to do."""
    async with installation(guarded.kafka.bootstrap, PREFIX, tmp_path) as home:
        for service in (
            home.start_ingress(guarded.identity(STRANGER)),
            home.start_worker(environment=guarded.identity(STRANGER)),
        ):
            assert await asyncio.to_thread(service.process.wait, 60) == 2
            told = service.process.output()
            assert f"does not let us create the topic {PREFIX}" in told
            assert "allow it, or create the topics yourself" in told


async def test_worker_without_a_certificate_waits_and_is_not_ready(guarded: GuardedKafka, tmp_path: Path) -> None:
    """The broker closes the connection without a word: that is no reason to stop, brokers may be set up later."""
    async with installation(guarded.kafka.bootstrap, PREFIX, tmp_path) as home:
        worker = home.start_worker(environment=guarded.security())

        async def told() -> bool:
            return f"Kafka at {guarded.kafka.bootstrap} does not answer" in worker.process.output()

        await eventually(told, what="the worker says that it waits", tell=home.last_words)
        await worker.until_unready()
        assert await worker.stop() == 0


@pytest.mark.parametrize(
    ("right", "code", "words"),
    [
        (f"--operation Read --group {PREFIX}rollcall-worker", 2, f"join the consumer group {PREFIX}rollcall-worker"),
        (
            f"--operation Write --transactional-id {PREFIX}rollcall-worker- --resource-pattern-type prefixed",
            2,
            f"write the transactional ids that begin with {PREFIX}rollcall-worker-",
        ),
        (
            f"--operation Read --topic {PREFIX}zoom.events.raw.v1",
            70,
            f"TopicAuthorizationFailedError: {PREFIX}zoom.events.raw.v1",
        ),
        (
            f"--operation Write --topic {PREFIX}brevo.commands.v1",
            70,
            f"Kafka refuses records for {PREFIX}brevo.commands.v1: TopicAuthorizationFailedError",
        ),
    ],
    ids=["group", "transactional ids", "read", "write"],
)
async def test_worker_without_one_right_stops_and_names_what_it_may_not(
    right: str, code: int, words: str, guarded: GuardedKafka, tmp_path: Path
) -> None:
    """Nothing is acknowledged that was not put out, so that nothing is missing once the right is given."""
    world = webinar(10, seed=52)
    async with installation(guarded.kafka.bootstrap, PREFIX, tmp_path) as home:
        await home.enlist(world)
        ingress = home.start_ingress(guarded.identity(INGRESS))
        await ingress.until_ready()
        await home.send(world)
        with guarded.without(WORKER, right):
            worker = home.start_worker(environment=guarded.identity(WORKER))
            assert await asyncio.to_thread(worker.process.wait, 60) == code, worker.process.describe()
            assert words in worker.process.output()
        assert await ingress.stop() == 0


async def test_ingress_that_may_not_write_answers_503_and_says_why(guarded: GuardedKafka, tmp_path: Path) -> None:
    """Zoom sends again, and the log names the topic; once the right is given nothing is lost."""
    world = webinar(3, seed=53)
    async with installation(guarded.kafka.bootstrap, PREFIX, tmp_path) as home:
        ingress = home.start_ingress(guarded.identity(INGRESS))
        await ingress.until_ready()
        with guarded.without(INGRESS, f"--operation Write --topic {PREFIX}zoom.events.raw.v1"):
            url = f"http://127.0.0.1:{home.port}/webhooks/zoom"
            refused = await send(world.deliveries[:1], Target(url, home.wiring.webhook_secret, retry_seconds=0.1))
            assert set(refused.answers) == {"503"}
            told = ingress.process.output()
            assert "its user has no right to write" in told
            assert f"topic={PREFIX}zoom.events.raw.v1" in told
        await home.send(world)
        assert await ingress.stop() == 0
