"""Zoom's token service as one app of one account uses it: grants and revocation."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import aiohttp
from typing_extensions import override
from yarl import URL

from processors.zoom.api.oauth import Grant, Token, read_token
from processors.zoom.api.retry_after import told_seconds
from processors.zoom.api.setup import ClientSetup
from runtime.answers import read_answer
from runtime.lenient_json import json_or_none
from runtime.models import ZoomAccount
from runtime.outcome import NoAnswer, Outcome
from schemas.errors import ConfigurationError
from schemas.instants import as_datetime

REFUSED_WAIT_SECONDS = 300.0
"""Pause after refused credentials: a person has to act, and Zoom disables apps that fail too often."""

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    retry_after: str | None
    fields: Fields


class TokenService:
    """`/oauth/token` and `/oauth/revoke` with the app's credentials."""

    def __init__(self, account: ZoomAccount, setup: ClientSetup) -> None:
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
        self._setup = setup
        self._base = URL(setup.oauth_base_url.rstrip("/"))
        self._metrics = setup.metrics
        self._clock = setup.clock

    async def grant(self, form: Mapping[str, str]) -> tuple[Token, Fields] | NoAnswer:
        """The token of a grant, and all of Zoom's answer; or why there is none.

        `PARK`: Zoom refuses this grant, and a person has to act; `code` is OAuth's word for it, such as
        `invalid_grant`.
        """
        reply = await self._post("token", form)
        if isinstance(reply, NoAnswer):
            self._metrics.tokens.labels("failed").inc()
            return reply
        if reply.status == 200 and _is_token(reply.fields.get("access_token")):
            self._metrics.tokens.labels("fetched").inc()
            return read_token(reply.fields, self._clock(), encrypted=self._base.scheme == "https"), reply.fields
        refusal = self._refusal(reply)
        self._metrics.tokens.labels("refused" if refusal.outcome is Outcome.PARK else "failed").inc()
        return refusal

    async def revoke(self, token: str) -> bool | NoAnswer:
        """End a token; false when Zoom did not know it."""
        reply = await self._post("revoke", {"token": token})
        if isinstance(reply, NoAnswer):
            return reply
        if reply.status == 200 and reply.fields:
            return True
        refusal = self._refusal(reply)
        if refusal.code in ("invalid_grant", "invalid_request"):
            return False
        says = f"Zoom did not revoke the token of account {self.account_id}: HTTP {reply.status}"
        return NoAnswer(refusal.outcome, says, code=refusal.code)

    def _refusal(self, reply: _Reply) -> NoAnswer:
        what, error = f"no token for Zoom account {self.account_id}: HTTP {reply.status}", _word(reply.fields)
        if reply.status in (408, 425, 429) or reply.status >= 500:
            outcome = Outcome.PAUSE if reply.status == 429 else Outcome.RETRY
            return NoAnswer(outcome, f"{what}, try again later", told_seconds(reply.retry_after, self._now()))
        if 400 <= reply.status < 500 and error:
            says = f"Zoom refuses a token for account {self.account_id} (HTTP {reply.status}, {error})"
            return NoAnswer(Outcome.PARK, says, REFUSED_WAIT_SECONDS, error)
        says = f"{what}, and not from Zoom: check ZOOM_OAUTH_BASE_URL, and any proxy in between"
        return NoAnswer(Outcome.FOREIGN, says)

    async def _post(self, what: str, form: Mapping[str, str]) -> _Reply | NoAnswer:
        try:
            async with self._setup.session.post(
                self._base / "oauth" / what,
                data=form,
                headers={"Authorization": self._authorization},
                allow_redirects=False,
                ssl=self._setup.tls,
                timeout=self._setup.timeout,
            ) as response:
                body = json_or_none(await read_answer(response))
        except (aiohttp.ClientError, TimeoutError) as error:
            return NoAnswer(Outcome.RETRY, f"no token for Zoom account {self.account_id}: {type(error).__name__}")
        return _Reply(response.status, response.headers.get("Retry-After"), body if isinstance(body, dict) else {})

    def _now(self) -> datetime:
        return as_datetime(int(self._clock()))


def _is_token(said: object) -> bool:
    return isinstance(said, str) and said.isascii() and said.isprintable() and " " not in said and bool(said)


def _word(fields: Fields) -> str:
    """OAuth's `error`, or what Zoom says in its place: only Zoom's own refusals have one of them."""
    said = fields.get("error") or fields.get("reason")
    return said[:60] if isinstance(said, str) else ""


class ServerGrant(Grant):
    """Server-to-server OAuth: a token for the asking (`oauth.Grant`)."""

    def __init__(self, service: TokenService, *, clock: Callable[[], float]) -> None:
        """Nothing is asked yet. `clock`: seconds since 1970."""
        self._service = service
        self._clock = clock
        self._refusal: tuple[float, NoAnswer] | None = None

    @override
    async def token(self, refused: Token | None) -> Token | NoAnswer:
        """Refused credentials are not sent again for a while, however many ask."""
        if self._refusal is not None and (left := self._refusal[0] - self._clock()) > 0:
            return replace(self._refusal[1], after_seconds=left)
        form = {"grant_type": "account_credentials", "account_id": self._service.account_id}
        granted = await self._service.grant(form)
        if not isinstance(granted, NoAnswer):
            self._refusal = None
            return granted[0]
        if granted.outcome is not Outcome.PARK:
            return granted
        says = (
            f"{granted.says}: check account_id, client_id and client_secret in connectors.zoom, and that the app is "
            "activated; then restart"
        )
        refusal = replace(granted, says=says)
        self._refusal = (self._clock() + REFUSED_WAIT_SECONDS, refusal)
        return refusal
