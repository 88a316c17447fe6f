"""Who asks: by the cookie of a sign-in, or by the header of a proxy that is believed. Only names are logged."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from typing import Literal

from aiohttp import web

from console.attempts import Attempts
from console.password_file import PasswordFile
from console.passwords import LONGEST_PASSWORD, NOBODY, Account, verify
from console.signed_in import LASTS_SECONDS, SignedIn, form_token, is_token
from runtime.addresses import client_of, is_within, network_of
from runtime.environment import ConsoleEnvironment
from schemas.errors import ConfigurationError

log = logging.getLogger(__name__)

_LONGEST_NAME = 200
SignInRefusal = Literal["wrong", "no_accounts", "unusable_file"]


class Gate:
    """Lets people in, and knows them again."""

    def __init__(
        self, told: ConsoleEnvironment, passwords: PasswordFile, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._told = told
        self._passwords = passwords
        self._clock = clock
        self._attempts = Attempts()
        self._signed_in = SignedIn()
        self._secret = secrets.token_bytes(32)
        self._one_at_a_time = asyncio.Lock()
        self._is_secure = told.url.startswith("https://")
        self._cookie = "__Host-rollcall" if self._is_secure else "rollcall"

    def account(self, request: web.Request) -> Account | None:
        """Who asks, if they are known."""
        if self._told.trusted_header and (name := self._named_by_proxy(request)):
            return Account(name, "operator" if name in self._told.operators else "reader", "")
        held = self._signed_in.account(self._word(request), self._clock())
        # Whoever has left, or has another password or role, signs in anew.
        return held if held is not None and self._accounts().get(held.name) == held else None

    def token(self, request: web.Request, new_word: str = "") -> str:
        """For the forms of a page; `new_word` is what the browser is given with it, if it is."""
        return form_token(self._secret, new_word or self._word(request))

    def is_ours(self, request: web.Request, brought: str) -> bool:
        """Whether a form comes from one of our pages in the same browser."""
        return is_token(self._secret, self._word(request), brought)

    def greet(self, request: web.Request) -> str:
        """The word of a browser that has none yet, to be put into its cookie; empty: it has one."""
        return "" if self._word(request) else secrets.token_urlsafe(32)

    def set_word(self, response: web.StreamResponse, word: str) -> None:
        """Give the browser its word."""
        response.set_cookie(
            self._cookie, word, max_age=round(LASTS_SECONDS), path="/", httponly=True, samesite="Strict",
            secure=self._is_secure,
        )  # fmt: skip

    def wait_seconds(self, request: web.Request, name: str) -> int:
        """Count an attempt; how long to wait where there were too many."""
        client = client_of(request.remote or "", request.headers.getall("X-Forwarded-For", []), self._told.proxies)
        return self._attempts.claim(name, network_of(client), self._clock())

    async def sign_in(self, name: str, password: str) -> tuple[str, SignInRefusal | None]:
        """The new word of whoever has proved who they are, or why not; an unknown name takes as long as a known one."""
        try:
            accounts = self._passwords.accounts()
        except ConfigurationError as error:
            log.error("password file unusable", extra={"reason": str(error)})  # noqa: TRY400 (not a bug)
            return "", "unusable_file"
        if not accounts:
            return "", "no_accounts"
        account = accounts.get(name)
        async with self._one_at_a_time:  # each takes 32 MiB and 0.1 s of a core
            hashed = account.hashed if account else NOBODY
            is_right = await asyncio.to_thread(verify, password[: LONGEST_PASSWORD + 1], hashed)
        if account is None or not is_right:
            log.warning("sign-in refused", extra={"account": account.name if account else "unknown"})
            return "", "wrong"
        self._attempts.succeeded(name)
        word = secrets.token_urlsafe(32)
        self._signed_in.add(word, account, self._clock())
        log.info("signed in", extra={"account": account.name, "role": account.role})
        return word, None

    def sign_out(self, request: web.Request, response: web.StreamResponse) -> None:
        """End the sign-in of this browser."""
        self._signed_in.remove(self._word(request))
        response.del_cookie(self._cookie, path="/", httponly=True, samesite="Strict", secure=self._is_secure)

    @property
    def has_accounts(self) -> bool:
        """Whether somebody could sign in, as far as the file can be read."""
        return bool(self._accounts())

    def _accounts(self) -> dict[str, Account]:
        try:
            return dict(self._passwords.accounts())
        except ConfigurationError:
            return {}

    def _word(self, request: web.Request) -> str:
        return request.cookies.get(self._cookie, "")

    def _named_by_proxy(self, request: web.Request) -> str:
        if not is_within(request.remote or "", self._told.proxies):
            return ""
        named = request.headers.getall(self._told.trusted_header, [])
        # Two of them: the proxy let one through that somebody else wrote.
        return named[0].strip().lower()[:_LONGEST_NAME] if len(named) == 1 else ""
