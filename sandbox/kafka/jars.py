"""Kafka's jars: pinned by coordinates and checksum, fetched once through an ordinary Maven client, kept in a cache."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigurationError

KAFKA_VERSION = "4.3.1"
MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_DOWNLOAD_MB = 36
_RELEASES_KEPT = 3

LineWriter = Callable[[str], None]
"""Takes one line for people."""


class _FetchError(Exception):
    """One client did not bring all jars; the next may."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As Maven names it."""
        return f"{self.artifact}-{self.version}.jar"


@dataclass(frozen=True, slots=True)
class KafkaInstallation:
    """One fetched Kafka: its jars, and room for what is derived from them (formatted storage, class archives)."""

    directory: Path

    @property
    def classpath(self) -> str:
        """All jars, in a fixed order: class archives are bound to it."""
        return ":".join(str(jar) for jar in sorted((self.directory / "jars").glob("*.jar")))


def cache_directory(environ: Mapping[str, str]) -> Path:
    """Where fetched Kafkas live: below `XDG_CACHE_HOME`, else `~/.cache`."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rollcall" / "kafka"


def read_lock(text: str) -> tuple[Jar, ...]:
    """The jars of a lock file: one `group:artifact:version sha256` a line."""
    return tuple(_jar(*line.split()) for line in text.splitlines() if line.strip())


def _jar(coordinates: str, sha256: str) -> Jar:
    group, artifact, version = coordinates.split(":")
    return Jar(group, artifact, version, sha256)


def install(cache: Path, progress: LineWriter) -> KafkaInstallation:
    """The pinned Kafka from the cache, fetched first if it is not there. Safe for processes that start together.

    Raises:
        ConfigurationError: no client could fetch it; says what each said and what to do.
    """
    lock = Path(__file__).with_name("jars.lock").read_bytes()
    directory = cache / f"{KAFKA_VERSION}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (directory / "jars").is_dir():
        with _exclusive(cache):
            if not (directory / "jars").is_dir():
                _fetch(read_lock(lock.decode()), directory, progress)
                _prune(cache, keep=directory)
    return KafkaInstallation(directory)


@contextmanager
def _exclusive(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _fetch(jars: tuple[Jar, ...], directory: Path, progress: LineWriter) -> None:
    progress(f"Fetching Apache Kafka {KAFKA_VERSION} ({len(jars)} jars, {_DOWNLOAD_MB} MB), once")
    problems = []
    for client in (_fetch_with_maven, _fetch_with_jgo):
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix="fetching-") as temporary:
            target = Path(temporary, "jars")
            target.mkdir()
            try:
                client(jars, target)
                _verify(jars, target)
            except _FetchError as error:
                problems.append(str(error))
                continue
            directory.mkdir(exist_ok=True)
            target.rename(directory / "jars")
            return
    raise ConfigurationError(
        f"Could not fetch Apache Kafka {KAFKA_VERSION}: " + "; ".join(problems) + ". Check the network, the proxy and "
        "Maven's settings.xml, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka that runs already."
    )


def _verify(jars: tuple[Jar, ...], target: Path) -> None:
    for jar in jars:
        path = target / jar.file_name
        if not path.is_file():
            raise _FetchError(f"{jar.file_name} did not come")
        if hashlib.sha256(path.read_bytes()).hexdigest() != jar.sha256:
            raise _FetchError(f"{jar.file_name} has the wrong checksum; remove it from ~/.m2/repository")


def _fetch_with_maven(jars: tuple[Jar, ...], target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise _FetchError("mvn is not installed")
    pom = target.parent / "pom.xml"
    pom.write_text(_pom(jars))
    command = [maven, "-q", "-B", "-f", str(pom), f"{MAVEN_PLUGIN}:copy-dependencies", f"-DoutputDirectory={target}"]
    ended = subprocess.run(  # noqa: S603 - the user's own Maven
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if ended.returncode:
        raise _FetchError(f"mvn said: {_first_line(ended.stdout)}")


def _fetch_with_jgo(jars: tuple[Jar, ...], target: Path) -> None:
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415 - in the `sandbox` extra; Maven does without
    except ImportError:
        raise _FetchError("jgo is not installed (pip install jgo)") from None
    context = MavenContext(timeout=60)

    def fetch(jar: Jar) -> None:
        # Straight by coordinates: the lock names every jar, so there is no tree of dependencies to walk.
        component = context.project(jar.group, jar.artifact).at_version(jar.version)
        shutil.copy(component.artifact().resolve(), target)

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(fetch, jars))
    except Exception as error:
        # Of all kinds: jgo lets the errors of requests and its own through, which have no common base.
        raise _FetchError(f"jgo said: {_first_line(str(error))}") from error


def _pom(jars: tuple[Jar, ...]) -> str:
    dependencies = "".join(
        f"<dependency><groupId>{jar.group}</groupId><artifactId>{jar.artifact}</artifactId>"
        f"<version>{jar.version}</version><exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId>"
        "</exclusion></exclusions></dependency>"
        for jar in jars
    )
    return (
        "<project><modelVersion>4.0.0</modelVersion><groupId>rollcall</groupId><artifactId>kafka</artifactId>"
        f"<version>1</version><packaging>pom</packaging><dependencies>{dependencies}</dependencies></project>"
    )


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "nothing")[:300]


def _prune(cache: Path, keep: Path) -> None:
    """Forget Kafkas of older lock files, but for the latest ones, which another checkout may use."""
    others = [path for path in cache.iterdir() if path.is_dir() and path != keep and (path / "jars").is_dir()]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[_RELEASES_KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
