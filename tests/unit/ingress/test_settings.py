from __future__ import annotations

from typing import Any

import pytest

from ingress.settings import ingress_settings
from runtime.models import Configuration
from schemas.errors import ConfigurationError

ENVIRONMENT = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "KAFKA_TOPIC_PREFIX": "eu-"}


def configuration(*accounts: dict[str, Any]) -> Configuration:
    """A configuration of these accounts."""
    return Configuration.model_validate({"connectors": {"zoom": list(accounts)}})


def account(name: str, *secrets: str, **more: Any) -> dict[str, Any]:
    """An account with its webhook secrets."""
    return {"account_id": name, "webhook": {"secret_token": list(secrets)}, **more}


def test_ingress_settings_defaults_are_the_documented_ones() -> None:
    """Ports, times and sizes of docs/reference/environment.md."""
    settings = ingress_settings(configuration(account("a", "s")), ENVIRONMENT)
    assert (settings.listen.host, settings.listen.port) == ("0.0.0.0", 8080)  # noqa: S104 (the documented default)
    assert (settings.admin.host, settings.admin.port) == ("127.0.0.1", 8081)
    assert settings.connection.topic_prefix == "eu-"
    assert (settings.limits.body_bytes, settings.limits.acknowledge_seconds) == (1_048_576, 2.5)
    assert settings.keys[0].tolerance_seconds == 300
    assert settings.log_level == "INFO"


def test_ingress_settings_keys_are_per_secret() -> None:
    """Rotated secrets are two keys; a shared secret is one key of two accounts."""
    settings = ingress_settings(configuration(account("a", "new", "old"), account("b", "old")), ENVIRONMENT)
    assert {key.secret: key.accounts for key in settings.keys} == {b"new": ("a",), b"old": ("a", "b")}
    assert settings.accounts == ("a", "b")
    assert [(key.secret, key.accounts) for key in settings.keys_of("b")] == [(b"old", ("b",))]


def test_ingress_settings_disabled_account_is_nobody() -> None:
    """Its secret verifies nothing and its path does not exist; it needs no secret."""
    settings = ingress_settings(configuration(account("a", "s"), account("b", enabled=False)), ENVIRONMENT)
    assert settings.accounts == ("a",)


@pytest.mark.parametrize("secrets", [(), ("",), ("s", "")])
def test_ingress_settings_empty_secret_is_refused(secrets: tuple[str, ...]) -> None:
    """With an empty secret anybody could sign."""
    with pytest.raises(ConfigurationError, match=r"secret_token.*account a;"):
        ingress_settings(configuration(account("a", *secrets)), ENVIRONMENT)


def test_ingress_settings_no_enabled_account_is_refused() -> None:
    """There would be nothing to receive."""
    with pytest.raises(ConfigurationError, match="no account is enabled"):
        ingress_settings(configuration(account("a", "s", enabled=False)), ENVIRONMENT)


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ([{}], "INFO"),
        ([{"log_level": "verbose"}], "DEBUG"),
        ([{"debug": True, "log_level": "error"}], "DEBUG"),
        ([{"log_level": "error"}, {"log_level": "warning"}], "WARNING"),
    ],
)
def test_ingress_settings_log_level_is_the_most_talkative_accounts(levels: list[dict[str, Any]], level: str) -> None:
    """One process logs for all accounts: nobody misses what they asked for."""
    accounts = [account(f"a{number}", f"s{number}", **more) for number, more in enumerate(levels)]
    assert ingress_settings(configuration(*accounts), ENVIRONMENT).log_level == level


def test_ingress_settings_repr_hides_secrets() -> None:
    """Settings that are printed do not tell them."""
    assert "geheim" not in repr(ingress_settings(configuration(account("a", "geheim")), ENVIRONMENT))
