"""People's logins on disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from processors.zoom.api.login_store import Login, LoginStore
from processors.zoom.api.oauth import Token
from runtime.environment import TokenStorage
from schemas.errors import ConfigurationError

ACCOUNT = "Rc8/Tr2x+9=="


def login(access: str = "access-1", refresh: str = "refresh-1") -> Login:
    """What a consent left us with."""
    return Login.of(ACCOUNT, Token(access, 2_000.0, frozenset({"a", "b"}), "https://api.zoom.us"), refresh, 1_000.0)


def logins(folder: Path, key: str | None = None) -> LoginStore:
    """A store in a folder that need not be there."""
    return LoginStore(TokenStorage(folder / "logins", SecretStr(key) if key else None))


def test_login_is_read_as_it_was_written_and_private(tmp_path: Path) -> None:
    """Whatever is in the account's id, one file that its owner alone may read."""
    logins(tmp_path).write(login())
    assert logins(tmp_path).read(ACCOUNT) == login()
    (file,) = (tmp_path / "logins").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_login_does_not_show_its_tokens() -> None:
    """In logs and errors they are stars."""
    assert "access-1" not in repr(login())
    assert "refresh-1" not in str(login())


def test_login_that_is_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    """One file, the later content."""
    logins(tmp_path).write(login())
    logins(tmp_path).write(login("access-2", "refresh-2"))
    assert [path.name.rpartition(".")[2] for path in (tmp_path / "logins").iterdir()] == ["login"]
    found = logins(tmp_path).read(ACCOUNT)
    assert found is not None
    assert found.refresh_token.get_secret_value() == "refresh-2"


def test_login_of_nobody_is_none_and_deleting_it_says_so(tmp_path: Path) -> None:
    """No folder, no error."""
    assert logins(tmp_path).read(ACCOUNT) is None
    assert logins(tmp_path).delete(ACCOUNT) is False
    logins(tmp_path).write(login())
    assert logins(tmp_path).delete(ACCOUNT) is True
    assert logins(tmp_path).read(ACCOUNT) is None


def test_login_with_a_key_is_encrypted_and_needs_it(tmp_path: Path) -> None:
    """No key or another one is told with the file's name, and without its content."""
    key = Fernet.generate_key().decode()
    logins(tmp_path, key).write(login())
    assert b"access-1" not in logins(tmp_path).path(ACCOUNT).read_bytes()
    assert logins(tmp_path, key).read(ACCOUNT) == login()
    with pytest.raises(ConfigurationError, match="set ZOOM_TOKEN_KEY"):
        logins(tmp_path).read(ACCOUNT)
    with pytest.raises(ConfigurationError, match="the key it was written with"):
        logins(tmp_path, Fernet.generate_key().decode()).read(ACCOUNT)


def test_login_survives_a_change_of_the_key(tmp_path: Path) -> None:
    """The first key encrypts, all decrypt; a plain file is read once a key is set."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    logins(tmp_path).write(login())
    assert logins(tmp_path, old).read(ACCOUNT) == login()
    logins(tmp_path, old).write(login())
    assert logins(tmp_path, f"{new},{old}").read(ACCOUNT) == login()
    logins(tmp_path, f"{new},{old}").write(login())
    assert logins(tmp_path, new).read(ACCOUNT) == login()


@pytest.mark.parametrize("key", ["short", "not-base64-!", ""])
def test_key_that_is_none_is_refused_at_the_start(tmp_path: Path, key: str) -> None:
    """With how to make one; an empty variable is no key, and means none."""
    if not key:
        logins(tmp_path, key).write(login())
        assert logins(tmp_path).read(ACCOUNT) == login()
        return
    with pytest.raises(ConfigurationError, match="generate_key"):
        logins(tmp_path, key)


@pytest.mark.parametrize("content", [b"{}", b'{"account_id": 1}', b"{"])
def test_file_that_is_no_login_is_told_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    """Somebody edited it."""
    logins(tmp_path).write(login())
    logins(tmp_path).path(ACCOUNT).write_bytes(content)
    with pytest.raises(ConfigurationError, match="rollcall zoom login"):
        logins(tmp_path).read(ACCOUNT)


def test_folder_that_cannot_be_made_is_told_with_its_variable(tmp_path: Path) -> None:
    """A file in the way."""
    (tmp_path / "logins").write_text("")
    with pytest.raises(ConfigurationError, match="ZOOM_TOKEN_DIR"):
        logins(tmp_path).write(login())
