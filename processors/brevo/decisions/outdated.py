"""Which commands an older configuration made: they name lists that the one of today does not. PURE."""

from __future__ import annotations

from collections.abc import Collection

from schemas.brevo import UpsertContact
from schemas.codec import unpack


def is_outdated(command: UpsertContact, named: Collection[int]) -> bool:
    """Whether the command is to be computed anew; what a resync has made is not, whoever made it.

    Otherwise two workers with two configurations would ask each other for ever.

    Args:
        command: of a contact.
        named: the lists of the configuration; none: it is not asked.
    """
    return bool(named) and not command.retries_refused and _names_others(command.lists, named)


def waits_for_another_list(text: str, named: Collection[int]) -> bool:
    """Whether an open command, as its record's text, names a list that the configuration does not."""
    # Every open command is looked at when a partition is taken over: they are many, and no model is needed.
    return bool(named) and _names_others(unpack(text.encode()).get("lists", ()), named)


def _names_others(lists: Collection[int], named: Collection[int]) -> bool:
    return any(list_id not in named for list_id in lists)
