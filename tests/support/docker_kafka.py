"""The public apache/kafka image in a container, with the faults of the embedded broker and those of a network."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from docker.errors import APIError
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from sandbox.kafka import free_port
from sandbox.kafka.probe import answers
from tests.support.processes import wait_until

IMAGE = "apache/kafka:4.3.1"
_CLIENTS, _INSIDE, _CONTROLLER = 9092, 9093, 9094
_START_ATTEMPTS = 5
_START_SECONDS = 90
_SETTINGS = {
    "node.id": "1",
    "process.roles": "broker,controller",
    "listeners": f"CLIENTS://:{_CLIENTS},INSIDE://:{_INSIDE},CONTROLLER://:{_CONTROLLER}",
    "inter.broker.listener.name": "INSIDE",
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.voters": f"1@localhost:{_CONTROLLER}",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # Ready in 3 s after a kill rather than in 11.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}


class ContainerKafka:
    """A single-node Apache Kafka in a container, published on ports of 127.0.0.1 that survive a restart.

    Args:
        config: broker settings on top of those here.
        protocol: of the listener for clients (`PLAINTEXT`, `SASL_SSL`, …).
        files: put into the container before it starts: absolute path to content.
        advertised_port: where clients are sent to, on 127.0.0.1: a proxy's port; by default the published one.
        alias: host name of the broker on a network of its own, where other containers reach it without security at
            `<alias>:9093`.
    """

    def __init__(
        self,
        config: Mapping[str, str] | None = None,
        *,
        protocol: str = "PLAINTEXT",
        files: Mapping[str, bytes] | None = None,
        advertised_port: int | None = None,
        alias: str = "localhost",
    ) -> None:
        self.port = free_port()
        self._probe_port = free_port()
        self._config = dict(config or {})
        self._protocol = protocol
        self._files = dict(files or {})
        self._advertised_port = advertised_port
        self._alias = alias
        self._network = Network()
        self._container: Any = None

    @property
    def bootstrap(self) -> str:
        """For clients on this machine."""
        return f"127.0.0.1:{self._advertised_port or self.port}"

    def start(self) -> Self:
        """Make and start the container, or start it again, and wait until the broker answers."""
        if self._container is None:
            self._network.create()
            self._create()
        else:
            self._container.start()
        wait_until(
            lambda: answers(self._probe_port),
            timeout_seconds=_START_SECONDS,
            what="Kafka in its container answers",
            tell=self.log,
        )
        return self

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough."""
        self._container.stop(timeout=20)

    def kill(self) -> None:
        """SIGKILL."""
        self._container.kill()

    def pause(self) -> None:
        """Freeze every process in it."""
        self._container.pause()

    def resume(self) -> None:
        """End a pause."""
        self._container.unpause()

    def cut(self) -> None:
        """Take it off its network: nothing that is sent arrives, and nobody is told."""
        self._network._unwrap_network.disconnect(self._container)

    def mend(self) -> None:
        """Put it back onto its network."""
        self._network._unwrap_network.connect(self._container, aliases=[self._alias])

    def run(self, command: str) -> str:
        """Run a shell command in the container; what it printed. Fails the test when the command fails."""
        code, output = self._container.exec_run(["bash", "-c", command])
        assert code == 0, output.decode(errors="replace")
        return str(output.decode(errors="replace"))

    def log(self) -> str:
        """The end of what the broker says."""
        return str(self._container.logs(tail=40).decode(errors="replace"))

    def close(self) -> None:
        """Remove container, data and network."""
        if self._container is not None:
            self._container.remove(force=True, v=True)
            self._container.client.close()
        if self._network._network is not None:
            self._network.remove()
        self._network._docker.client.close()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _create(self) -> None:
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                self._launch()
            except APIError as error:
                # Somebody took a port between our look and the engine's.
                if "port is already allocated" not in str(error) and "address already in use" not in str(error):
                    raise
                if attempt == _START_ATTEMPTS:
                    raise
                self._container.remove(force=True, v=True)
                self.port, self._probe_port = free_port(), free_port()
            else:
                return

    def _launch(self) -> None:
        settings = {
            **_SETTINGS,
            "listener.security.protocol.map": f"CLIENTS:{self._protocol},INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "advertised.listeners": f"CLIENTS://{self.bootstrap},INSIDE://{self._alias}:{_INSIDE}",
            **self._config,
        }
        container = DockerContainer(IMAGE).with_network(self._network).with_network_aliases(self._alias)
        container.with_envs(
            **{variable(name): value for name, value in settings.items()}, KAFKA_HEAP_OPTS="-Xms128m -Xmx384m"
        )
        # On the loopback alone; testcontainers hands this on to the engine as it is.
        published: dict[str, Any] = container.ports
        published |= {f"{_CLIENTS}/tcp": ("127.0.0.1", self.port), f"{_INSIDE}/tcp": ("127.0.0.1", self._probe_port)}
        for path, content in self._files.items():
            container.with_copy_into_container(content, path, 0o644)
        # Ryuk, which removes what a killed test run leaves, needs a second image and the engine's socket.
        testcontainers_config.ryuk_disabled = True
        try:
            container.start()
        finally:
            self._container = container._container


def variable(setting: str) -> str:
    """The variable of the image for a broker setting: `a.b_c-d` is `KAFKA_A_B__C___D`."""
    return "KAFKA_" + setting.replace("_", "__").replace("-", "___").replace(".", "_").upper()
