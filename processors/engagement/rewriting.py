"""Writes a contact anew: its score and its command, as far as they differ from what was sent last. PURE."""

from __future__ import annotations

from processors.engagement.assessment import Assessor, Scored
from processors.engagement.commands import Recomputed, upsert_contact
from processors.engagement.state import ContactRows, Head, encode_head, head_key
from processors.engine.view import View
from schemas.engagement import ContactScore
from schemas.topics import BREVO_COMMANDS_BULK, ENGAGEMENT_SCORES


def send_score(assessor: Assessor, contact_id: str, scored: Scored | None, head: Head, view: View) -> Head:
    """Send a score that differs from the one sent last; returns the head after it."""
    digest = scored.digest(assessor.settings_digest) if scored else ""
    if digest == head.score_digest:
        return head
    head = head._replace(revision=head.revision + 1, score_digest=digest)
    key = contact_id.encode()
    if scored is None:  # no result is left
        view.send_tombstone(ENGAGEMENT_SCORES.name, key, ContactScore)
    else:
        score = assessor.contact_score(contact_id, head.email, head.revision, scored)
        view.send(ENGAGEMENT_SCORES.name, key, score)
    return head


def rewrite(assessor: Assessor, table: str, cause: Recomputed, rows: ContactRows, view: View) -> None:
    """Send what follows from `rows` and no fact, the command with bulk priority.

    A resync sends the command in any case: what Brevo refused stands in the sink's rows alone.
    """
    scored, wanted = assessor.assess(rows)
    head = send_score(assessor, cause.contact_id, scored, rows.head, view)
    digest = wanted.digest()
    if digest != head.upsert_digest or cause.kind == "resync":
        head = head._replace(revision=head.revision + 1, upsert_digest=digest)
        command = upsert_contact(cause, head.revision, wanted, digest)
        view.send(BREVO_COMMANDS_BULK.name, cause.contact_id.encode(), command)
    view.put(table, head_key(cause.contact_id), encode_head(head))
