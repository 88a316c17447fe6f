"""User-level OAuth: access tokens from a person's login, renewed with refresh tokens that change each time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from typing_extensions import override

from processors.zoom.api.login_store import Login, LoginStore
from processors.zoom.api.oauth import RENEW_BEFORE_SECONDS, Grant, Token
from processors.zoom.api.token_service import REFUSED_WAIT_SECONDS, TokenService
from runtime.outcome import NoAnswer, Outcome
from schemas.errors import ConfigurationError


class UserGrant(Grant):
    """The stored login of one account (`oauth.Grant`)."""

    def __init__(self, service: TokenService, logins: LoginStore, *, clock: Callable[[], float]) -> None:
        self._service = service
        self._logins = logins
        self._clock = clock
        self._unsaved: Login | None = None

    @override
    async def token(self, refused: Token | None) -> Token | NoAnswer:
        """Another process may have renewed the login: what is stored is tried first."""
        # Once Zoom has answered, the old refresh token is dead: a caller that gives up must not end what saves the new.
        return await asyncio.shield(asyncio.ensure_future(self._locked_token(refused)))

    def drop(self, before: float) -> bool:
        """Forget a login of before this instant (seconds since 1970); false when there is none.

        Raises:
            ConfigurationError: the file cannot be read or removed.
        """
        account_id = self._service.account_id
        with self._logins.locked(account_id):
            login = self._logins.read(account_id)
            if login is None or login.logged_in_at > before:
                return False
            self._unsaved = None
            return self._logins.delete(account_id)

    async def _locked_token(self, refused: Token | None) -> Token | NoAnswer:
        lock = self._logins.locked(self._service.account_id)
        try:
            await asyncio.to_thread(lock.__enter__)
            try:
                return await self._token(refused)
            finally:
                lock.__exit__(None, None, None)
        except ConfigurationError as error:
            return NoAnswer(Outcome.PARK, str(error), REFUSED_WAIT_SECONDS)

    async def _token(self, refused: Token | None) -> Token | NoAnswer:
        if self._unsaved is not None:
            return self._saved(self._unsaved)
        account_id = self._service.account_id
        login = self._logins.read(account_id)
        if login is None:
            says = f"nobody is logged in to Zoom account {account_id}; run `rollcall zoom login`"
            return NoAnswer(Outcome.PARK, says, REFUSED_WAIT_SECONDS)
        token = login.token()
        is_refused = refused is not None and refused.secret == token.secret
        if not is_refused and self._clock() < token.ends_at - RENEW_BEFORE_SECONDS:
            return token
        renewed = await self._renewed(login)
        return renewed if isinstance(renewed, NoAnswer) else self._saved(renewed)

    async def _renewed(self, login: Login) -> Login | NoAnswer:
        old = login.refresh_token.get_secret_value()
        granted = await self._service.grant({"grant_type": "refresh_token", "refresh_token": old})
        if isinstance(granted, NoAnswer):
            if granted.code == "invalid_grant":
                # It will never work again, and Zoom disables apps that fail too often.
                self._logins.delete(login.account_id)
            parked = granted.outcome is Outcome.PARK
            return replace(granted, says=f"{granted.says}: run `rollcall zoom login`") if parked else granted
        token, fields = granted
        new = fields.get("refresh_token")
        return Login.of(login.account_id, token, new if isinstance(new, str) else old, login.logged_in_at)

    def _saved(self, login: Login) -> Token:
        """The token, which is used only once the refresh token beside it is on disk."""
        self._unsaved = login
        self._logins.write(login)
        self._unsaved = None
        return login.token()
