"""One account's Zoom REST API as typed calls."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from typing_extensions import override

from processors.zoom.api import requests
from processors.zoom.api.allowance_file import AllowanceFile
from processors.zoom.api.api import ZoomReader
from processors.zoom.api.budget import Budget
from processors.zoom.api.oauth import Grant, Token, TokenSource
from processors.zoom.api.paging import Pager, row_key
from processors.zoom.api.requests import RegistrantStatus, Request, UserStatus
from processors.zoom.api.setup import ClientSetup
from processors.zoom.api.token_service import ServerGrant, TokenService
from processors.zoom.api.transport import Transport
from processors.zoom.api.user_grant import UserGrant
from runtime.models import ZoomAccount
from runtime.outcome import NoAnswer
from schemas.attendance import ObjectType
from schemas.lookups import ZoomRow
from schemas.priority import Priority

_REGISTRANT_STATUSES: tuple[RegistrantStatus, ...] = ("pending", "approved", "denied")
"""Zoom lists one status at a time, and only approved ones unless told. Read in this order, so that somebody who is
decided upon in the meantime is met again in the later list, and the later row counts."""
_USER_STATUSES: tuple[UserStatus, ...] = ("pending", "inactive", "active")
"""As above: whoever accepts an invitation in the meantime is met again as active."""


class ZoomClient(ZoomReader):
    """Implements `processors.zoom.api.api.ZoomReader`."""

    def __init__(
        self, account: ZoomAccount, setup: ClientSetup, *, grant: Grant | None = None, priority: Priority = "live"
    ) -> None:
        """Compose the parts; nothing is sent yet.

        Args:
            account: with `client_id` and `client_secret`.
            setup: shared with the clients of other accounts.
            grant: where tokens come from, if not from where the account says.
            priority: of all calls, until `at` says otherwise.

        Raises:
            ConfigurationError: the account has no client id or secret.
        """
        service, clock = TokenService(account, setup), setup.clock
        self._login: UserGrant | None = None
        if grant is None and account.oauth == "user":
            assert setup.logins is not None, "whoever reads `oauth: user` has read where logins are kept"
            self._login = UserGrant(service, setup.logins, clock=clock)
        self._tokens = TokenSource(grant or self._login or ServerGrant(service, clock=clock), clock=clock)
        allowance = AllowanceFile(setup.allowances, account.account_id)
        budget = Budget(
            setup.plan,
            setup.metrics.limits,
            allowance,
            account_id=account.account_id,
            clock=clock,
            random=setup.jitter,
        )
        self._transport = Transport(setup, self._tokens, budget)
        self._pager = Pager(self._transport, setup.metrics)
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
