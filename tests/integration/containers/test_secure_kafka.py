"""An operator's own Kafka with TLS and a password, as docs/how-to/deploy.md sets it up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.certificates import issue
from tests.support.docker_kafka import ContainerKafka
from tests.support.processes import rollcall_command, running

pytestmark = pytest.mark.containers

USER, PASSWORD = "rollcall", "invented-password"
_SERVER_FILE = "/tmp/server.pem"  # noqa: S108 (in the container)


@dataclass(frozen=True)
class SecureKafka:
    """A broker that only speaks TLS, and what a client is told to reach it."""

    environment: dict[str, str]
    password_file: Path


@pytest.fixture(scope="module")
def secure_kafka(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """SASL_SSL with both mechanisms; PLAIN's password is in the broker's settings, SCRAM's in its metadata."""
    certificates = issue("127.0.0.1")
    directory = tmp_path_factory.mktemp("secure")
    authority, password = directory / "ca.pem", directory / "password"
    authority.write_bytes(certificates.authority)
    password.write_text(f"{PASSWORD}\n")
    module = "org.apache.kafka.common.security"
    config = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": _SERVER_FILE,
        "listener.name.clients.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "listener.name.clients.plain.sasl.jaas.config": (
            f'{module}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
        ),
        "listener.name.clients.scram-sha-512.sasl.jaas.config": f"{module}.scram.ScramLoginModule required;",
    }
    with ContainerKafka(config, protocol="SASL_SSL", files={_SERVER_FILE: certificates.server}) as kafka:
        kafka.run(
            "/opt/kafka/bin/kafka-configs.sh --bootstrap-server localhost:9093 --alter --entity-type users "
            f"--entity-name {USER} --add-config 'SCRAM-SHA-512=[password={PASSWORD}]'"
        )
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SSL_CAFILE": str(authority),
        }
        yield SecureKafka(environment, password)


@pytest.mark.parametrize("mechanism", ["PLAIN", pytest.param("SCRAM-SHA-512", marks=pytest.mark.containers_quick)])
def test_demo_on_a_kafka_with_tls_and_password_tells_the_truth(
    mechanism: str, secure_kafka: SecureKafka, tmp_path: Path
) -> None:
    """Ingress, worker, tables and the admin calls: all of them use the one way to connect."""
    environment = {
        **secure_kafka.environment,
        "KAFKA_SASL_MECHANISM": mechanism,
        "KAFKA_SASL_PASSWORD_FILE": str(secure_kafka.password_file),
        "TMPDIR": str(tmp_path),
    }
    command = rollcall_command("demo", "--attendees", "15", "--json")
    with running(command, log=tmp_path / "log", env=environment) as demo:
        assert demo.wait(150) == 0, demo.describe()
        told = json.loads(next(line for line in demo.output().splitlines() if line.startswith("{")))
        assert (told["summary"], told["differences"]) == ("15 contacts, 15 equal to the truth, 0 different", [])
        assert PASSWORD not in demo.output()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_command_with_a_wrong_password_says_so(mechanism: str, secure_kafka: SecureKafka, tmp_path: Path) -> None:
    """Nobody has to guess why Kafka does not answer, and what was sent is not told."""
    wrong = "another-password"
    environment = {**secure_kafka.environment, "KAFKA_SASL_MECHANISM": mechanism, "KAFKA_SASL_PASSWORD": wrong}
    with running(rollcall_command("session", "unknown"), log=tmp_path / "log", env=environment) as command:
        assert command.wait(60) == 70, command.describe()
        assert "SaslAuthenticationFailed" in command.output()
        assert wrong not in command.output()
