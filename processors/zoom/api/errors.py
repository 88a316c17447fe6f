"""Errors of the Zoom client: kinds of those of `schemas.errors`, with what Zoom said. PURE."""

from __future__ import annotations

from typing import Literal

from schemas.errors import DeadLetterError, RetryLaterError, RollcallError


class ZoomRefusedError(DeadLetterError):
    """Zoom will not answer this request, however often it is asked.

    Attributes:
        outcome: `missing` when Zoom says that there is none, else `unavailable`.
        detail: Zoom's code and message, and the scopes that the app lacks.
    """

    def __init__(self, endpoint: str, *, outcome: Literal["missing", "unavailable"], detail: str) -> None:
        super().__init__(f"Zoom refuses {endpoint}: {detail}")
        self.outcome = outcome
        self.detail = detail


class PageExpiredError(RetryLaterError):
    """A `next_page_token` is older than Zoom keeps it: begin again at page one."""


class GrantRefusedError(RollcallError):
    """Zoom's token service refuses a grant, however often it is asked.

    Attributes:
        error: OAuth's word for it, `invalid_grant` or `invalid_client`; ``""`` when it gives none.
    """

    def __init__(self, account_id: str, status: int, error: str) -> None:
        super().__init__(f"Zoom refuses a token for account {account_id} (HTTP {status}, {error or 'no reason'})")
        self.error = error
