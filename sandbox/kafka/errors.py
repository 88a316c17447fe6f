"""What can go wrong on the way to a running broker; what a person has to install or allow is a ConfigurationError."""

from __future__ import annotations

from schemas.errors import RollcallError


class BrokerStartError(RollcallError):
    """The broker's process ended or did not answer in time; the message holds the end of its log."""
