"""Imports and the processes that they are: accepted at once, applied later. PURE."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.brevo.answers import RefusedError, invalid, missing
from sandbox.brevo.bodies import Import
from sandbox.brevo.contacts import ContactBook, ContactChange, valid_email
from sandbox.brevo.lists import ListBook

MAX_BODY_BYTES = 10 * 1024 * 1024
_NO_ROWS = "We could not find any valid email or SMS or Contact ID in the file you uploaded. Please check the file."
_REPORTS = (
    "invalid_emails",
    "duplicate_contact_id",
    "duplicate_ext_id",
    "duplicate_email_id",
    "duplicate_phone_id",
    "duplicate_whatsapp_id",
    "duplicate_landline_number_id",
)

_DUPLICATE_REPORTS = {"email": "duplicate_email_id", "ext_id": "duplicate_ext_id", "SMS": "duplicate_phone_id"}
"""By identifier: who already belongs to another contact."""


@dataclass(slots=True)
class ImportedPerson:
    """One person of an import."""

    email: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class Process:
    """One import (or emptying of a list) on its way."""

    id: int
    name: str
    notify_url: str | None = None
    status: str = "queued"
    left_out: dict[str, list[str]] = field(default_factory=dict)
    """Addresses of rows that were not taken, by the report that names them."""
    rows: list[ImportedPerson] = field(default_factory=list)
    wanted: Import | None = None

    def shown(self, base_url: str) -> dict[str, Any]:
        """As `GET /processes/{id}` has it; a report is the address of a CSV file, or null."""
        shown: dict[str, Any] = {"id": self.id, "name": self.name, "status": self.status}
        if self.status == "completed" and self.wanted is not None:
            reports: dict[str, str | None] = dict.fromkeys(_REPORTS)
            reports |= {name: f"{base_url}/_sandbox/processes/{self.id}/{name}.csv" for name in self.left_out}
            shown["info"] = {"import": reports}
        return shown


class ProcessBook:
    """All processes of the account."""

    def __init__(self, contacts: ContactBook, lists: ListBook) -> None:
        self._contacts = contacts
        self._lists = lists
        self._processes: dict[int, Process] = {}
        self._queued: list[Process] = []
        self.owner_mails = 0
        """Mails to the account's owner: one per import without `disableNotification`."""

    def all(self) -> list[Process]:
        """In order of acceptance."""
        return list(self._processes.values())

    def get(self, process_id: int) -> Process:
        """One process, or Brevo's own 404."""
        try:
            return self._processes[process_id]
        except KeyError:
            raise RefusedError(404, "invalid_parameter", "processId is invalid") from None

    def take_queued(self) -> list[Process]:
        """Accepted imports that nobody works on yet; each is given out once."""
        taken, self._queued = self._queued, []
        return taken

    def accept(self, body: Import) -> Process:
        """Queue an import. The same body again is another process."""
        given = [source for source in (body.json_body, body.file_body, body.file_url) if source is not None]
        if len(given) != 1:
            raise invalid("Exactly one of jsonBody, fileBody and fileUrl is needed")
        if body.file_url is not None:
            raise invalid("The sandbox fetches nothing: send jsonBody or fileBody")
        if body.consent_group_ids:
            raise RefusedError(403, "CONSENT_GROUP_NOT_ENABLED", "SendingRules groups are not enabled")
        if not body.list_ids and body.new_list is None:
            raise missing("listIds or newList is missing")
        rows = _csv_rows(body.file_body) if body.file_body is not None else _json_rows(body)
        if not rows:
            raise invalid(_NO_ROWS)
        self._lists.check(body.list_ids)
        if body.new_list is not None:
            self._lists.check_folder(body.new_list.folder_id)
        process = self.start("IMPORTUSER", notify_url=body.notify_url)
        process.rows, process.wanted = rows, body
        self._queued.append(process)
        return process

    def start(self, name: str, *, notify_url: str | None = None) -> Process:
        """A new process."""
        # Brevo counts over the whole account; the samples show three digits.
        process = Process(216 + len(self._processes) + 1, name, notify_url)
        self._processes[process.id] = process
        return process

    def apply(self, process: Process, now: datetime) -> None:
        """Do what was queued, and complete it. Unknown attributes and bad addresses do not stop it."""
        body = process.wanted
        if body is not None:
            list_ids = list(body.list_ids)
            if body.new_list is not None:
                list_ids.append(self._lists.create(body.new_list.list_name, body.new_list.folder_id, now=now))
            for row in process.rows:
                self._apply_row(process, body, row, list_ids, now)
            self.owner_mails += not body.disable_notification
        process.rows = []
        process.status = "completed"

    def _apply_row(
        self, process: Process, body: Import, row: ImportedPerson, list_ids: list[int], now: datetime
    ) -> None:
        if not valid_email(row.email):
            process.left_out.setdefault("invalid_emails", []).append(row.email)
            return
        existing = self._contacts.find(row.email, "email_id")
        attributes, empty = ({}, []) if existing and not body.update_existing_contacts else _filled_and_empty(row)
        # `true` blocklists everybody; what `false` does to who is blocklisted already is not documented: nothing here.
        change = ContactChange(
            row.email,
            attributes=attributes,
            list_ids=tuple(list_ids),
            email_blacklisted=body.email_blacklist or None,
            sms_blacklisted=body.sms_blacklist or None,
        )
        try:
            contact, _ = self._contacts.upsert(change, now, update=True)
        except RefusedError as refused:
            for name in (refused.metadata or {}).get("duplicate_identifiers", ()):
                process.left_out.setdefault(_DUPLICATE_REPORTS[name], []).append(row.email)
            return
        if body.empty_contacts_attributes:
            for name in empty:
                contact.attributes.pop(name, None)


def _filled_and_empty(row: ImportedPerson) -> tuple[dict[str, object], list[str]]:
    """The attributes that an import writes, and those that the row leaves empty."""
    empty = [name for name, value in row.attributes.items() if value is None or value == ""]
    # `false` does not get through an import: https://github.com/sendinblue/APIv3-python-library/issues/95
    # (open, checked 2026-11-21).
    filled = {name: value for name, value in row.attributes.items() if name not in empty and value is not False}
    return filled, empty


def _json_rows(body: Import) -> list[ImportedPerson]:
    return [ImportedPerson(row.email, row.attributes) for row in body.json_body or () if row.email]


def _csv_rows(text: str) -> list[ImportedPerson]:
    rows = []
    for record in csv.DictReader(io.StringIO(text), delimiter=";"):
        columns = {name.strip().upper(): value for name, value in record.items() if name}
        email = columns.pop("EMAIL", None)
        if email:
            rows.append(ImportedPerson(email, {name: _typed(value) for name, value in columns.items()}))
    return rows


def _typed(text: str | None) -> str | float | bool | None:
    """A CSV cell as the number or boolean that it spells, else as text."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text) if text else text
    except ValueError:
        return text
