"""The worker's folder for its tables: made when missing, and locked, since two workers would destroy each other's."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import ConfigurationError


@contextmanager
def locked_data_dir(path: Path) -> Iterator[Path]:
    """Hold the folder for as long as the process works; the lock ends with the process, however that ends.

    Raises:
        ConfigurationError: the folder cannot be made or written, or another worker holds it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "worker.lock").open("w")
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
