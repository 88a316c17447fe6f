"""One account's Zoom REST API as typed calls."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp
from typing_extensions import override

from processors.zoom.api import requests
from processors.zoom.api.allowance_file import AllowanceFile
from processors.zoom.api.api import ZoomReader
from processors.zoom.api.budget import Budget
from processors.zoom.api.limits import ZoomPlan
from processors.zoom.api.login_store import LoginStore
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.oauth import Grant, Token, TokenSource
from processors.zoom.api.paging import Pager, row_key
from processors.zoom.api.requests import RegistrantStatus, Request, UserStatus
from processors.zoom.api.token_service import ServerGrant, TokenService
from processors.zoom.api.transport import Transport
from processors.zoom.api.user_grant import UserGrant
from runtime.models import ZoomAccount
from runtime.outcome import NoAnswer
from runtime.tls import outward_tls
from schemas.attendance import ObjectType
from schemas.lookups import ZoomRow
from schemas.priority import Priority

TOTAL_TIMEOUT_SECONDS = 30.0
"""For one request, from waiting for a connection to the last byte."""

_REGISTRANT_STATUSES: tuple[RegistrantStatus, ...] = ("pending", "approved", "denied")
"""Zoom lists one status at a time, and only approved ones unless told. Read in this order, so that somebody who is
decided upon in the meantime is met again in the later list, and the later row counts."""
_USER_STATUSES: tuple[UserStatus, ...] = ("pending", "inactive", "active")
"""As above: whoever accepts an invitation in the meantime is met again as active."""


class ZoomClient(ZoomReader):
    """Implements `processors.zoom.api.api.ZoomReader`."""

    def __init__(
        self,
        account: ZoomAccount,
        session: aiohttp.ClientSession,
        plan: ZoomPlan,
        api_base_url: str | None,
        oauth_base_url: str,
        metrics: ZoomMetrics,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        timeout_seconds: float = TOTAL_TIMEOUT_SECONDS,
        logins: LoginStore | None = None,
        grant: Grant | None = None,
        allowances: Path | None = None,
        priority: Priority = "live",
    ) -> None:
        """Compose the parts; nothing is sent yet.

        Args:
            account: with `client_id` and `client_secret`.
            session: shared, closed by its owner.
            plan: decides the rate limits.
            api_base_url: with its version; ``None`` unless the operator set it: then the token's `api_url` counts.
            oauth_base_url: ``https://zoom.us``, or a sandbox.
            metrics: shared.
            clock: seconds since 1970.
            jitter: a number in [0, 1).
            timeout_seconds: for one request.
            logins: people's logins; needed for accounts with `oauth: user` alone.
            grant: where tokens come from, if not from where the account says.
            allowances: the folder where the processes of this machine share what accounts may call; ``None``: alone.
            priority: of all calls, until `at` says otherwise.

        Raises:
            ConfigurationError: the account has no client id or secret.
        """
        tls = outward_tls()
        timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        service = TokenService(account, session, oauth_base_url, metrics, clock=clock, tls=tls, timeout=timeout)
        self._login: UserGrant | None = None
        if grant is None and account.oauth == "user":
            assert logins is not None, "whoever reads `oauth: user` has read where logins are kept"
            self._login = UserGrant(service, logins, clock=clock)
        self._tokens = TokenSource(grant or self._login or ServerGrant(service, clock=clock), clock=clock)
        self._transport = Transport(
            session,
            self._tokens,
            Budget(
                plan,
                metrics,
                AllowanceFile(allowances, account.account_id),
                account_id=account.account_id,
                clock=clock,
                random=jitter,
            ),
            metrics,
            api_base_url=api_base_url,
            clock=clock,
            tls=tls,
            timeout=timeout,
        )
        self._pager = Pager(self._transport, metrics)
        self._priority: Priority = priority

    @override
    def at(self, priority: Priority) -> ZoomClient:
        """It shares everything with this one."""
        other = copy.copy(self)
        other._priority = priority  # noqa: SLF001 (of its own kind)
        return other

    @override
    async def granted_scopes(self) -> frozenset[str] | NoAnswer:
        token = await self._tokens.current()
        return token if isinstance(token, NoAnswer) else token.scopes

    @override
    async def details(
        self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None
    ) -> ZoomRow | NoAnswer:
        return await self.one(requests.details(object_type, object_id, occurrence_id))

    @override
    async def registrants(
        self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None
    ) -> list[ZoomRow] | NoAnswer:
        return await self._of_every_status(
            {
                status: requests.registrants(object_type, object_id, status, occurrence_id)
                for status in _REGISTRANT_STATUSES
            }
        )

    @override
    async def panelists(self, webinar_id: str) -> list[ZoomRow] | NoAnswer:
        return await self.rows(requests.panelists(webinar_id))

    @override
    async def users(self) -> list[ZoomRow] | NoAnswer:
        return await self._of_every_status({status: requests.users(status) for status in _USER_STATUSES})

    @override
    async def past_meeting(self, uuid: str) -> ZoomRow | NoAnswer:
        return await self.one(requests.past_meeting(uuid))

    @override
    async def report(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        return await self.rows(requests.report(object_type, uuid))

    @override
    async def absentees(self, uuid: str) -> list[ZoomRow] | NoAnswer:
        return await self.rows(requests.absentees(uuid))

    @override
    async def polls(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        return await self.rows(requests.poll_report(object_type, uuid))

    @override
    async def questions(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        return await self.rows(requests.question_report(object_type, uuid))

    @override
    async def recordings(self, uuid: str) -> ZoomRow | NoAnswer:
        return await self.one(requests.recordings(uuid))

    async def one(self, request: Request) -> ZoomRow | NoAnswer:
        """The answer of an endpoint without a list; empty where Zoom answers nothing."""
        page = await self._transport.call(request, self._priority)
        return page if isinstance(page, NoAnswer) else page.fields

    async def rows(self, request: Request) -> list[ZoomRow] | NoAnswer:
        """All rows of an endpoint with a list, each once; nothing of a list that broke off."""
        return await self._pager.rows(request, self._priority)

    async def token(self) -> Token | NoAnswer:
        """The access token that calls are made with, renewed when it is due: for those who look at its scopes."""
        return await self._tokens.current()

    @override
    def drop_login(self, before: float) -> bool:
        self._tokens.forget()
        return self._login is not None and self._login.drop(before)

    async def _of_every_status(self, of_status: Mapping[str, Request]) -> list[ZoomRow] | NoAnswer:
        rows: dict[bytes, ZoomRow] = {}
        for status, request in of_status.items():
            found = await self.rows(request)
            if isinstance(found, NoAnswer):
                return found
            rows.update(
                (row_key(request.endpoint, row), {**row, "status": row.get("status") or status}) for row in found
            )
        return list(rows.values())
