"""The worker's folder for its tables: made when missing, private, and locked against a second worker.

The tables hold names and addresses of attendees: other users of the machine must not read them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runtime.private_files import PRIVATE_FOLDER
from schemas.errors import ConfigurationError

PRIVATE_UMASK = 0o077
_LOCK = "worker.lock"


def keep_files_private() -> None:
    """Whatever this process makes from now on, RocksDB's files too, is for its own user alone."""
    os.umask(PRIVATE_UMASK)


def empty_data_dir(path: Path) -> None:
    """Delete all tables of a folder that is held; the lock stays.

    Raises:
        ConfigurationError: a file in it cannot be deleted.
    """
    try:
        for entry in path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != _LOCK:
                entry.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"ROLLCALL_DATA_DIR: {path} cannot be emptied ({error.strerror}); delete what is in it by hand"
        ) from error


@contextmanager
def locked_data_dir(path: Path) -> Iterator[Path]:
    """Hold the folder for as long as the process works; the lock ends with the process, however that ends.

    Raises:
        ConfigurationError: the folder cannot be made or written, or another worker holds it.
    """
    try:
        path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        # A volume may belong to somebody else, who lets us in by group: its files are still our own.
        with suppress(PermissionError):
            path.chmod(PRIVATE_FOLDER)
        lock = (path / _LOCK).open("w")
    except OSError as error:
        raise ConfigurationError(
            f"ROLLCALL_DATA_DIR: {path} cannot be used ({error.strerror}); name a folder that the worker may write"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(
                f"ROLLCALL_DATA_DIR: another worker uses {path}; "
                "give each worker on one host its own ROLLCALL_DATA_DIR and ADMIN_PORT"
            ) from error
        yield path
