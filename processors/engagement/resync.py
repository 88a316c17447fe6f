"""Requests about one contact: its command, or its score by one model, is computed anew from what is kept. PURE."""

from __future__ import annotations

from processors.engagement.commands import Recomputed
from processors.engagement.rewriting import Rewriter
from processors.engagement.row_bytes import contact_prefix, decode_rows
from processors.engagement.state import ContactRows
from processors.engine.view import View
from runtime.models import Configuration
from schemas.engagement import REQUEST, RebuildScore
from schemas.errors import DeadLetterError, SkipError
from schemas.topics import ENGAGEMENT_RESYNCS


class Resync:
    """Does what a request asks for; a request that is repeated ends in the same."""

    def __init__(self, rewriter: Rewriter, configuration: Configuration, table: str, revision_floor: int = 0) -> None:
        self._floor = revision_floor
        self._rewriter = rewriter
        self._table = table
        self._configuration = configuration

    def handle(self, value: bytes | None, view: View) -> None:
        """One request.

        Raises:
            DeadLetterError: a record without a value.
            SkipError: to be rebuilt by a model that this worker does not have.
            ValidationError: the value is no request.
        """
        if value is None:
            raise DeadLetterError(f"{ENGAGEMENT_RESYNCS.name}: a record without a value says nothing")
        request = REQUEST.validate_json(value)
        stored = view.scan(self._table, contact_prefix(request.contact_id))
        rows = decode_rows(request.contact_id, stored, self._floor)
        if isinstance(request, RebuildScore):
            self._rebuild(request, rows, view)
        elif can_be_resynced(rows, self._configuration):
            cause = Recomputed(request.contact_id, rows.head.email, request.requested_at, "resync")
            self._rewriter.rewrite(cause, rows, view)

    def _rebuild(self, request: RebuildScore, rows: ContactRows, view: View) -> None:
        """By the digest: two files may give two models one name. The live one only where a switch is asked for."""
        candidates, live = self._rewriter.candidates, self._rewriter.assessor.model
        if request.settings_digest not in ({live.settings_digest} if request.switch else candidates.settings_digests):
            raise SkipError(f"model {request.model_version} is none of this worker's")
        if not can_be_rebuilt(rows, self._configuration):
            return
        if request.switch:
            cause = Recomputed(request.contact_id, rows.head.email, request.requested_at, "rebuild")
            self._rewriter.rewrite(cause, rows, view)
        else:
            self._rewriter.rewrite_candidates(request.contact_id, rows, view)


def can_be_resynced(rows: ContactRows, configuration: Configuration) -> bool:
    """Whether the contact was ever brought to Brevo, and is not of a domain that is left out."""
    return bool(rows.head.upsert_digest) and not configuration.filters.excludes(rows.head.email)


def can_be_rebuilt(rows: ContactRows, configuration: Configuration) -> bool:
    """Whether the contact has a score, or candidates' that outlived it, and is not of a domain that is left out."""
    was_told = bool(rows.head.score_digest or rows.head.candidates_digest)
    return was_told and not configuration.filters.excludes(rows.head.email)
