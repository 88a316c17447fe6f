"""Entries of `ops.audit.v1` for what commands do, and the note of what was done elsewhere than in Kafka."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

import typer

from ops.posting import posting_to
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from schemas.audit import ActState, AuditEntry
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.topics import AUDIT


def operator_name() -> str:
    """Who runs the command: the machine's user, `unknown` where it has no name."""
    try:
        return getpass.getuser()
    except OSError:
        return "unknown"


def audit_entry(
    action: str,
    subject: str,
    details: Mapping[str, str | int],
    reason: str = "",
    operator: str = "",
    *,
    result: ActState | None = None,
) -> AuditEntry:
    """What is written of an act.

    Args:
        action: one word for the command, and `.begin` behind it where another entry follows at the end.
        subject: what it is done to.
        details: figures and names; no addresses.
        reason: as the operator gave it.
        operator: who does it, if not the machine's user.
        result: `begun` of what has begun, else `done`, if not said.
    """
    return AuditEntry(
        entry_id=secrets.token_hex(16),
        operator=operator or operator_name(),
        action=action,
        subject=subject,
        reason=reason,
        details=dict(details),
        at=datetime.now(UTC),
        result=result or ("begun" if action.endswith(".begin") else "done"),
    )


async def note_done(connection: KafkaConnection, kafka: Kafka, entry: AuditEntry) -> bool:
    """Note what was done at Zoom, at Brevo or on this machine; whether it could be noted. If not, stderr has it."""
    try:
        async with posting_to(connection, kafka) as to_kafka:
            await to_kafka.note(entry)
    except (ConfigurationError, RetryLaterError) as error:
        typer.echo(f"{entry.action} of {entry.subject} is done, and not noted in {AUDIT.name}: {error}", err=True)
        return False
    return True
