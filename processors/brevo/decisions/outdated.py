"""Which commands an older configuration made: they name lists that the one of today does not. PURE."""

from __future__ import annotations

from collections.abc import Collection

from schemas.brevo import BrevoCommand, UpsertContact


def is_outdated(command: UpsertContact, named: Collection[int]) -> bool:
    """Whether the command is to be computed anew; what a resync has made is not, whoever made it.

    Otherwise two workers with two configurations would ask each other for ever.

    Args:
        command: of a contact.
        named: the lists of the configuration; none: it is not asked.
    """
    return not command.retries_refused and waits_for_another_list(command, named)


def waits_for_another_list(command: BrevoCommand, named: Collection[int]) -> bool:
    """Whether an open command names a list that the configuration does not."""
    return bool(named) and isinstance(command, UpsertContact) and any(list_id not in named for list_id in command.lists)
