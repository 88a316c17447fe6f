"""What the clients of all accounts share: the session, where Zoom is, what its plan allows, clocks and figures."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from processors.zoom.api.limits import ZoomPlan
from processors.zoom.api.login_store import LoginStore
from processors.zoom.api.metrics import ZoomMetrics
from runtime.tls import outward_tls

TOTAL_TIMEOUT_SECONDS = 30.0
"""For one request, from waiting for a connection to the last byte."""


@dataclass(frozen=True, slots=True)
class ClientSetup:
    """Made once, by whoever makes the clients."""

    session: aiohttp.ClientSession
    """Closed by its owner."""
    plan: ZoomPlan
    """Decides the rate limits."""
    oauth_base_url: str
    """``https://zoom.us``, or a sandbox."""
    metrics: ZoomMetrics
    api_base_url: str | None = None
    """With its version; ``None`` unless the operator set it: then the token's `api_url` counts."""
    logins: LoginStore | None = None
    """People's logins; needed for accounts with `oauth: user` alone."""
    allowances: Path | None = None
    """Where the processes of this machine share what accounts may call; ``None``: this one is alone."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    jitter: Callable[[], float] = random.random
    """A number in [0, 1)."""
    timeout_seconds: float = TOTAL_TIMEOUT_SECONDS
    """For one request."""
    tls: ssl.SSLContext = field(default_factory=outward_tls)

    @property
    def timeout(self) -> aiohttp.ClientTimeout:
        """As aiohttp has it."""
        return aiohttp.ClientTimeout(total=self.timeout_seconds)
