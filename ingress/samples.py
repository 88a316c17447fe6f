"""What `log_webhooks: true` shows: that deliveries come, of which events. Never a body, a name or an address.

It is for the hour in which somebody looks: it ends by itself, so that nobody finds a full disk a year later.
"""

from __future__ import annotations

import logging
from collections.abc import Container

from ingress.decision import Publish
from ingress.envelope import Delivery

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN = 1.0
"""Per event name: a webinar's rush must not fill the disk."""
_SHOWN_SECONDS = 3_600.0
"""From the first delivery that is shown on."""
_NAMES = 200
"""Event names remembered; Zoom has some 600, an account uses a few."""


class SampleLog:
    """Logs a line for one delivery a second and event name, of the accounts that ask for it."""

    def __init__(self, accounts: Container[str]) -> None:
        self._accounts = accounts
        self._last: dict[str, float] = {}
        self._ends_at: float | None = None
        self._is_over = False

    def show(self, delivery: Delivery, decided: Publish) -> None:
        """Log the delivery if it is its event's turn."""
        if decided.account_id not in self._accounts or self._ended(delivery.received_at):
            return
        if delivery.received_at - self._last.get(decided.event, 0.0) < _SECONDS_BETWEEN:
            return
        if len(self._last) >= _NAMES:
            self._last.clear()
        self._last[decided.event] = delivery.received_at
        headers = dict(decided.record.headers)
        _log.info(
            "delivery",
            extra={
                "delivery": headers["ce_id"].decode(),
                "type": headers["ce_type"].decode(),
                "object": decided.record.key.decode(),
                "outcome": decided.outcome,
                "bytes": len(delivery.body),
            },
        )

    def _ended(self, at: float) -> bool:
        """Whether the hour is over, which is told once; `at`: seconds since 1970."""
        if self._ends_at is None:
            self._ends_at = at + _SHOWN_SECONDS
        if not self._is_over and at >= self._ends_at:
            self._is_over = True
            _log.info("deliveries shown no more", extra={
                "reason": "log_webhooks shows them for an hour", "next": "restart the ingress for another one",
            })  # fmt: skip
        return self._is_over
