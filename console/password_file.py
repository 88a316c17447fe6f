"""The password file on disk: read when it has changed, written whole and for its user alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from console.passwords import Account, parse, written
from runtime.private_files import PRIVATE_FILE, PRIVATE_FOLDER
from schemas.errors import ConfigurationError


class PasswordFile:
    """Who may sign in; a change is seen at the next look, without a restart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._accounts: Mapping[str, Account] = {}

    def accounts(self) -> Mapping[str, Account]:
        """By name; empty while there is no file.

        Raises:
            ConfigurationError: it cannot be read, others may read it, or a line of it is wrong.
        """
        try:
            about = self.path.stat()
            if about.st_mode & 0o077:
                raise ConfigurationError(f"{self.path} may be read by others: chmod 600 {self.path}")
            seen = (about.st_mtime_ns, about.st_ino, about.st_size)
            if seen != self._seen:
                self._accounts = parse(self.path.read_text(encoding="utf-8"))
                self._seen = seen
        except FileNotFoundError:
            self._seen, self._accounts = None, {}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"the password file {self.path} cannot be read: {type(error).__name__}") from None
        return self._accounts

    def put(self, account: Account) -> None:
        """Add somebody, or give them another password or role."""
        self._write({**self.accounts(), account.name: account})

    def remove(self, name: str) -> bool:
        """Whether there was such an account."""
        kept = dict(self.accounts())
        if kept.pop(name, None) is None:
            return False
        self._write(kept)
        return True

    def _write(self, accounts: Mapping[str, Account]) -> None:
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            beside.unlink(missing_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(written(accounts.values()))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            raise ConfigurationError(
                f"the password file {self.path} cannot be written: {error.strerror}; check CONSOLE_PASSWORD_FILE and "
                "the rights of its folder"
            ) from None
