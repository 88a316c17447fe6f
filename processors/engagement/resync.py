"""A resync: a contact's command is computed anew, from what is kept and today's configuration. PURE."""

from __future__ import annotations

from processors.engagement.assessment import Assessor
from processors.engagement.commands import Recomputed
from processors.engagement.rewriting import rewrite
from processors.engagement.state import ContactRows, contact_prefix, decode_rows
from processors.engine.view import View
from runtime.models import Configuration
from schemas.engagement import ResyncContact
from schemas.errors import DeadLetterError
from schemas.topics import ENGAGEMENT_RESYNCS


class Resync:
    """Does what a request asks for; a request that is repeated ends in the same."""

    def __init__(self, assessor: Assessor, configuration: Configuration, table: str) -> None:
        self._assessor = assessor
        self._table = table
        self._configuration = configuration

    def handle(self, value: bytes | None, view: View) -> None:
        """One request.

        Raises:
            DeadLetterError: a record without a value.
            ValidationError: the value is no `ResyncContact`.
        """
        if value is None:
            raise DeadLetterError(f"{ENGAGEMENT_RESYNCS.name}: a record without a value says nothing")
        request = ResyncContact.from_bytes(value)
        rows = decode_rows(request.contact_id, view.scan(self._table, contact_prefix(request.contact_id)))
        if can_be_resynced(rows, self._configuration):
            cause = Recomputed(request.contact_id, rows.head.email, request.requested_at, "resync")
            rewrite(self._assessor, self._table, cause, rows, view)


def can_be_resynced(rows: ContactRows, configuration: Configuration) -> bool:
    """Whether the contact was ever brought to Brevo, and is not of a domain that is left out."""
    return bool(rows.head.upsert_digest) and not configuration.filters.excludes(rows.head.email)
