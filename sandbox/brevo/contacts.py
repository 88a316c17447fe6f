"""Contacts: identifiers, upsert, update, blocklists, lists. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.brevo.answers import RefusedError, invalid, missing, not_found
from sandbox.brevo.attributes import AttributeBook, StoredValue
from sandbox.brevo.lists import ListBook

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"(?:\+|00)?(\d{6,17})")


@dataclass(slots=True)
class BrevoContact:
    """One person."""

    id: int
    created_at: datetime
    modified_at: datetime
    email: str | None = None
    ext_id: str | None = None
    sms: str | None = None
    attributes: dict[str, StoredValue] = field(default_factory=dict)
    list_ids: set[int] = field(default_factory=set)
    email_blacklisted: bool = False
    sms_blacklisted: bool = False

    def shown(self) -> dict[str, Any]:
        """As Brevo shows it in lists of contacts."""
        attributes = dict(self.attributes)
        if self.sms:
            attributes["SMS"] = self.sms
        return {
            "id": self.id,
            "email": self.email or (f"{self.sms}@mailin-sms.com" if self.sms else None),
            "emailBlacklisted": self.email_blacklisted,
            "smsBlacklisted": self.sms_blacklisted,
            "whatsappBlacklisted": False,
            "createdAt": _milliseconds(self.created_at),
            "modifiedAt": _milliseconds(self.modified_at),
            "listIds": sorted(self.list_ids),
            "listUnsubscribed": [],
            "attributes": attributes,
        }


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What a call wants of a contact; ``None`` leaves as it is."""

    email: str | None = None
    ext_id: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    list_ids: tuple[int, ...] = ()
    unlink_list_ids: tuple[int, ...] = ()
    email_blacklisted: bool | None = None
    sms_blacklisted: bool | None = None


class ContactBook:
    """All contacts of the account, found by id, e-mail, external id and phone."""

    def __init__(self, attributes: AttributeBook, lists: ListBook) -> None:
        self._attributes = attributes
        self._lists = lists
        self._by_id: dict[int, BrevoContact] = {}
        self._index: dict[tuple[str, str], BrevoContact] = {}
        self._latest_id = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self) -> list[BrevoContact]:
        """In order of creation."""
        return list(self._by_id.values())

    def find(self, identifier: str, kind: str | None = None) -> BrevoContact | None:
        """By `identifierType`; without it an e-mail or a numeric id is recognised, nothing else."""
        match kind or ("contact_id" if identifier.isdecimal() else "email_id"):
            case "contact_id":
                return self._by_id.get(int(identifier)) if identifier.isdecimal() else None
            case "email_id":
                return self._index.get(("email", identifier.lower()))
            case "ext_id":
                return self._index.get(("ext_id", identifier))
            case "phone_id":
                return self._index.get(("SMS", phone(identifier) or ""))
        return None

    def get(self, identifier: str, kind: str | None = None) -> BrevoContact:
        """As `find`, or 404."""
        contact = self.find(identifier, kind)
        if contact is None:
            raise not_found("Contact does not exist")
        return contact

    def upsert(self, change: ContactChange, now: datetime, *, update: bool) -> tuple[BrevoContact, bool]:
        """Create, or update when `update`; the second value tells whether it was created.

        Raises:
            RefusedError: bad identifiers, an unknown list, or somebody else has an identifier; nothing is changed.
        """
        wanted = _identifiers(change, creating=True)
        if not wanted:
            raise missing("email is missing")
        self._lists.check(list(change.list_ids))
        owners = {name: owner for name, value in wanted.items() if (owner := self._index.get((name, value)))}
        if not owners:
            self._latest_id += 1
            contact = BrevoContact(self._latest_id, now, now)
            self._by_id[contact.id] = contact
            self._apply(contact, change, wanted, now)
            return contact, True
        if not update:
            raise duplicate("create", list(owners))
        # The first identifier that is known decides whom it is about: e-mail, then external id, then phone.
        contact = next(iter(owners.values()))
        self.update(contact, change, now)
        return contact, False

    def update(self, contact: BrevoContact, change: ContactChange, now: datetime) -> None:
        """Change an existing contact, or refuse and change nothing."""
        wanted = _identifiers(change, creating=False)
        self._lists.check([*change.list_ids, *change.unlink_list_ids])
        clashes = [name for name, value in wanted.items() if self._index.get((name, value), contact) is not contact]
        if clashes:
            raise duplicate("update", clashes)
        self._apply(contact, change, wanted, now)

    def remove(self, contact: BrevoContact) -> None:
        """Forget a contact, its blocklisting included."""
        for name, value in _held(contact):
            del self._index[name, value]
        self.leave(contact, contact.list_ids.copy())
        del self._by_id[contact.id]

    def join(self, contact: BrevoContact, list_ids: Iterable[int]) -> None:
        """Put on lists."""
        for list_id in list_ids:
            self._lists.get(list_id).members[contact.id] = None
            contact.list_ids.add(list_id)

    def leave(self, contact: BrevoContact, list_ids: Iterable[int]) -> None:
        """Take off lists."""
        for list_id in list_ids:
            self._lists.get(list_id).members.pop(contact.id, None)
            contact.list_ids.discard(list_id)

    def forget_list(self, list_id: int) -> None:
        """Remove a list, and from every member that they are on it."""
        for member in self._lists.remove(list_id).members:
            self._by_id[member].list_ids.discard(list_id)

    def forget_folder(self, folder_id: int) -> None:
        """Remove a folder with its lists."""
        for contact_list in self._lists.remove_folder(folder_id):
            for member in contact_list.members:
                self._by_id[member].list_ids.discard(contact_list.id)

    def member(self, contact_id: int) -> BrevoContact:
        """A list's member."""
        return self._by_id[contact_id]

    def set_attributes(self, contact: BrevoContact, given: Mapping[str, object], now: datetime) -> None:
        """Attributes alone, as `contact_properties` of an event do."""
        contact.attributes |= self._attributes.accepted(given)
        contact.modified_at = now

    def _apply(self, contact: BrevoContact, change: ContactChange, wanted: Mapping[str, str], now: datetime) -> None:
        for name, value in _held(contact):
            if name in wanted:
                del self._index[name, value]
        if contact.email is not None and wanted.get("email", contact.email) != contact.email:
            # Another address resubscribes: https://developers.brevo.com/reference/update-contact (checked 2026-11-21).
            contact.email_blacklisted = False
        contact.email = wanted.get("email", contact.email)
        contact.ext_id = wanted.get("ext_id", contact.ext_id)
        contact.sms = wanted.get("SMS", contact.sms)
        for name, value in wanted.items():
            self._index[name, value] = contact
        self.set_attributes(contact, change.attributes, now)
        self.join(contact, change.list_ids)
        self.leave(contact, change.unlink_list_ids)
        if change.email_blacklisted is not None:
            contact.email_blacklisted = change.email_blacklisted
        if change.sms_blacklisted is not None:
            contact.sms_blacklisted = change.sms_blacklisted


def valid_email(text: str) -> bool:
    """Whether Brevo would take it for an address."""
    return bool(_EMAIL.fullmatch(text))


def phone(text: str) -> str | None:
    """Digits with the country code of `91…`, `+91…` or `0091…`; ``None`` for what is no phone number."""
    match = _PHONE.fullmatch(text)
    return match[1] if match else None


def _identifiers(change: ContactChange, *, creating: bool) -> dict[str, str]:
    """The identifiers that a change names, normalised, in the order in which they decide."""
    renamed = change.attributes.get("EMAIL")
    email = change.email if creating or renamed is None else renamed
    found: dict[str, str] = {}
    if email is not None:
        if not isinstance(email, str) or not valid_email(email):
            raise invalid("Invalid email address")
        found["email"] = email.lower()
    if change.ext_id is not None:
        found["ext_id"] = change.ext_id
    if (sms := change.attributes.get("SMS")) is not None:
        number = phone(str(sms))
        if number is None:
            raise invalid("Invalid phone number")
        found["SMS"] = number
    return found


def _held(contact: BrevoContact) -> list[tuple[str, str]]:
    held = (("email", contact.email), ("ext_id", contact.ext_id), ("SMS", contact.sms))
    return [(name, value) for name, value in held if value is not None]


def duplicate(verb: str, names: list[str]) -> RefusedError:
    """Other contacts have these identifiers."""
    verb_phrase = "is" if len(names) == 1 else "are"
    message = f"Unable to {verb} contact, {', '.join(names)} {verb_phrase} already associated with another Contact"
    return RefusedError(400, "duplicate_parameter", message, {"duplicate_identifiers": names})


def _milliseconds(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
