"""Whose request it is, behind proxies and with invented headers."""

from __future__ import annotations

import pytest

from runtime.addresses import client_of, parse_networks
from schemas.errors import ConfigurationError

PROXIES = parse_networks("P", "10.0.0.0/8, 192.0.2.7,fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),  # no proxy of ours: its header is its own invention
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # the client may write what it likes to the left
        ("10.1.2.3", ["6.6.6.6", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("192.0.2.7", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["10.4.4.4, 10.5.5.5"], "10.4.4.4"),
        ("10.1.2.3", ["1.1.1.1," * 10_000 + "198.51.100.1"], "198.51.100.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_client_is_the_last_address_that_is_no_proxy_of_ours(peer: str, forwarded_for: list[str], client: str) -> None:
    """Only a proxy that we know is believed, and only for what it has written itself."""
    assert client_of(peer, forwarded_for, PROXIES) == client


def test_networks_that_are_none_are_told_with_the_variable() -> None:
    """A host part is a slip, too."""
    for text in ("10.0.0.1/8", "proxy.example.com", "10.0.0.0/99"):
        with pytest.raises(ConfigurationError, match=rf"^INGRESS_TRUSTED_PROXIES: `{text}` is no network; write"):
            parse_networks("INGRESS_TRUSTED_PROXIES", f"127.0.0.1, {text}")
    assert parse_networks("INGRESS_TRUSTED_PROXIES", " , ") == ()
