"""What the ingress is told: the environment and the configuration, as one frozen value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingress.brevo_keys import BrevoKeys
from ingress.signature import SigningKey
from runtime.addresses import Network
from runtime.connections import ConnectionLimits
from runtime.environment import IngressEnvironment
from runtime.kafka import KafkaConnection
from runtime.models import Configuration, Kafka, ZoomAccount
from runtime.variables import Address
from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait, and for how long."""

    body_bytes: int = 1_048_576
    """A larger body is answered 413. Zoom's largest events, recordings with many files, have some 100 KiB."""
    body_seconds: float = 2.5
    """For a body to arrive after its headers; Zoom gives up after 3 s in all."""
    acknowledge_seconds: float = 2.5
    """For Kafka to acknowledge; then 503, before Zoom's 3 s are over."""
    waiting_deliveries: int = 10_000
    """More at once are answered 503 at once."""
    waiting_bytes: int = 67_108_864
    """Of bodies and headers that wait for Kafka, and again of what has arrived of bodies that are not complete."""
    remembered_signatures: int = 50_000
    """Of fresh deliveries, of stale ones, and of each again (`Replays`): the same one again is not published again."""
    stale_seconds: float = 3_600
    """For so long at least a stale delivery is not quarantined again."""
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)
    batch_bytes: int = 131_072
    """Of one request to Kafka and partition; a larger record goes alone."""


@dataclass(frozen=True, slots=True)
class IngressSettings:
    """Everything that `build_app` and its neighbours need. Secrets do not show in `repr`."""

    listen: Address
    admin: Address
    connection: KafkaConnection
    kafka: Kafka
    keys: tuple[SigningKey, ...]
    """Of all enabled accounts, each secret once."""
    sampled_accounts: frozenset[str] = frozenset()
    """Accounts with `log_webhooks`."""
    payloads_of: tuple[str, ...] = ()
    """Patterns of events that nothing of ours reads, and of which more than the frame is published all the same."""
    brevo: BrevoKeys = field(default_factory=BrevoKeys)
    """Of Brevo's own webhooks."""
    log_level: str = "INFO"
    limits: Limits = Limits()
    proxies: tuple[Network, ...] = ()
    """Whose `X-Forwarded-For` is believed."""
    admin_names: frozenset[str] = frozenset()
    """Under which the admin port may be asked, besides addresses and names without a dot."""

    def keys_of(self, account_id: str) -> tuple[SigningKey, ...]:
        """What verifies deliveries to the path of one account: its own secrets, for nobody else."""
        return tuple(
            SigningKey(key.secret, (account_id,), key.tolerance_seconds)
            for key in self.keys
            if account_id in key.accounts
        )

    @property
    def accounts(self) -> tuple[str, ...]:
        """Enabled accounts, in the order of the file."""
        return tuple(dict.fromkeys(account for key in self.keys for account in key.accounts))


def ingress_settings(configuration: Configuration, environment: Mapping[str, str]) -> IngressSettings:
    """The settings of this process.

    Raises:
        ConfigurationError: a variable is wrong, or there is no enabled account with a webhook secret.
    """
    read = IngressEnvironment.read(environment)
    accounts = [account for account in configuration.connectors.zoom if account.enabled]
    if not accounts:
        raise ConfigurationError("connectors.zoom: no account is enabled, so there is nothing to receive")
    return IngressSettings(
        listen=read.listen,
        admin=read.admin,
        connection=read.kafka,
        kafka=configuration.kafka,
        keys=signing_keys(accounts),
        sampled_accounts=frozenset(account.account_id for account in accounts if account.log_webhooks),
        payloads_of=configuration.privacy.payloads_of,
        brevo=BrevoKeys.of(configuration.brevo.webhook),
        proxies=read.proxies,
        admin_names=read.admin_names,
        log_level="DEBUG" if any(_is_verbose(account) for account in accounts) else _quietest(accounts),
    )


def signing_keys(accounts: Iterable[ZoomAccount]) -> tuple[SigningKey, ...]:
    """One key per secret; accounts that share a secret (several installations of one app) share the key.

    Raises:
        ConfigurationError: an account without a secret, or with an empty one.
    """
    holders: dict[bytes, list[ZoomAccount]] = {}
    for account in accounts:
        secrets = [secret.get_secret_value().encode() for secret in account.webhook.secret_token]
        if not secrets or not all(secrets):
            raise ConfigurationError(
                f"connectors.zoom.webhook.secret_token: missing or empty for the account {account.account_id}; "
                "copy the Secret Token from the Zoom app's page Access"
            )
        for secret in secrets:
            holders.setdefault(secret, []).append(account)
    return tuple(
        SigningKey(
            secret,
            tuple(dict.fromkeys(account.account_id for account in held)),
            max(account.webhook.tolerance for account in held),
        )
        for secret, held in holders.items()
    )


def _is_verbose(account: ZoomAccount) -> bool:
    return account.debug or account.log_level in ("verbose", "debug")


def _quietest(accounts: Iterable[ZoomAccount]) -> str:
    order = ("info", "warning", "error")
    return min((account.log_level for account in accounts), key=order.index).upper()
