"""Which of Brevo's lists the configuration names, and where. PURE."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.models import Configuration


def configured_lists(configuration: Configuration) -> Iterator[tuple[str, int]]:
    """Key and id of each list that contacts may be put on or taken off, in the file's order.

    Those of accounts that are switched off too: what was heard of their sessions still counts.
    """
    for account in configuration.connectors.zoom:
        for name, list_id in account.lists.model_dump().items():
            if list_id is not None:
                yield f"connectors.zoom.lists.{name}", list_id
    if configuration.brevo.technical_list is not None:
        yield "brevo.technical_list", configuration.brevo.technical_list
    for list_id in configuration.brevo.list_rules:
        yield f"brevo.list_rules.{list_id}", list_id


def keys_of_lists(configuration: Configuration) -> dict[int, str]:
    """By list id: the keys that name it, in words."""
    found: dict[int, str] = {}
    for key, list_id in configured_lists(configuration):
        found[list_id] = f"{found[list_id]}, {key}" if list_id in found else key
    return found
