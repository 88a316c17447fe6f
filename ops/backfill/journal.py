"""How far a back-fill is: what it has read and published, in a file, so that it goes on where it was stopped."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Self

import orjson

from ops.backfill.sessions import PastSession
from ops.backfill.units import Unit
from runtime.private_files import PRIVATE_FILE, PRIVATE_FOLDER
from schemas.errors import ConfigurationError


class Journal:
    """Lines that are only ever added, one JSON object each; what a kill has cut off counts as not written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[str, list[PastSession]] = {}
        self._published: set[str] = set()

    @classmethod
    def open(cls, folder: Path, parts: Sequence[object]) -> Self:
        """The journal of a command line.

        Args:
            folder: made when missing.
            parts: what makes one command line another.

        Raises:
            ConfigurationError: the folder cannot be used.
        """
        digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
        journal = cls(folder / f"{digest[:16]}.jsonl")
        try:
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            journal._load()
        except OSError as error:
            raise ConfigurationError(
                f"ROLLCALL_DATA_DIR: {folder} cannot be used ({error.strerror}); name a folder that you may write"
            ) from error
        return journal

    def sessions_of(self, unit: Unit) -> list[PastSession] | None:
        """What was read of a unit; ``None``: nothing yet."""
        return self._read.get(unit.name)

    def is_published(self, unit: Unit, origin: str) -> bool:
        """Whether Kafka has acknowledged all of a unit."""
        return f"{origin}|{unit.name}" in self._published

    def note_read(self, unit: Unit, sessions: Iterable[PastSession]) -> None:
        """Remember what Zoom answered."""
        self._read[unit.name] = list(sessions)
        self._add({"read": unit.name, "sessions": [asdict(session) for session in self._read[unit.name]]})

    def note_published(self, unit: Unit, origin: str) -> None:
        """Remember that a unit is done."""
        self._published.add(f"{origin}|{unit.name}")
        self._add({"published": f"{origin}|{unit.name}"})

    def close(self) -> None:
        """All is done: the next run begins anew."""
        self._path.unlink(missing_ok=True)

    def _load(self) -> None:
        if not self._path.exists():
            return
        for line in self._path.read_bytes().splitlines():
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if "read" in entry:
                self._read[entry["read"]] = [PastSession(**session) for session in entry["sessions"]]
            else:
                self._published.add(entry["published"])

    def _add(self, entry: dict[str, object]) -> None:
        # Begins with a line feed, since the last line may have been cut off. Topics are nobody else's business: 0600.
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE_FILE), "ab") as file:
            file.write(b"\n" + orjson.dumps(entry))
