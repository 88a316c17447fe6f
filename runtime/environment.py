"""The environment as frozen values: each process reads its own variables once, in its `main`; nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from runtime.addresses import Network
from runtime.kafka import KafkaConnection
from runtime.logs import LogForm
from runtime.references import look_up
from runtime.variables import Address, VariableReader, plaintext_allowed
from schemas.errors import ConfigurationError

_ZOOM_OAUTH = "https://zoom.us"
_BREVO_API = "https://api.brevo.com/v3"


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
        reader = VariableReader(environment)
        listen = reader.address("INGRESS", default_host="0.0.0.0", default_port=8080)  # noqa: S104 (the public endpoint)
        admin = reader.address("ADMIN", default_host="127.0.0.1", default_port=8081)
        kafka = reader.kafka()
        proxies = reader.networks("INGRESS_TRUSTED_PROXIES")
        names = reader.names("ADMIN_NAMES")
        reader.raise_problems()
        return cls(config_path(environment), listen, admin, kafka, proxies, names)


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
        reader = VariableReader(environment)
        settings = cls(
            api_base_url=reader.url("ZOOM_API_BASE_URL", "") or None,
            oauth_base_url=reader.url("ZOOM_OAUTH_BASE_URL", _ZOOM_OAUTH),
            tokens=reader.attempt(lambda: TokenStorage.read(environment), TokenStorage()),
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
        reader = VariableReader(environment)
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
        reader = VariableReader(environment)
        settings = cls(
            config_path=config_path(environment),
            data_dir=data_dir_of(environment),
            admin=reader.address("ADMIN", default_host="127.0.0.1", default_port=8082),
            kafka=reader.kafka(),
            zoom_api_base_url=reader.url("ZOOM_API_BASE_URL", "") or None,
            zoom_oauth_base_url=reader.url("ZOOM_OAUTH_BASE_URL", _ZOOM_OAUTH),
            brevo_api_base_url=reader.url("BREVO_API_BASE_URL", _BREVO_API),
            zoom_tokens=reader.attempt(lambda: TokenStorage.read(environment), TokenStorage()),
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
        reader = VariableReader(environment)
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
            plaintext_allowed(environment),
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


def _budget_dir(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("ZOOM_BUDGET_DIR") or data_dir_of(environment) / "zoom-budget")
