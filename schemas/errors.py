"""One tree of errors; the base class says what to do, never what went wrong (docs/reference/errors.md)."""

from __future__ import annotations


class RollcallError(Exception):
    """Base of every error that Rollcall raises itself."""


class ConfigurationError(RollcallError):
    """The user has to change a file, a variable or an argument. One message, exit code 2, never a traceback."""


class SkipError(RollcallError):
    """Known and not ours: acknowledge and count."""


class RetryLaterError(RollcallError):
    """The same work again after a while.

    Attributes:
        after_seconds: how long the other side asked us to wait; ``None`` when it did not say.
    """

    def __init__(self, message: str, *, after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class DeadLetterError(RollcallError):
    """Will never work as it is: to the dead-letter topic with this reason, and go on.

    Attributes:
        label: the class of fault, one word for machines (docs/reference/topics.md).
    """

    def __init__(self, message: str, *, label: str = "unreadable") -> None:
        super().__init__(message)
        self.label = label


class FatalError(RollcallError):
    """The process cannot go on without losing something: stop, unacknowledged, exit code 70."""
