"""What the look-ups that wait hold of a person: their address among those that are asked about. PURE."""

from __future__ import annotations

from typing_extensions import override

from processors.engine.view import View
from processors.erasure.erasing import Cleaner, IsErased, WalkedRow
from processors.zoom.questions.pending import LOOKUPS_PENDING, Pending, pack_pending, unpack_pending
from schemas.codec import contact_id


class LookupCleaner(Cleaner):
    """Of the agent `look-up`. The question is asked all the same: somebody waits for its answer."""

    walks = ((LOOKUPS_PENDING, b""),)

    @override
    def cleaned(self, row: WalkedRow, is_erased: IsErased, view: View) -> bytes | None:
        pending = unpack_pending(row.value)
        if not isinstance(pending, Pending):
            return row.value
        emails = tuple(email for email in pending.request.emails if not is_erased(contact_id(email)))
        if emails == pending.request.emails:
            return row.value
        return pack_pending(Pending(pending.priority, pending.request.model_copy(update={"emails": emails})))
