"""User-level OAuth: access tokens from a person's login, renewed with refresh tokens that change each time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from processors.zoom.api.errors import GrantRefusedError
from processors.zoom.api.login_store import Login, Vault
from processors.zoom.api.oauth import RENEW_BEFORE_SECONDS, Token
from processors.zoom.api.token_service import REFUSED_WAIT_SECONDS, TokenService
from schemas.errors import ConfigurationError, RetryLaterError

log = logging.getLogger(__name__)


class UserGrant:
    """The stored login of one account (`oauth.Grant`)."""

    def __init__(self, service: TokenService, vault: Vault, *, clock: Callable[[], float]) -> None:
        self._service = service
        self._vault = vault
        self._clock = clock
        self._unsaved: Login | None = None

    async def token(self, refused: Token | None) -> Token:
        """See `Grant.token`. Another process may have renewed the login: what is stored is tried first."""
        # Once Zoom has answered, the old refresh token is dead: a caller that gives up must not end what saves the new.
        return await asyncio.shield(asyncio.ensure_future(self._locked_token(refused)))

    def drop(self, before: float) -> bool:
        """Forget a login of before this instant (seconds since 1970); false when there is none.

        Raises:
            ConfigurationError: the file cannot be read or removed.
        """
        account_id = self._service.account_id
        with self._vault.locked(account_id):
            login = self._vault.read(account_id)
            if login is None or login.logged_in_at > before:
                return False
            self._unsaved = None
            return self._vault.delete(account_id)

    async def _locked_token(self, refused: Token | None) -> Token:
        lock = self._vault.locked(self._service.account_id)
        try:
            await asyncio.to_thread(lock.__enter__)
            try:
                return await self._token(refused)
            finally:
                lock.__exit__(None, None, None)
        except ConfigurationError as error:
            raise RetryLaterError(str(error), after_seconds=REFUSED_WAIT_SECONDS) from error

    async def _token(self, refused: Token | None) -> Token:
        if self._unsaved is not None:
            return self._saved(self._unsaved)
        account_id = self._service.account_id
        login = self._vault.read(account_id)
        if login is None:
            raise RetryLaterError(
                f"nobody is logged in to Zoom account {account_id}; run `rollcall zoom login`",
                after_seconds=REFUSED_WAIT_SECONDS,
            )
        token = login.token()
        is_refused = refused is not None and refused.secret == token.secret
        if not is_refused and self._clock() < token.ends_at - RENEW_BEFORE_SECONDS:
            return token
        return self._saved(await self._renewed(login))

    async def _renewed(self, login: Login) -> Login:
        old = login.refresh_token.get_secret_value()
        try:
            token, fields = await self._service.grant({"grant_type": "refresh_token", "refresh_token": old})
        except GrantRefusedError as error:
            if error.error == "invalid_grant":
                # It will never work again, and Zoom disables apps that fail too often.
                self._vault.delete(login.account_id)
            message = f"{error}: run `rollcall zoom login`"
            log.error(message)  # noqa: TRY400 (the message says all; the trace is no use to an operator)
            raise RetryLaterError(message, after_seconds=REFUSED_WAIT_SECONDS) from error
        new = fields.get("refresh_token")
        return Login.of(login.account_id, token, new if isinstance(new, str) else old, login.logged_in_at)

    def _saved(self, login: Login) -> Token:
        """The token, which is used only once the refresh token beside it is on disk."""
        self._unsaved = login
        self._vault.write(login)
        self._unsaved = None
        return login.token()
