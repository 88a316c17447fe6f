"""Which kinds of sessions are synced, of which account: `connectors.zoom.sync`. PURE."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.section import Section
from schemas.attendance import ObjectType


class Sync(Section):
    """Of one account."""

    participants: bool = True
    """Meetings."""
    webinars: bool = True
    recordings: bool = True

    def covers(self, object_type: ObjectType) -> bool:
        """Whether sessions of the type are synced."""
        return self.webinars if object_type == "webinar" else self.participants


class AccountSyncs:
    """Of all accounts, of one that is switched off too: what was heard of it before still counts."""

    def __init__(self, by_account: Mapping[str, Sync]) -> None:
        self._by_account = by_account

    def of(self, account_id: str) -> Sync:
        """Of an account that the file does not name: everything."""
        return self._by_account.get(account_id, _EVERYTHING)


_EVERYTHING = Sync()
