"""Transactional mails and double opt-in: what is accepted, and what would have been sent. PURE."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sandbox.brevo.answers import BrevoAnswer, RefusedError, invalid, missing
from sandbox.brevo.bodies import DoubleOptIn, Mail
from sandbox.brevo.contacts import ContactBook, ContactChange, valid_email
from sandbox.brevo.events import parse_instant
from sandbox.brevo.lists import ListBook

# https://developers.brevo.com/docs/heterogenous-versions-batch-emails (checked 2026-11-21).
_KEY_LIFE = timedelta(minutes=30)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAX_RECIPIENTS = 2000


@dataclass(slots=True)
class MailBook:
    """Everything that would have been mailed to people."""

    contacts: ContactBook
    lists: ListBook
    doi_templates: frozenset[int]
    templates: frozenset[int]
    sent: list[dict[str, Any]] = field(default_factory=list)
    confirmations: list[DoubleOptIn] = field(default_factory=list)
    """Confirmation mails; each call sends one."""
    _keys: dict[str, datetime] = field(default_factory=dict)
    _count: int = 0

    def send(self, body: Mail, now: datetime) -> BrevoAnswer:
        """Accept a mail (or one per version). With `X-Sib-Sandbox: drop` it is accepted and forgotten."""
        _check(body)
        if body.template_id is not None and body.template_id not in self.templates:
            # The text is not documented; that an unknown or inactive template is refused is.
            raise invalid("templateId is not an active template")
        self._use_key(body.headers.get("idempotencyKey"), now)
        versions = [(version.to, {**body.params, **version.params}) for version in body.message_versions or ()]
        mails = versions or [(body.to or [], body.params)]
        ids = [self._message_id(now) for _ in mails]
        if body.headers.get("X-Sib-Sandbox") != "drop":
            for message_id, (to, params) in zip(ids, mails, strict=True):
                self.sent.append(
                    {
                        "messageId": message_id,
                        "to": [address.email for address in to],
                        "templateId": body.template_id,
                        "params": params,
                        "tags": body.tags,
                    }
                )
        answer: dict[str, Any] = {"messageIds": ids} if body.message_versions else {"messageId": ids[0]}
        if body.scheduled_at is None:
            return BrevoAnswer(201, answer)
        return BrevoAnswer(202, {**answer, "batchId": body.batch_id or f"batch-{self._count}"})

    def ask_to_confirm(self, body: DoubleOptIn) -> BrevoAnswer:
        """Send a confirmation mail: 201 for somebody new, 204 for a contact. Nobody joins before `confirm`."""
        if not valid_email(body.email):
            raise invalid("Invalid email address")
        if not self.doi_templates:
            raise invalid("An active DOI template does not exist")
        if body.template_id not in self.doi_templates:
            raise invalid("Invalid template id")
        self.lists.check([*body.include_list_ids, *body.exclude_list_ids])
        self.confirmations.append(body)
        return BrevoAnswer(204 if self.contacts.find(body.email, "email_id") else 201)

    def confirm(self, email: str, now: datetime) -> None:
        """The person follows the link of the latest confirmation mail."""
        asked = next(
            (
                confirmation
                for confirmation in reversed(self.confirmations)
                if confirmation.email.lower() == email.lower()
            ),
            None,
        )
        if asked is None:
            raise invalid("Nobody was asked under this address")
        change = ContactChange(
            asked.email,
            attributes=asked.attributes,
            list_ids=tuple(asked.include_list_ids),
            unlink_list_ids=tuple(asked.exclude_list_ids),
        )
        self.contacts.upsert(change, now, update=True)

    def _use_key(self, key: str | None, now: datetime) -> None:
        if key is None:
            return
        if not _UUID.fullmatch(key):
            raise invalid("idempotencyKey must be a UUID")
        used = self._keys.get(key)
        if used is not None and now - used < _KEY_LIFE:
            raise RefusedError(400, "duplicate_parameter", "idempotencyKey was used in the last 30 minutes")
        self._keys[key] = now

    def _message_id(self, now: datetime) -> str:
        self._count += 1
        return f"<{now:%Y%m%d%H%M}.{self._count:011d}@smtp-relay.mailin.fr>"


def _check(body: Mail) -> None:
    if body.message_versions is None and body.to is None:
        raise missing("to is missing")
    if body.template_id is None:
        for name, value in (("sender", body.sender), ("subject", body.subject), ("htmlContent", body.html_content)):
            if not value:
                raise missing(f"{name} is missing")
    groups = [version.to for version in body.message_versions] if body.message_versions else [body.to or []]
    recipients = list(chain.from_iterable(groups))
    if len(recipients) > _MAX_RECIPIENTS:
        raise invalid(f"A request has at most {_MAX_RECIPIENTS} recipients")
    if not all(valid_email(address.email or "") for address in recipients):
        raise invalid("email is not valid in to")
    if body.scheduled_at is not None:
        parse_instant(body.scheduled_at, "scheduledAt")
