"""The broker's process: start, ready, stop, kill, pause, resume, and a restart on the same port and data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.kafka.archive import ClassArchive
from sandbox.kafka.errors import BrokerStartError
from sandbox.kafka.jars import KafkaInstallation, LineWriter, cache_directory, install
from sandbox.kafka.java import Java, find_java
from sandbox.kafka.ports import free_port
from sandbox.kafka.probe import answers
from sandbox.kafka.properties import JVM_FLAGS, server_properties
from sandbox.kafka.storage import prepare_storage
from sandbox.lifeline import Lifeline

_START_ATTEMPTS = 5
_POLL_SECONDS = 0.02


class _PortTakenError(BrokerStartError):
    """Somebody bound a port that we had picked between our look and the broker's: pick again."""


class EmbeddedKafka:
    """A single-node Apache Kafka on 127.0.0.1 that ends with the process that started it.

    All methods block (a start takes 0.6 to 3 s): asynchronous callers use `asyncio.to_thread`.

    Args:
        data_dir: kept after a stop; ``None`` makes a directory of its own, removed by `close`.
        port: for clients; 0 picks a free one at the first start and keeps it for restarts.
        config: broker settings on top of the sandbox's own.
        progress: takes lines for people ("Fetching Apache Kafka …").
        environ: where `JAVA_HOME`, `PATH` and `XDG_CACHE_HOME` are looked up.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        port: int = 0,
        config: Mapping[str, str] | None = None,
        progress: LineWriter | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._own_directory = data_dir is None
        self.directory = Path(data_dir or tempfile.mkdtemp(prefix="rollcall-kafka-")).resolve()
        self.port = port
        self._any_port = port == 0
        self._config = dict(config or {})
        self._progress = progress or _unheard
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: Lifeline | None = None
        self._archive: ClassArchive | None = None
        self._paused = False

    @property
    def bootstrap(self) -> str:
        """For clients' `bootstrap_servers`; known from the first start on."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Of the broker, while it runs."""
        return self._process.pid if self._process else None

    @property
    def log_file(self) -> Path:
        """What the broker says since its latest start."""
        return self.directory / "broker.log"

    def start(self, timeout_seconds: float = 60) -> Self:
        """Start and wait until it answers; also after `stop`, with the same port and data.

        Raises:
            ConfigurationError: no Java, or the jars cannot be fetched.
            BrokerStartError: it ended or did not answer in time.
        """
        if self._process:
            raise BrokerStartError(f"the broker on {self.bootstrap} runs already: stop it first")
        java = find_java(self._environ)
        installation = install(cache_directory(self._environ), self._progress)
        self.directory.mkdir(parents=True, exist_ok=True)
        prepare_storage(self.directory / "data", installation, java)
        deadline = time.monotonic() + timeout_seconds
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                self._launch(java, installation)
                self._wait_until_ready(deadline)
            except _PortTakenError:
                if attempt == _START_ATTEMPTS:
                    raise
                continue
            self._any_port = False
            return self
        raise AssertionError("unreachable: the last attempt returns or raises")

    def stop(self, *, kill: bool = False, timeout_seconds: float = 20) -> None:
        """End the broker, orderly or with SIGKILL, and keep its data. Harmless when it does not run."""
        if self._lifeline:
            self._lifeline.release()
            self._lifeline = None
        if not self._process:
            return
        if self._paused and not kill:
            self.resume()
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            kill = True
            self._process.kill()
            self._process.wait()
        self._process, self._paused = None, False
        if self._archive:
            self._archive.discard() if kill else self._archive.keep()

    def kill(self) -> None:
        """`kill -9`: nothing is flushed, nobody is told."""
        self.stop(kill=True)

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers, as with a long garbage collection."""
        running = self._running()
        running.send_signal(signal.SIGSTOP)
        # On a busy machine its threads go on for a moment, and a broker that is paused has answered once more.
        os.waitpid(running.pid, os.WUNTRACED)
        self._paused = True

    def resume(self) -> None:
        """SIGCONT: what was sent meanwhile is answered."""
        self._running().send_signal(signal.SIGCONT)
        self._paused = False

    def close(self) -> None:
        """Stop, and remove the data directory if it is this broker's own."""
        # What is thrown away need not be flushed, which takes a second for a few hundred partitions; only while
        # there is no class archive yet a broker ends in order, which leaves one behind.
        self.stop(kill=self._own_directory and (self._archive is None or self._archive.is_there))
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

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

    def _running(self) -> subprocess.Popen[bytes]:
        if not self._process:
            raise BrokerStartError("the broker does not run: start it first")
        return self._process

    def _launch(self, java: Java, installation: KafkaInstallation) -> None:
        if self._any_port:
            self.port = free_port()
        settings = self.directory / "server.properties"
        settings.write_text(
            server_properties(
                self.directory / "data",
                port=self.port,
                controller_port=free_port(but=self.port),
                overrides=self._config,
            )
        )
        self._archive = ClassArchive(installation, java)
        flags = [*JVM_FLAGS, *self._archive.flags(), "-cp", installation.classpath]
        with self.log_file.open("wb") as log:
            # A session of its own: Ctrl-C in a terminal reaches the application first, not the broker under it.
            self._process = subprocess.Popen(  # noqa: S603 - the Java found above with the pinned jars
                [java.command, *flags, "kafka.Kafka", settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._lifeline = Lifeline(self._process.pid, self.directory if self._own_directory else None)

    def _wait_until_ready(self, deadline: float) -> None:
        process = self._running()
        while True:
            answered = answers(self.port)
            code = process.poll()
            if code is None and answered:
                return
            if code is not None or time.monotonic() > deadline:
                self._give_up(code)
            time.sleep(_POLL_SECONDS)

    def _give_up(self, code: int | None) -> None:
        self.stop(kill=True)
        log = self.log_file.read_text(errors="replace")
        what = "did not answer in time" if code is None else f"ended with code {code}"
        # The log names the client port before these words: "failed to bind to 127.0.0.1:9092: Address already in use".
        taken = "Address already in use" in log and (self._any_port or f":{self.port}: Address" not in log)
        raise (_PortTakenError if taken else BrokerStartError)(
            f"Kafka on {self.bootstrap} {what}. The end of its log:\n{log[-3000:]}"
        )


def _unheard(_line: str) -> None:
    """Nobody wants to hear of progress."""
