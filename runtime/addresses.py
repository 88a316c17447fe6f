"""Whose request it is: the address of the connection, or the one that a proxy we know names. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from schemas.errors import ConfigurationError

Network = IPv4Network | IPv6Network

_LONGEST_HEADER = 1_000
"""Characters of `X-Forwarded-For` that are looked at, from its end, where the nearest proxy writes."""


def parse_networks(variable: str, text: str) -> tuple[Network, ...]:
    """Networks or single addresses, with commas between them.

    Raises:
        ConfigurationError: one of them is neither.
    """
    found = []
    for part in filter(None, (address.strip() for address in text.split(","))):
        try:
            found.append(ip_network(part))
        except ValueError:
            raise ConfigurationError(
                f"{variable}: `{part}` is no network; write addresses like 10.0.0.7 or networks like 10.0.0.0/8, "
                "with commas between them"
            ) from None
    return tuple(found)


@lru_cache(maxsize=1_024)
def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether the address is in one of the networks; what is no address is in none."""
    parsed = _parsed(address) if networks else None
    return parsed is not None and any(parsed in network for network in networks)


def is_address(text: str) -> bool:
    """Whether it is an IP address, and no name."""
    return _parsed(text) is not None


def client_of(peer: str, forwarded_for: Sequence[str], proxies: tuple[Network, ...]) -> str:
    """The client's address: the last of `X-Forwarded-For` that is none of our proxies'.

    Args:
        peer: the other end of the connection. Unless it is a proxy of ours, the header is its own invention.
        forwarded_for: the header's values, in their order.
        proxies: the networks of ours.
    """
    if not is_within(peer, proxies):
        return peer
    client = peer
    for part in reversed(",".join(forwarded_for)[-_LONGEST_HEADER:].split(",")):
        if _parsed(client := part.strip()) is None:
            return peer
        if not is_within(client, proxies):
            break
    return client


def network_of(address: str) -> str:
    """What one customer has at least: of IPv6 a /64 (RFC 6177, section 2), of IPv4 an address.

    >>> network_of("2001:db8:1:2:3::4"), network_of("192.0.2.7")
    ('2001:db8:1:2::/64', '192.0.2.7')
    """
    parsed = _parsed(address)
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None) or parsed
