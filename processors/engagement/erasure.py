"""What `engagement-by-contact` holds of a person: all rows under their id, and a sweep that stands at them. PURE."""

from __future__ import annotations

from typing_extensions import override

from processors.engagement.row_bytes import decode_head, head_key
from processors.engagement.sweep import SWEEP_KEY, Sweep, decode_sweep, encode_sweep
from processors.engine.view import View
from processors.erasure.erasing import Cleaner, IsErased, WalkedRow
from schemas.engagement import CandidateScores, ContactScore
from schemas.topics import ENGAGEMENT_CANDIDATES, ENGAGEMENT_SCORES


class EngagementCleaner(Cleaner):
    """Of the agent `score-engagement`; `table` is its one table."""

    def __init__(self, table: str) -> None:
        self.walks = ((table, b""),)

    @override
    def cleaned(self, row: WalkedRow, is_erased: IsErased, view: View) -> bytes | None:
        """Their scores go with the head of their rows."""
        if row.key == SWEEP_KEY:
            return _without(decode_sweep(row.value), row, is_erased)
        contact = row.key.partition(b"|")[0].decode()
        if not is_erased(contact):
            return row.value
        if row.key == head_key(contact):
            view.send_tombstone(ENGAGEMENT_SCORES.name, contact.encode(), ContactScore)
            if decode_head(row.value).candidates_digest:
                view.send_tombstone(ENGAGEMENT_CANDIDATES.name, contact.encode(), CandidateScores)
        return None


def _without(sweep: Sweep, row: WalkedRow, is_erased: IsErased) -> bytes:
    """The decay sweep stands behind whom it looked at last: just before them is as good, as they have no rows."""
    if not sweep.walked or not is_erased(sweep.walked):
        return row.value
    return encode_sweep(sweep._replace(walked=f"{max(0, int(sweep.walked, 16) - 1):032x}"))
