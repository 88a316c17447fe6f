"""Tokens of the sandbox: access tokens, and page tokens that are bound to their query."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sandbox.zoom.errors import ZoomError, invalid_field


class AccessTokens:
    """Bearer tokens with a life of `seconds`; with `single`, a new one ends the one before (as Zoom did in 2022)."""

    def __init__(self, seconds: int, *, single: bool = False) -> None:
        self._seconds = seconds
        self._single = single
        self._ends_at: dict[str, float] = {}

    def issue(self, now: float) -> str:
        """A new token."""
        if self._single:
            self._ends_at.clear()
        token = secrets.token_urlsafe(48)
        self._ends_at[token] = now + self._seconds
        return token

    def revoke(self, token: str) -> bool:
        """Ends a token; false when there was none."""
        return self._ends_at.pop(token, None) is not None

    def expire_all(self) -> None:
        """Every token given out counts as expired from now on."""
        self._ends_at = dict.fromkeys(self._ends_at, 0.0)

    def check(self, authorization: str | None, now: float) -> None:
        """Accepts a known, unexpired bearer token. Raises ``ZoomError`` 401/124."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or token not in self._ends_at:
            raise ZoomError(401, 124, "Invalid access token.")
        if now >= self._ends_at[token]:
            raise ZoomError(401, 124, "Access token is expired.")


@dataclass
class _Page:
    query: tuple[str, ...]
    offset: int
    ends_at: float


class PageTokens:
    """`next_page_token`s: each belongs to one query and lives `seconds` (15 min at Zoom)."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._pages: dict[str, _Page] = {}

    def issue(self, query: tuple[str, ...], offset: int, now: float) -> str:
        """A token for the rows from `offset` on."""
        token = secrets.token_urlsafe(26)
        self._pages[token] = _Page(query, offset, now + self._seconds)
        return token

    def expire_all(self) -> None:
        """Every page token given out counts as expired from now on."""
        for page in self._pages.values():
            page.ends_at = 0.0

    def offset(self, token: str, query: tuple[str, ...], now: float) -> int:
        """Where the page begins. Raises ``ZoomError`` 400/300 for an unknown, expired or foreign token."""
        page = self._pages.get(token)
        if page is None or now >= page.ends_at or page.query != query:
            raise invalid_field("next_page_token", "The next page token is invalid or expired.")
        return page.offset
