"""Zoom's token service as one app of one account uses it: grants and revocation."""

from __future__ import annotations

import base64
import logging
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from yarl import URL

from processors.zoom.api.body import parse_body
from processors.zoom.api.errors import GrantRefusedError
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.oauth import Token, read_token
from processors.zoom.api.retry_after import told_seconds
from runtime.answers import read_answer
from runtime.models import ZoomAccount
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.instants import as_datetime

REFUSED_WAIT_SECONDS = 300.0
"""Pause after refused credentials: a person has to act, and Zoom disables apps that fail too often."""

log = logging.getLogger(__name__)
Fields = dict[str, Any]


class TokenService:
    """`/oauth/token` and `/oauth/revoke` with the app's credentials."""

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
        """Nothing is sent yet. Raises `ConfigurationError` when the account has no client id or secret."""
        if not account.client_id or account.client_secret is None or not account.client_secret.get_secret_value():
            raise ConfigurationError(
                f"connectors.zoom: account {account.account_id} has no client_id or no client_secret; "
                "set both (Zoom Marketplace, your app, App Credentials)"
            )
        self.account_id = account.account_id
        self.client_id = account.client_id
        pair = f"{account.client_id}:{account.client_secret.get_secret_value()}"
        self._authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
        self._session = session
        self._base = URL(oauth_base_url.rstrip("/"))
        self._metrics = metrics
        self._clock = clock
        self._tls = tls
        self._timeout = timeout

    async def grant(self, form: Mapping[str, str]) -> tuple[Token, Fields]:
        """The token of a grant, and all of Zoom's answer.

        Raises:
            GrantRefusedError: Zoom refuses this grant; a person has to act.
            RetryLaterError: the service does not answer, or not now.
        """
        try:
            status, header, fields = await self._post("token", form)
        except RetryLaterError:
            self._metrics.tokens.labels("failed").inc()
            raise
        if status == 200 and _is_token(fields.get("access_token")):
            self._metrics.tokens.labels("fetched").inc()
            return read_token(fields, self._clock(), encrypted=self._base.scheme == "https"), fields
        if status in (408, 425, 429) or not 400 <= status < 500:
            self._metrics.tokens.labels("failed").inc()
            told = told_seconds(header, as_datetime(int(self._clock())))
            raise RetryLaterError(
                f"no token for Zoom account {self.account_id}: HTTP {status}, try again later", after_seconds=told
            )
        self._metrics.tokens.labels("refused").inc()
        raise GrantRefusedError(self.account_id, status, _word(fields.get("error")))

    async def revoke(self, token: str) -> bool:
        """End a token; false when Zoom did not know it. Raises `RetryLaterError` when that cannot be told."""
        status, _, fields = await self._post("revoke", {"token": token})
        if status == 200:
            return True
        if 400 <= status < 500 and fields.get("error") in ("invalid_grant", "invalid_request"):
            return False
        raise RetryLaterError(f"Zoom did not revoke the token of account {self.account_id}: HTTP {status}")

    async def _post(self, what: str, form: Mapping[str, str]) -> tuple[int, str | None, Fields]:
        try:
            async with self._session.post(
                self._base / "oauth" / what,
                data=form,
                headers={"Authorization": self._authorization},
                allow_redirects=False,
                ssl=self._tls,
                timeout=self._timeout,
            ) as response:
                body = parse_body(await read_answer(response))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise RetryLaterError(f"no token for Zoom account {self.account_id}: {type(error).__name__}") from error
        return response.status, response.headers.get("Retry-After"), body if isinstance(body, dict) else {}


def _is_token(said: object) -> bool:
    return isinstance(said, str) and said.isascii() and said.isprintable() and " " not in said and bool(said)


def _word(said: object) -> str:
    return said[:60] if isinstance(said, str) else ""


class ServerGrant:
    """Server-to-server OAuth: a token for the asking (`oauth.Grant`)."""

    def __init__(self, service: TokenService) -> None:
        self._service = service

    async def token(self, refused: Token | None) -> Token:  # noqa: ARG002 (a new one each time)
        """See `Grant.token`."""
        form = {"grant_type": "account_credentials", "account_id": self._service.account_id}
        try:
            token, _ = await self._service.grant(form)
        except GrantRefusedError as error:
            message = (
                f"{error}: check account_id, client_id and client_secret in connectors.zoom, and that the app is "
                "activated; then restart"
            )
            log.error(message)  # noqa: TRY400 (the message says all; the trace is no use to an operator)
            raise RetryLaterError(message, after_seconds=REFUSED_WAIT_SECONDS) from error
        return token
