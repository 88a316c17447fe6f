"""What operators did, as `ops.audit.v1` says."""

from __future__ import annotations

from schemas.audit import AuditEntry
from schemas.topics import AUDIT
from tests.support.kafka import read_to_end


async def acts(bootstrap: str, prefix: str) -> list[AuditEntry]:
    """All entries, in the order of their times: those of two operators lie in two partitions."""
    entries = [
        AuditEntry.from_bytes(record.value or b"") for record in await read_to_end(bootstrap, AUDIT.physical(prefix))
    ]
    return sorted(entries, key=lambda entry: entry.at)
