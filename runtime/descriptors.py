"""Raises how many descriptors the process may have: each connection takes one, and so does each file of a table."""

from __future__ import annotations

import resource

from runtime.connections import ConnectionLimits

_ENOUGH = 65_536
RESERVED = 256
"""For Kafka, logs, health and metrics: never given to the public endpoint."""


def raise_descriptor_limit() -> int:
    """Raise the soft limit (1,024 under systemd) to the hard one, and return what there is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _ENOUGH if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # macOS has a lower limit of its own
        return soft
    return wanted


def within_descriptors(limits: ConnectionLimits, descriptors: int) -> ConnectionLimits:
    """The limits, with no more connections than leave the reserve to the rest of the process."""
    total = max(1, min(limits.total, descriptors - RESERVED))
    return ConnectionLimits(total, min(limits.per_address, total), limits.header_seconds, limits.idle_seconds)
