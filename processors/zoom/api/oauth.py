"""One account's access token: fetched by one caller at a time, renewed before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from typing_extensions import override

from runtime.outcome import NoAnswer, Outcome

# https://developers.zoom.us/docs/internal-apps/s2s-oauth/, checked 2026-11-21: a token lives an hour.
RENEW_BEFORE_SECONDS = 300.0
DEFAULT_LIFE_SECONDS = 3_600.0
LONGEST_LIFE_SECONDS = 86_400.0
DEFAULT_API_URL = "https://api.zoom.us"


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """One access token and what came with it."""

    secret: str = field(repr=False)
    ends_at: float
    """Seconds since 1970."""
    scopes: frozenset[str]
    api_url: str
    """Where this account's API is, without the version: ``https://api.zoom.us``."""


class Grant(Protocol):
    """Where access tokens come from."""

    async def token(self, refused: Token | None) -> Token | NoAnswer:
        """A new one, or one that is kept and good for a while, but never `refused`; or why there is none now."""


class OneToken(Grant):
    """A token that is at hand and not renewed (`Grant`): for what is asked before a login is stored."""

    def __init__(self, token: Token) -> None:
        self._token = token

    @override
    async def token(self, refused: Token | None) -> Token | NoAnswer:
        if refused is not None:
            return NoAnswer(Outcome.PARK, "Zoom does not accept the token that it has just given; begin anew")
        return self._token


def read_token(fields: dict[str, Any], now: float, *, encrypted: bool) -> Token:
    """The token of an answer to `POST /oauth/token`; `encrypted` when that answer came over TLS."""
    api_url = str(fields.get("api_url") or DEFAULT_API_URL).rstrip("/")
    if encrypted and not api_url.startswith("https://"):
        api_url = DEFAULT_API_URL  # a token never travels in the clear because an answer says so
    return Token(
        secret=fields["access_token"],
        ends_at=now + _life_seconds(fields.get("expires_in")),
        scopes=frozenset(str(fields.get("scope") or "").replace(",", " ").split()),
        api_url=api_url,
    )


def _life_seconds(told: object) -> float:
    # What is no sensible time would have each call fetch a token of its own, or keep one for ever.
    if isinstance(told, int | float) and 0 < told <= LONGEST_LIFE_SECONDS:
        return float(told)
    return DEFAULT_LIFE_SECONDS


class TokenSource:
    """One account's token, shared by all calls of the process."""

    def __init__(self, grant: Grant, *, clock: Callable[[], float]) -> None:
        """Nothing is fetched before it is needed.

        Args:
            grant: where tokens come from.
            clock: seconds since 1970.
        """
        self._grant = grant
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._failures = 0
        self._failure: NoAnswer | None = None

    async def current(self, refused: Token | None = None) -> Token | NoAnswer:
        """A token that should work; callers that come while one is fetched wait for it and share what comes of it.

        Args:
            refused: the token that Zoom has just refused with code 124. It is replaced, unless somebody else already
                did so.
        """
        failures = self._failures
        async with self._lock:
            token = self._token if self._token is not refused else None
            if token is not None and self._clock() < token.ends_at - RENEW_BEFORE_SECONDS:
                return token
            if self._failures != failures and self._failure is not None and token is None:
                return self._failure
            granted = await self._grant.token(refused)
            if isinstance(granted, Token):
                self._token, self._failure = granted, None
                return granted
            self._failures += 1
            self._failure = granted
            return token if token is not None and self._clock() < token.ends_at else granted

    def forget(self) -> None:
        """The next call needs a new token."""
        self._token = None
