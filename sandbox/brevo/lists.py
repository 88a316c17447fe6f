"""Lists in folders, and who is on them. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.brevo.answers import invalid, not_found

_PREPARED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When lists that the account had from the start were made."""


@dataclass(slots=True)
class ContactList:
    """One list; `members` are contact ids in order of joining."""

    id: int
    name: str
    folder_id: int
    created_at: datetime = _PREPARED_AT
    members: dict[int, None] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """As Brevo lists it: two of the three counts are always 0 today."""
        return {
            "id": self.id,
            "name": self.name,
            "folderId": self.folder_id,
            "uniqueSubscribers": len(self.members),
            "totalSubscribers": 0,
            "totalBlacklisted": 0,
        }

    def details(self) -> dict[str, Any]:
        """As Brevo shows one list alone (developers.brevo.com/reference/getlist, checked 2026-11-27)."""
        return {
            **self.shown(),
            "createdAt": self.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "campaignStats": [],
            "dynamicList": False,
        }


class ListBook:
    """All lists and folders; a list's id counts on from the largest."""

    def __init__(self) -> None:
        self.folders: dict[int, str] = {1: "Your first folder"}
        self._lists: dict[int, ContactList] = {}

    def create(self, name: str, folder_id: int, *, list_id: int | None = None, now: datetime = _PREPARED_AT) -> int:
        """Add a list; `list_id` is the sandbox's own way to prepare one."""
        if folder_id not in self.folders:
            raise not_found("Folder ID does not exist")
        number = list_id if list_id is not None else max(self._lists, default=0) + 1
        self._lists[number] = ContactList(number, name, folder_id, now)
        return number

    def create_folder(self, name: str, *, folder_id: int | None = None) -> int:
        """Add a folder."""
        number = folder_id if folder_id is not None else max(self.folders, default=0) + 1
        self.folders[number] = name
        return number

    def rename_folder(self, folder_id: int, name: str) -> None:
        """Give a folder another name."""
        self.check_folder(folder_id)
        self.folders[folder_id] = name

    def remove_folder(self, folder_id: int) -> list[ContactList]:
        """Forget a folder with its lists, and return these."""
        self.check_folder(folder_id)
        del self.folders[folder_id]
        return [
            self.remove(contact_list.id)
            for contact_list in list(self._lists.values())
            if contact_list.folder_id == folder_id
        ]

    def check_folder(self, folder_id: int) -> None:
        """Raise unless the folder exists."""
        if folder_id not in self.folders:
            raise not_found("Folder ID does not exist")

    def get(self, list_id: int) -> ContactList:
        """One list, or 404."""
        try:
            return self._lists[list_id]
        except KeyError:
            raise not_found("List ID not found") from None

    def change(self, list_id: int, *, name: str | None, folder_id: int | None) -> None:
        """Rename or move."""
        found = self.get(list_id)
        if folder_id is not None:
            self.check_folder(folder_id)
            found.folder_id = folder_id
        found.name = name or found.name

    def remove(self, list_id: int) -> ContactList:
        """Forget a list and return it: its members still name it."""
        found = self.get(list_id)
        del self._lists[list_id]
        return found

    def check(self, list_ids: list[int]) -> None:
        """Refuse a write that names a list that does not exist.

        Brevo's answer to it is not known; the sandbox refuses, so that a wrong id shows.
        """
        for list_id in list_ids:
            if list_id not in self._lists:
                raise invalid(f"List ID {list_id} does not exist")

    def all(self, folder_id: int | None = None) -> list[ContactList]:
        """Ordered by id."""
        chosen = [
            contact_list
            for contact_list in self._lists.values()
            if folder_id is None or contact_list.folder_id == folder_id
        ]
        return sorted(chosen, key=lambda contact_list: contact_list.id)
