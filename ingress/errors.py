"""What publishing can end with; the base class says what to do."""

from __future__ import annotations

from typing import Literal

from schemas.errors import RetryLaterError

UnavailableReason = Literal["not_connected", "overloaded", "timeout", "failed", "refused", "slow_body"]
"""Why a delivery is answered 503: no connection yet, too much waiting, no acknowledgement within the time, Kafka's
error, a record that the broker refuses (too large for its topic), a body that did not arrive within the time."""


class NotAcknowledgedError(RetryLaterError):
    """Kafka has not acknowledged the record, so it may or may not be on its topic; the sender has to send it again."""

    def __init__(self, reason: UnavailableReason) -> None:
        super().__init__(f"not acknowledged by Kafka: {reason}")
        self.reason: UnavailableReason = reason
