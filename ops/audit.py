"""Entries of `ops.audit.v1` for what commands do."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from schemas.audit import AuditEntry


def operator_name() -> str:
    """Who runs the command: the machine's user, `unknown` where it has no name."""
    try:
        return getpass.getuser()
    except OSError:
        return "unknown"


def audit_entry(action: str, subject: str, details: Mapping[str, str | int], reason: str = "") -> AuditEntry:
    """What is written once the act is done."""
    return AuditEntry(
        entry_id=secrets.token_hex(16),
        operator=operator_name(),
        action=action,
        subject=subject,
        reason=reason,
        details=dict(details),
        at=datetime.now(UTC),
    )
