"""Names that others see: the consumer group and the changelogs. PURE: commands need them without Faust."""

from __future__ import annotations

APP_ID = "rollcall-worker"
"""Consumer group of the worker, without the installation's prefix."""


def changelog_name(table: str) -> str:
    """The logical name of a table's changelog topic, as Faust forms it."""
    return f"{APP_ID}-{table}-changelog"


def fence_name(partition: int) -> str:
    """The logical name of the transactional id under which Kafka counts a partition's owners."""
    return f"{APP_ID}-{partition}"
