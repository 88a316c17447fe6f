"""Writes a contact anew: its scores and its command, as far as they differ from what was sent last. PURE."""

from __future__ import annotations

from processors.engagement.assessment import Assessor, Scored
from processors.engagement.candidates import Candidates
from processors.engagement.commands import Recomputed, upsert_contact
from processors.engagement.row_bytes import encode_head, head_key
from processors.engagement.state import ContactRows, Head
from processors.engine.view import View
from schemas.engagement import ContactScore
from schemas.topics import BREVO_COMMANDS_BULK, ENGAGEMENT_SCORES


class Rewriter:
    """Sends what follows from a contact's rows.

    Args:
        assessor: with the live model.
        candidates: what is computed beside it.
        table: the agent's.
    """

    def __init__(self, assessor: Assessor, candidates: Candidates, table: str) -> None:
        self.assessor = assessor
        self.candidates = candidates
        self._table = table

    def send_score(self, contact_id: str, rows: ContactRows, scored: Scored | None, head: Head, view: View) -> Head:
        """Send a score that differs from the one sent last, and what candidates give; returns the head after it."""
        head = self._send_live(contact_id, scored, head, view)
        return self.candidates.tell(contact_id, rows, scored, head, view)

    def rewrite(self, cause: Recomputed, rows: ContactRows, view: View) -> None:
        """Send what follows from `rows` and no fact, the command with bulk priority.

        A resync sends command and candidates in any case: what Brevo refused stands in the sink's rows alone, and what
        the topic has of candidates may be of other rows, from before a switch of the tables.
        """
        again = cause.kind == "resync"
        scored, wanted = self.assessor.assess(rows)
        head = self._send_live(cause.contact_id, scored, rows.head, view)
        head = self.candidates.tell(cause.contact_id, rows, scored, head, view, again=again)
        digest = wanted.digest()
        if digest != head.upsert_digest or again:
            head = head._replace(revision=head.revision + 1, upsert_digest=digest)
            command = upsert_contact(cause, head.revision, wanted, digest)
            view.send(BREVO_COMMANDS_BULK.name, cause.contact_id.encode(), command)
        self._put(cause.contact_id, head, view)

    def rewrite_candidates(self, contact_id: str, rows: ContactRows, view: View) -> None:
        """Send what candidates give, and nothing else."""
        scored, _ = self.assessor.assess(rows)
        head = self.candidates.tell(contact_id, rows, scored, rows.head, view)
        if head != rows.head:
            self._put(contact_id, head, view)

    def _send_live(self, contact_id: str, scored: Scored | None, head: Head, view: View) -> Head:
        digest = scored.digest(self.assessor.model.settings_digest) if scored else ""
        if digest == head.score_digest:
            return head
        head = head._replace(revision=head.revision + 1, score_digest=digest)
        key = contact_id.encode()
        if scored is None:  # no result is left
            view.send_tombstone(ENGAGEMENT_SCORES.name, key, ContactScore)
        else:
            score = self.assessor.contact_score(contact_id, head.email, head.revision, scored)
            view.send(ENGAGEMENT_SCORES.name, key, score)
        return head

    def _put(self, contact_id: str, head: Head, view: View) -> None:
        view.put(self._table, head_key(contact_id), encode_head(head))
