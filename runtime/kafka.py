"""How to reach Kafka: one frozen object from the `KAFKA_*` variables, for aiokafka and for Faust alike."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from runtime.references import look_up
from schemas.errors import ConfigurationError, RetryLaterError

_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PATIENCE_SECONDS = 7
"""How long a person who runs a command waits for the cluster."""


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Brokers, security and the installation's prefix. The password does not show in `repr`."""

    bootstrap_servers: str
    """`host:port`, several with commas."""
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "PLAIN"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: str | None = None
    """Certificates that the brokers' are checked against; ``None``: those of the system."""
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    topic_prefix: str = ""
    """Put as it is before every topic, group and changelog."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the `KAFKA_*` variables; `KAFKA_SASL_PASSWORD_FILE` may name a file that holds the password.

        Raises:
            ConfigurationError: what is missing or wrong, one line each.
        """

        def read(name: str) -> str | None:
            return environment.get(name, "").strip() or None

        connection = cls(
            bootstrap_servers=read("KAFKA_BOOTSTRAP_SERVERS") or "",
            security_protocol=(read("KAFKA_SECURITY_PROTOCOL") or "PLAINTEXT").upper(),
            sasl_mechanism=(read("KAFKA_SASL_MECHANISM") or "PLAIN").upper(),
            sasl_username=read("KAFKA_SASL_USERNAME"),
            sasl_password=look_up("KAFKA_SASL_PASSWORD", environment) or None,
            ssl_cafile=read("KAFKA_SSL_CAFILE"),
            ssl_certfile=read("KAFKA_SSL_CERTFILE"),
            ssl_keyfile=read("KAFKA_SSL_KEYFILE"),
            topic_prefix=read("KAFKA_TOPIC_PREFIX") or "",
        )
        if problems := connection._problems():
            raise ConfigurationError("\n".join(problems))
        return connection

    @property
    def uses_tls(self) -> bool:
        """Whether the traffic is encrypted."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether user name and password are sent."""
        return self.security_protocol.startswith("SASL_")

    def ssl_context(self) -> ssl.SSLContext | None:
        """A context of TLS 1.2 or newer that checks certificate and host name; ``None`` without TLS.

        Raises:
            ConfigurationError: a certificate or key file cannot be loaded.
        """
        if not self.uses_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(f"KAFKA_SSL_CAFILE: {self.ssl_cafile} cannot be loaded: {error}") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.ssl_certfile:
            try:
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile)
            except (OSError, ssl.SSLError) as error:
                raise ConfigurationError(
                    f"KAFKA_SSL_CERTFILE, KAFKA_SSL_KEYFILE: {self.ssl_certfile} cannot be loaded: {error}"
                ) from error
        return context

    def client_options(self) -> dict[str, Any]:
        """Arguments for any client of aiokafka: consumer, producer, admin."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.security_protocol,
        }
        if context := self.ssl_context():
            options["ssl_context"] = context
        if self.uses_sasl:
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password,
            }
        return options

    def command_options(self) -> dict[str, Any]:
        """As `client_options`, for a person who waits: what is not answered in time is given up."""
        return {**self.client_options(), "request_timeout_ms": PATIENCE_SECONDS * 1_000}

    def unanswered(self, error: Exception) -> RetryLaterError:
        """What a command says when the cluster does not answer."""
        return RetryLaterError(
            f"Kafka at {self.bootstrap_servers} does not answer ({type(error).__name__}); "
            "check KAFKA_BOOTSTRAP_SERVERS and that the brokers are up"
        )

    def _problems(self) -> list[str]:
        problems = []
        if not self.bootstrap_servers:
            problems.append(
                "KAFKA_BOOTSTRAP_SERVERS: not set; set it to your brokers, for example "
                "KAFKA_BOOTSTRAP_SERVERS=localhost:9092 (several with commas)"
            )
        problems += [
            f"KAFKA_BOOTSTRAP_SERVERS: `{server}` is no broker; write host:port, several with commas"
            for server in filter(None, self.bootstrap_servers.split(","))
            if not server.strip().rpartition(":")[0] or not server.strip().rpartition(":")[2].isdecimal()
        ]
        if self.security_protocol not in _PROTOCOLS:
            problems.append(f"KAFKA_SECURITY_PROTOCOL: `{self.security_protocol}` is none of {', '.join(_PROTOCOLS)}")
        if self.uses_sasl:
            if self.sasl_mechanism not in _MECHANISMS:
                problems.append(f"KAFKA_SASL_MECHANISM: `{self.sasl_mechanism}` is none of {', '.join(_MECHANISMS)}")
            wanted = {"KAFKA_SASL_USERNAME": self.sasl_username, "KAFKA_SASL_PASSWORD": self.sasl_password}
            problems += [
                f"{name}: not set, but KAFKA_SECURITY_PROTOCOL={self.security_protocol} needs it"
                for name, value in wanted.items()
                if not value
            ]
        if not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in self.topic_prefix):
            problems.append(
                f"KAFKA_TOPIC_PREFIX: `{self.topic_prefix}` has a character that no topic may have; "
                "use letters, digits, `.`, `_` and `-`"
            )
        return problems
