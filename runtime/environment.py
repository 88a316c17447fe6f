"""The environment as frozen values: each process reads its own variables once, in its `main`; nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from runtime.addresses import Network, parse_networks
from runtime.kafka import KafkaConnection
from runtime.logs import LogForm
from runtime.references import look_up
from runtime.secrecy import shows_secrets
from schemas.errors import ConfigurationError

T = TypeVar("T")

_ZOOM_OAUTH = "https://zoom.us"
_BREVO_API = "https://api.brevo.com/v3"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and the variables that say so (for messages)."""

    host: str
    port: int
    """0: any free port."""
    host_variable: str
    port_variable: str


@dataclass(frozen=True, slots=True)
class IngressEnvironment:
    """What the ingress is told from outside, besides the configuration file."""

    config_path: Path
    listen: Address
    admin: Address
    kafka: KafkaConnection
    proxies: tuple[Network, ...] = ()
    """Whose `X-Forwarded-For` names the client."""
    admin_names: frozenset[str] = frozenset()
    """`ADMIN_NAMES`."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises `ConfigurationError`: everything that is wrong, one line each."""
        reader = _Reader(environment)
        config_path = reader.config_path()
        listen = reader.address("INGRESS", default_host="0.0.0.0", default_port=8080)  # noqa: S104 (the public endpoint)
        admin = reader.address("ADMIN", default_host="127.0.0.1", default_port=8081)
        kafka = reader.kafka()
        proxies = reader.networks("INGRESS_TRUSTED_PROXIES")
        names = reader.names("ADMIN_NAMES")
        reader.raise_problems()
        return cls(config_path, listen, admin, kafka, proxies, names)


@dataclass(frozen=True, slots=True)
class TokenStorage:
    """Where people's logins to Zoom are kept (`connectors.zoom.oauth: user`)."""

    folder: Path = Path("data/zoom-logins")
    key: SecretStr | None = None
    """Encrypts them; several keys with commas, the first one for what is new. ``None``: file permissions alone."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """`ZOOM_TOKEN_DIR` (in `ROLLCALL_DATA_DIR` unless set) and `ZOOM_TOKEN_KEY`."""
        data_dir = data_dir_of(environment)
        key = look_up("ZOOM_TOKEN_KEY", environment)
        folder = Path(environment.get("ZOOM_TOKEN_DIR") or data_dir / "zoom-logins")
        return cls(folder, SecretStr(key) if key else None)


@dataclass(frozen=True, slots=True)
class ZoomEnvironment:
    """What a command that asks Zoom is told from outside."""

    api_base_url: str | None
    """Without a slash at the end; ``None``: the address that comes with each access token."""
    oauth_base_url: str
    tokens: TokenStorage
    budget_dir: Path
    """Where all processes that ask Zoom count what they asked, to keep an account's limits together."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises `ConfigurationError`: everything that is wrong, one line each."""
        reader = _Reader(environment)
        settings = cls(
            api_base_url=reader.url("ZOOM_API_BASE_URL", "") or None,
            oauth_base_url=reader.url("ZOOM_OAUTH_BASE_URL", _ZOOM_OAUTH),
            tokens=reader.tokens(),
            budget_dir=_budget_dir(environment),
        )
        reader.raise_problems()
        return settings


@dataclass(frozen=True, slots=True)
class BrevoEnvironment:
    """What a command that asks Brevo alone is told from outside."""

    api_base_url: str
    """Without a slash at the end."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises `ConfigurationError`."""
        reader = _Reader(environment)
        settings = cls(reader.url("BREVO_API_BASE_URL", _BREVO_API))
        reader.raise_problems()
        return settings


@dataclass(frozen=True, slots=True)
class WorkerEnvironment:
    """What the worker is told from outside, besides the configuration file."""

    config_path: Path
    data_dir: Path
    """The worker's state: tables on disk."""
    admin: Address
    kafka: KafkaConnection
    zoom_api_base_url: str | None
    """As the others without a slash at the end; ``None``: the address that comes with each access token."""
    zoom_oauth_base_url: str
    brevo_api_base_url: str
    zoom_tokens: TokenStorage = TokenStorage()
    zoom_budget_dir: Path = Path("data/zoom-budget")
    """As `ZoomEnvironment.budget_dir`."""
    admin_names: frozenset[str] = frozenset()
    """As the ingress's."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises `ConfigurationError`: everything that is wrong, one line each."""
        reader = _Reader(environment)
        settings = cls(
            config_path=reader.config_path(),
            data_dir=data_dir_of(environment),
            admin=reader.address("ADMIN", default_host="127.0.0.1", default_port=8082),
            kafka=reader.kafka(),
            zoom_api_base_url=reader.url("ZOOM_API_BASE_URL", "") or None,
            zoom_oauth_base_url=reader.url("ZOOM_OAUTH_BASE_URL", _ZOOM_OAUTH),
            brevo_api_base_url=reader.url("BREVO_API_BASE_URL", _BREVO_API),
            zoom_tokens=reader.tokens(),
            zoom_budget_dir=_budget_dir(environment),
            admin_names=reader.names("ADMIN_NAMES"),
        )
        reader.raise_problems()
        return settings


@dataclass(frozen=True, slots=True)
class ConsoleEnvironment:
    """What the console is told from outside; it reads no configuration file."""

    listen: Address
    kafka: KafkaConnection
    password_file: Path
    url: str  # under which browsers reach it besides this machine's own names; empty: under these alone
    trusted_header: str  # names who has signed in at a proxy; empty: nobody is believed
    proxies: tuple[Network, ...]
    """Whose header, and whose `X-Forwarded-For`, is believed."""
    operators: frozenset[str]
    """Names in the header that are operators; the others are readers."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises `ConfigurationError`: everything that is wrong, one line each."""
        reader = _Reader(environment)
        settings = cls(
            listen=reader.address("CONSOLE", default_host="127.0.0.1", default_port=8084),
            kafka=reader.kafka(),
            password_file=password_file(environment),
            url=reader.url("CONSOLE_URL", ""),
            trusted_header=environment.get("CONSOLE_TRUST_HEADER") or "",
            proxies=reader.networks("CONSOLE_TRUSTED_PROXIES"),
            operators=reader.names("CONSOLE_OPERATORS"),
        )
        reader.raise_problems()
        if settings.trusted_header and not settings.proxies:
            raise ConfigurationError("CONSOLE_TRUST_HEADER: anybody could send it; set CONSOLE_TRUSTED_PROXIES, too")
        return settings


@dataclass(frozen=True, slots=True)
class Counterparts:
    """Whom an installation speaks with, as far as the secrets in its file have to fit that."""

    zoom_oauth_base_url: str
    brevo_api_base_url: str
    allows_plaintext: bool
    """`ROLLCALL_ALLOW_PLAINTEXT`: http:// leads to more than this machine."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """As they are written: what is no URL is told where it is used."""
        return cls(
            environment.get("ZOOM_OAUTH_BASE_URL") or _ZOOM_OAUTH,
            environment.get("BREVO_API_BASE_URL") or _BREVO_API,
            _allows_plaintext(environment),
        )


def data_dir_of(environment: Mapping[str, str]) -> Path:
    """`ROLLCALL_DATA_DIR`, or ``./data``."""
    return Path(environment.get("ROLLCALL_DATA_DIR") or "data")


def password_file(environment: Mapping[str, str]) -> Path:
    """The console's: `CONSOLE_PASSWORD_FILE`, else in the data folder."""
    return Path(environment.get("CONSOLE_PASSWORD_FILE") or data_dir_of(environment) / "console" / "passwords")


def log_form(environment: Mapping[str, str]) -> LogForm:
    """`ROLLCALL_LOG_FORMAT`: how each process writes its log.

    Raises:
        ConfigurationError: it is neither `text` nor `json`.
    """
    match environment.get("ROLLCALL_LOG_FORMAT") or "text":
        case "text":
            return "text"
        case "json":
            return "json"
        case other:
            raise ConfigurationError(f"ROLLCALL_LOG_FORMAT: `{other}` is no form of a log; set it to text or json")


def config_path(environment: Mapping[str, str]) -> Path:
    """The configuration file: `ROLLCALL_CONFIG`, else `rollcall.yaml` in the working directory."""
    return Path(environment.get("ROLLCALL_CONFIG") or "rollcall.yaml")


class _Reader:
    """Reads variables and collects what is wrong with them, so that all of it is told at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def config_path(self) -> Path:
        return config_path(self._environment)

    def kafka(self) -> KafkaConnection:
        return self._attempt(lambda: KafkaConnection.from_environment(self._environment), KafkaConnection(""))

    def address(self, name: str, *, default_host: str, default_port: int) -> Address:
        host_variable, port_variable = f"{name}_HOST", f"{name}_PORT"
        host = self._environment.get(host_variable) or default_host
        text = self._environment.get(port_variable) or str(default_port)
        return Address(host, self._attempt(lambda: _port(port_variable, text), 0), host_variable, port_variable)

    def networks(self, name: str) -> tuple[Network, ...]:
        return self._attempt(lambda: parse_networks(name, self._environment.get(name) or ""), ())

    def names(self, name: str) -> frozenset[str]:
        parts = (self._environment.get(name) or "").lower().split(",")
        return frozenset(filter(None, (part.strip() for part in parts)))

    def tokens(self) -> TokenStorage:
        return self._attempt(lambda: TokenStorage.read(self._environment), TokenStorage())

    def url(self, name: str, default: str) -> str:
        text = self._environment.get(name) or default
        allows_plaintext = _allows_plaintext(self._environment)
        return self._attempt(lambda: _base_url(name, text, allows_plaintext=allows_plaintext), "") if text else ""

    def raise_problems(self) -> None:
        if self._problems:
            raise ConfigurationError("\n".join(self._problems))

    def _attempt(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except ConfigurationError as error:
            self._problems.append(str(error))
            return otherwise


def _budget_dir(environment: Mapping[str, str]) -> Path:
    data_dir = Path(environment.get("ROLLCALL_DATA_DIR") or "data")
    return Path(environment.get("ZOOM_BUDGET_DIR") or data_dir / "zoom-budget")


def _port(name: str, text: str) -> int:
    port = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= port <= 65_535:
        raise ConfigurationError(f"{name}: `{text}` is no port; set it to a number from 0 (any free one) to 65535")
    return port


def _allows_plaintext(environment: Mapping[str, str]) -> bool:
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
