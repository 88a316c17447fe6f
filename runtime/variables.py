"""One variable of the environment as the value that it stands for; all that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from runtime.addresses import Network, parse_networks
from runtime.kafka import KafkaConnection
from runtime.secrecy import shows_secrets
from schemas.errors import ConfigurationError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and the variables that say so (for messages)."""

    host: str
    port: int
    """0: any free port."""
    host_variable: str
    port_variable: str


class VariableReader:
    """Reads variables and collects what is wrong with them, so that all of it is told at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def kafka(self) -> KafkaConnection:
        """The variables that begin with `KAFKA_`."""
        return self.attempt(lambda: KafkaConnection.from_environment(self._environment), KafkaConnection(""))

    def address(self, name: str, *, default_host: str, default_port: int) -> Address:
        """`<name>_HOST` and `<name>_PORT`."""
        host_variable, port_variable = f"{name}_HOST", f"{name}_PORT"
        host = self._environment.get(host_variable) or default_host
        text = self._environment.get(port_variable) or str(default_port)
        return Address(host, self.attempt(lambda: _port(port_variable, text), 0), host_variable, port_variable)

    def networks(self, name: str) -> tuple[Network, ...]:
        """Networks, with commas between them."""
        return self.attempt(lambda: parse_networks(name, self._environment.get(name) or ""), ())

    def names(self, name: str) -> frozenset[str]:
        """Names, with commas between them, in small letters."""
        parts = (self._environment.get(name) or "").lower().split(",")
        return frozenset(filter(None, (part.strip() for part in parts)))

    def url(self, name: str, default: str) -> str:
        """A base URL, without a slash at its end; ``""`` where neither it nor a default is there."""
        text = self._environment.get(name) or default
        allows_plaintext = plaintext_allowed(self._environment)
        return self.attempt(lambda: _base_url(name, text, allows_plaintext=allows_plaintext), "") if text else ""

    def raise_problems(self) -> None:
        """Raises `ConfigurationError`: everything that was wrong, one line each."""
        if self._problems:
            raise ConfigurationError("\n".join(self._problems))

    def attempt(self, read: Callable[[], T], otherwise: T) -> T:
        """What `read` returns; where it raises `ConfigurationError`, that is kept for the end."""
        try:
            return read()
        except ConfigurationError as error:
            self._problems.append(str(error))
            return otherwise


def _port(name: str, text: str) -> int:
    port = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= port <= 65_535:
        raise ConfigurationError(f"{name}: `{text}` is no port; set it to a number from 0 (any free one) to 65535")
    return port


def plaintext_allowed(environment: Mapping[str, str]) -> bool:
    """`ROLLCALL_ALLOW_PLAINTEXT`: http:// may lead to more than this machine."""
    return environment.get("ROLLCALL_ALLOW_PLAINTEXT") == "1"


def _base_url(name: str, text: str, *, allows_plaintext: bool) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"{name}: no base URL; write it like https://api.example.com/v2")
    if shows_secrets(text) and not allows_plaintext:
        raise ConfigurationError(
            f"{name}: http:// shows our keys to everybody on the way; write https://, "
            "or set ROLLCALL_ALLOW_PLAINTEXT=1 where nobody else is on it"
        )
    return text.rstrip("/")
