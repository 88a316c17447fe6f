"""People's logins on disk: one private file per account, replaced as a whole, encrypted if there is a key."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_serializer

from processors.zoom.api.oauth import Token
from runtime.environment import TokenStorage
from runtime.private_files import PRIVATE_FILE, PRIVATE_FOLDER
from schemas.errors import ConfigurationError


class Login(BaseModel):
    """What a person's consent left us with."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    account_id: str
    access_token: SecretStr
    refresh_token: SecretStr
    ends_at: float
    """When the access token ends, in seconds since 1970."""
    scopes: tuple[str, ...]
    api_url: str
    logged_in_at: float
    """When the person consented, in seconds since 1970."""

    @field_serializer("access_token", "refresh_token")
    def _plain(self, value: SecretStr) -> str:
        return value.get_secret_value()

    @classmethod
    def of(cls, account_id: str, token: Token, refresh_token: str, logged_in_at: float) -> Login:
        """What is kept of an answer of the token service."""
        return cls(
            account_id=account_id,
            access_token=SecretStr(token.secret),
            refresh_token=SecretStr(refresh_token),
            ends_at=token.ends_at,
            scopes=tuple(sorted(token.scopes)),
            api_url=token.api_url,
            logged_in_at=logged_in_at,
        )

    def token(self) -> Token:
        """The access token."""
        return Token(self.access_token.get_secret_value(), self.ends_at, frozenset(self.scopes), self.api_url)


class _Cipher(Protocol):
    def encrypt(self, data: bytes) -> bytes: ...
    def decrypt(self, token: bytes) -> bytes: ...


class LoginStore:
    """The logins of all accounts. Reading and writing block for a moment; files are a few hundred bytes."""

    def __init__(self, storage: TokenStorage) -> None:
        """Nothing is read or made yet.

        Raises:
            ConfigurationError: the key is none, or what decrypts is not installed.
        """
        self._folder = storage.folder
        self._cipher = _cipher(storage.key.get_secret_value()) if storage.key else None

    def path(self, account_id: str) -> Path:
        """The account's file."""
        return self._folder / f"{quote(account_id, safe='')}.login"

    @contextmanager
    def locked(self, account_id: str) -> Iterator[None]:
        """Hold the account's login against other processes on this machine, from reading it to replacing it."""
        with _reported(self._folder):
            self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            descriptor = os.open(self.path(account_id).with_suffix(".lock"), os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self, account_id: str) -> Login | None:
        """The login; ``None`` when nobody logged in.

        Raises:
            ConfigurationError: the file cannot be read, or not without another key.
        """
        path = self.path(account_id)
        try:
            with _reported(self._folder):
                data = path.read_bytes()
        except FileNotFoundError:
            return None
        if not data.startswith(b"{"):
            data = self._decrypted(data, path)
        try:
            return Login.model_validate_json(data)
        except ValidationError:
            raise ConfigurationError(f"{path}: no login of ours; delete it and run `rollcall zoom login`") from None

    def write(self, login: Login) -> None:
        """Replace the login: on disk, and private, before this returns. Raises `ConfigurationError`."""
        data = login.model_dump_json().encode()
        path = self.path(login.account_id)
        draft = path.with_suffix(f".{secrets.token_hex(6)}")
        with _reported(self._folder):
            self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            try:
                _write_private(draft, self._cipher.encrypt(data) if self._cipher else data)
                draft.replace(path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
            _sync_folder(self._folder)

    def delete(self, account_id: str) -> bool:
        """Forget the login; false when there was none."""
        try:
            with _reported(self._folder):
                self.path(account_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def _decrypted(self, data: bytes, path: Path) -> bytes:
        if self._cipher is None:
            raise ConfigurationError(f"{path}: encrypted; set ZOOM_TOKEN_KEY (or ZOOM_TOKEN_KEY_FILE) to its key")
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 (as in `_cipher`)

        try:
            return self._cipher.decrypt(data)
        except InvalidToken as error:
            raise ConfigurationError(
                f"{path}: not encrypted with ZOOM_TOKEN_KEY; set the key it was written with"
            ) from error


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reported(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigurationError(
            f"ZOOM_TOKEN_DIR: {folder} cannot be used ({error.strerror}); name a folder that we may write"
        ) from error


def _cipher(keys: str) -> _Cipher:
    """Several keys with commas: the first encrypts, all decrypt."""
    # Imported where it is used: most installations have no such logins, and it takes its time.
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415

    try:
        return MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
    except ValueError:
        raise ConfigurationError(
            "ZOOM_TOKEN_KEY: no Fernet key; make one with "
            "`python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`"
        ) from None
