from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from console.attempts import MOST_PER_CLIENT, MOST_PER_NAME, WINDOW_SECONDS, Attempts
from console.gate import Gate
from console.password_file import PasswordFile
from console.passwords import NOBODY, Account, checked_name, checked_password, hash_password, parse, verify, written
from console.signed_in import LASTS_SECONDS, SignedIn, form_token, is_token
from runtime.environment import ConsoleEnvironment
from schemas.errors import ConfigurationError

ANA = Account("ana", "operator", "scrypt$not a hash")


def test_password_is_verified_by_its_own_hash_alone() -> None:
    """What is no hash of ours lets nobody in."""
    hashed = hash_password("a long password", b"salt")
    assert verify("a long password", hashed)
    assert not verify("another password", hashed)
    assert not verify("", NOBODY)
    assert not verify("a long password", "scrypt$nonsense")


def test_file_is_for_its_user_alone_and_told_so_otherwise(tmp_path: Path) -> None:
    """It is written whole."""
    file = PasswordFile(tmp_path / "console" / "passwords")
    assert file.accounts() == {}
    file.put(ANA)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert PasswordFile(file.path).accounts() == {"ana": ANA}
    file.path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        file.accounts()


@pytest.mark.parametrize("line", ["ana", "ana:admin:scrypt$x", "ana:reader:plain", "a@b.example:reader:scrypt$x"])
def test_wrong_line_is_told_with_its_number(line: str) -> None:
    """And never with what it holds."""
    with pytest.raises(ConfigurationError, match="line 2") as told:
        parse(f"# people\n{line}\n")
    assert line not in str(told.value)


def test_file_is_read_as_it_is_written() -> None:
    """All accounts."""
    accounts = {"ana": ANA, "ben": Account("ben", "reader", "scrypt$1")}
    assert parse(written(accounts.values())) == accounts


@pytest.mark.parametrize("name", ["", "Ana", "ana@example.com", "a:b", "-ana", "a" * 65])
def test_names_that_are_none(name: str) -> None:
    """An address is none: names are logged."""
    with pytest.raises(ConfigurationError):
        checked_name(name)


def test_short_password_is_refused() -> None:
    """Before it is hashed."""
    with pytest.raises(ConfigurationError, match="12 or more"):
        checked_password("short")


def test_attempts_of_a_name_and_of_a_client_are_limited_apart() -> None:
    """The window moves; success forgives the name."""
    attempts = Attempts()
    assert [attempts.claim("ana", f"10.0.0.{number}", 0.0) for number in range(MOST_PER_NAME)] == [0] * MOST_PER_NAME
    assert attempts.claim("ana", "10.0.1.1", 1.0) == WINDOW_SECONDS - 1
    assert attempts.claim("ana", "10.0.1.1", WINDOW_SECONDS) == 0
    attempts.succeeded("ana")
    many = [attempts.claim(f"name{number}", "10.0.0.200", 400.0) for number in range(MOST_PER_CLIENT + 1)]
    assert (many[-2], many[-1]) == (0, WINDOW_SECONDS)


def test_sign_in_ends_by_time_and_by_signing_out() -> None:
    """The oldest goes when there are too many."""
    signed_in = SignedIn()
    signed_in.add("word", ANA, 0.0)
    assert signed_in.account("word", LASTS_SECONDS - 1) == ANA
    assert signed_in.account("other", 0.0) is None
    assert signed_in.account("word", LASTS_SECONDS) is None
    signed_in.add("word", ANA, 0.0)
    for number in range(1_000):
        signed_in.add(f"word{number}", ANA, 0.0)
    assert signed_in.account("word", 1.0) is None
    signed_in.remove("word1")
    assert signed_in.account("word1", 1.0) is None


def test_form_token_is_of_one_browser_and_process() -> None:
    """Without a cookie there is none."""
    assert is_token(b"secret", "word", form_token(b"secret", "word"))
    assert not is_token(b"secret", "other", form_token(b"secret", "word"))
    assert not is_token(b"another", "word", form_token(b"secret", "word"))
    assert not is_token(b"secret", "", form_token(b"secret", ""))


def test_attempts_of_one_ipv6_network_count_as_one_client(tmp_path: Path) -> None:
    """Whoever has one IPv6 address has 2**64 of them; with IPv4 every address is a client."""
    variables = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "CONSOLE_TRUSTED_PROXIES": "10.0.0.0/8"}
    gate = Gate(ConsoleEnvironment.read(variables), PasswordFile(tmp_path / "passwords"), clock=lambda: 0.0)

    def wait(client: str, number: int) -> int:
        request = make_mocked_request("POST", "/sign-in", {"X-Forwarded-For": client}).clone(remote="10.0.0.1")
        return gate.wait_seconds(request, f"name{client}{number}")

    for number in range(MOST_PER_CLIENT):
        assert wait(f"2001:db8:0:1::{number:x}", number) == 0
        assert wait(f"192.0.2.{number}", number) == 0
    assert wait("2001:db8:0:1:ffff::1", 0) == WINDOW_SECONDS
    assert wait("2001:db8:0:2::1", 0) == 0
    assert wait("192.0.2.200", 0) == 0
