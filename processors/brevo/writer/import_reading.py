"""Reads what Brevo holds of the members of a batch, all contacts in pages, where that is cheap."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any, TypeGuard

from processors.brevo.decisions.imports import PAGE_CONTACTS, Member, asks_brevo, may_be_deleted, worth_reading
from processors.brevo.decisions.upsert import after_read
from processors.brevo.decisions.wanted import Known
from processors.brevo.writer.tools import WriterTools


class ImportReading:
    """Of members whose state is not known.

    Args:
        deletions_told: Brevo's webhook is set up, so that contacts deleted there are known.
    """

    def __init__(self, tools: WriterTools, *, deletions_told: bool) -> None:
        self._api = tools.api
        self._asker = tools.asker
        self._deletions_told = deletions_told

    async def known(self, members: list[Member]) -> list[Member]:
        """The members with what Brevo holds of them, where that is not known and all of it is cheap to read."""
        asking = {member.wanted.email.lower(): member for member in members if self._asks(member)}
        if not asking:
            return members
        found: dict[str, Known] = {}
        offset, total = 0, 0
        while True:
            answer = await self._asker.ask("contacts", partial(self._api.read_contacts, offset))
            body = answer.body if isinstance(answer.body, dict) else {}
            page, count = body.get("contacts"), body.get("count")
            if not isinstance(page, list) or not isinstance(count, int) or count < total:
                # Some were deleted meanwhile: who is missing from the pages may have slipped through.
                return _with_known(members, found)
            total = count
            if not worth_reading(len(asking), total):
                return members
            for row in filter(_is_contact, page):
                member = asking.get(str(row.get("email")).lower())
                if member is not None:
                    found[member.contact] = after_read(member.wanted, row)
            offset += PAGE_CONTACTS
            if offset >= total:
                return _with_known(members, found, absent=asking)

    def _asks(self, member: Member) -> bool:
        return asks_brevo(member) or may_be_deleted(member, deletions_told=self._deletions_told)


def _is_contact(row: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(row, dict)


def _with_known(members: list[Member], found: dict[str, Known], absent: Collection[str] = ()) -> list[Member]:
    """The members with what was read; of `absent`, addresses in lower case, who was not found does not exist."""
    gone = Known(exists=False)
    return [
        replace(member, known=found.get(member.contact, gone), was_read=True)
        if member.contact in found or member.wanted.email.lower() in absent
        else member
        for member in members
    ]
