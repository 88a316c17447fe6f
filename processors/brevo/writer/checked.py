"""What of a command may be sent: values that are not of their type are left out, told and counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from processors.brevo.decisions.ledger import UpsertWork
from processors.brevo.decisions.upsert import Wanted
from processors.brevo.decisions.values import sendable
from processors.brevo.writer.metrics import BrevoMetrics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """An upsert whose values were checked."""

    wanted: Wanted
    left_out: tuple[str, ...]
    """Names of values that are not of their type."""


def checked(contact: str, work: UpsertWork, metrics: BrevoMetrics) -> Checked:
    """The wanted state of a contact as far as Brevo can take it."""
    attributes, left_out = sendable(work.command.attributes)
    if left_out:
        log.warning("contact %s: not sent, as they are not of their type: %s", contact, ", ".join(left_out))
        metrics.values_left_out.inc(len(left_out))
    return Checked(Wanted.of(work.command, attributes, work.creatable_at), left_out)
