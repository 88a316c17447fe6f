"""What of a command may be sent: values that are not of their type are left out, told and counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from processors.brevo.decisions.open_work import UpsertWork
from processors.brevo.decisions.values import sendable
from processors.brevo.decisions.wanted import Wanted
from processors.brevo.writer.lists import ListWatch
from processors.brevo.writer.metrics import BrevoMetrics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """An upsert whose values were checked."""

    wanted: Wanted
    left_out: tuple[str, ...]
    """Names of values that are not of their type."""


class Checker:
    """Makes of a command what may be written now.

    Args:
        lists: nothing is asked of those that are missing.
        region: of phone numbers without a country code.
        ours_alone: see `Wanted`.
    """

    def __init__(
        self, metrics: BrevoMetrics, lists: ListWatch, region: str | None, ours_alone: frozenset[int] = frozenset()
    ) -> None:
        self._metrics = metrics
        self._lists = lists
        self._region = region
        self._ours_alone = ours_alone

    def check(self, work: UpsertWork) -> Checked:
        """The wanted state of a contact as far as Brevo can take it."""
        attributes, left_out = sendable(work.command.attributes, self._region)
        if left_out:
            log.warning("values left out", extra={
                "command": work.command.command_id, "reason": "they are not of their type",
                "attributes": ", ".join(left_out),
            })  # fmt: skip
            self._metrics.values_left_out.inc(len(left_out))
        wanted = Wanted.of(work.command, attributes, work.creatable_at, self._lists.missing, self._ours_alone)
        return Checked(wanted, left_out)
