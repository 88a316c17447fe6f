"""Server-to-server access tokens of one account: fetched by one caller at a time, renewed before they end."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from processors.clients.zoom.body import parse_body
from processors.clients.zoom.metrics import ZoomMetrics
from processors.clients.zoom.retry_after import told_seconds
from runtime.models import ZoomAccount
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.instants import as_datetime

# https://developers.zoom.us/docs/internal-apps/s2s-oauth/, checked 2026-11-21: a token lives an hour.
RENEW_BEFORE_SECONDS = 300.0
REFUSED_WAIT_SECONDS = 300.0
"""Pause after refused credentials: a person has to act, and Zoom disables apps that fail too often."""
DEFAULT_API_URL = "https://api.zoom.us"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """One access token and what came with it."""

    secret: str = field(repr=False)
    ends_at: float
    """Seconds since 1970."""
    scopes: frozenset[str]
    api_url: str
    """Where this account's API is, without the version: ``https://api.zoom.us``."""


class TokenSource:
    """One account's token, shared by all calls of the process."""

    def __init__(
        self,
        account: ZoomAccount,
        session: aiohttp.ClientSession,
        oauth_base_url: str,
        metrics: ZoomMetrics,
        *,
        clock: Callable[[], float],
        tls: ssl.SSLContext,
        timeout: aiohttp.ClientTimeout,
    ) -> None:
        if not account.client_id or account.client_secret is None or not account.client_secret.get_secret_value():
            raise ConfigurationError(
                f"connectors.zoom: account {account.account_id} has no client_id or no client_secret; "
                "set both (Zoom Marketplace, your server-to-server OAuth app, App Credentials)"
            )
        self._account_id = account.account_id
        pair = f"{account.client_id}:{account.client_secret.get_secret_value()}"
        self._authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
        self._session = session
        self._url = URL(f"{oauth_base_url.rstrip('/')}/oauth/token")
        self._metrics = metrics
        self._clock = clock
        self._tls = tls
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._failures = 0
        self._failure: RetryLaterError | None = None

    async def current(self, refused: Token | None = None) -> Token:
        """A token that should work; callers that come while one is fetched wait for it and share what comes of it.

        Args:
            refused: the token that Zoom has just refused with code 124. It is replaced, unless somebody else already
                did so.

        Raises:
            RetryLaterError: no token can be had now.
        """
        failures = self._failures
        async with self._lock:
            token = self._token if self._token is not refused else None
            if token is not None and self._clock() < token.ends_at - RENEW_BEFORE_SECONDS:
                return token
            if self._failures != failures and self._failure is not None and token is None:
                raise RetryLaterError(str(self._failure), after_seconds=self._failure.after_seconds)
            try:
                self._token, self._failure = await self._fetch(), None
            except RetryLaterError as error:
                self._failures += 1
                self._failure = error
                if token is not None and self._clock() < token.ends_at:
                    return token
                raise
            return self._token

    async def _fetch(self) -> Token:
        form = {"grant_type": "account_credentials", "account_id": self._account_id}
        try:
            async with self._session.post(
                self._url,
                data=form,
                headers={"Authorization": self._authorization},
                allow_redirects=False,
                ssl=self._tls,
                timeout=self._timeout,
            ) as response:
                status, header = response.status, response.headers.get("Retry-After")
                body = parse_body(await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            self._metrics.tokens.labels("failed").inc()
            raise RetryLaterError(f"no token for Zoom account {self._account_id}: {type(error).__name__}") from error
        fields: dict[str, Any] = body if isinstance(body, dict) else {}
        if status == 200 and isinstance(fields.get("access_token"), str):
            self._metrics.tokens.labels("fetched").inc()
            return self._accept(fields)
        if status in (408, 425, 429) or not 400 <= status < 500:
            self._metrics.tokens.labels("failed").inc()
            told = told_seconds(header, as_datetime(int(self._clock())))
            raise RetryLaterError(
                f"no token for Zoom account {self._account_id}: HTTP {status}, try again later", after_seconds=told
            )
        raise self._refused(status, str(fields.get("error", "")))

    def _accept(self, fields: dict[str, Any]) -> Token:
        seconds = fields.get("expires_in")
        api_url = str(fields.get("api_url") or DEFAULT_API_URL).rstrip("/")
        if self._url.scheme == "https" and not api_url.startswith("https://"):
            api_url = DEFAULT_API_URL  # a token never travels in the clear because an answer says so
        return Token(
            secret=fields["access_token"],
            ends_at=self._clock() + (seconds if isinstance(seconds, int | float) else 3_600),
            scopes=frozenset(str(fields.get("scope") or "").replace(",", " ").split()),
            api_url=api_url,
        )

    def _refused(self, status: int, error: str) -> RetryLaterError:
        self._metrics.tokens.labels("refused").inc()
        message = (
            f"Zoom refuses a token for account {self._account_id} (HTTP {status}, {error[:60] or 'no reason'}): check "
            "account_id, client_id and client_secret in connectors.zoom, and that the app is activated; then restart"
        )
        log.error(message)
        return RetryLaterError(message, after_seconds=REFUSED_WAIT_SECONDS)
