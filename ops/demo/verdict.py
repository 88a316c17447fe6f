"""The demo's result for people: one row per contact, the differences, and the one line that counts."""

from __future__ import annotations

from itertools import chain, islice, zip_longest
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from sandbox.truth import ContactTruth, Truth
from sandbox.truth.comparison import Mismatch

_LISTS = {15: "participants", 16: "attendees", 17: "registrants", 18: "no-shows"}
# Where no terminal says its width.
_PLAIN_WIDTH = 80
_WIDE = 130
"""Columns from which why a score is what it is, and the names of lists, have room beside the rest."""
_SHOWN = 12


def summary(truth: Truth, differences: list[Mismatch]) -> str:
    """`50 contacts, 50 equal to the truth, 0 different`; contacts that should not exist count as different."""
    different = {difference.email for difference in differences}
    equal = len(set(truth.contacts) - different)
    return f"{equal + len(different)} contacts, {equal} equal to the truth, {len(different)} different"


def show(truth: Truth, differences: list[Mismatch], console: Console | None = None) -> None:
    """Prints some contacts of every kind, all differences, and the summary on stdout. 80 columns are enough."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_PLAIN_WIDTH)
    different = {difference.email for difference in differences}
    shown = _chosen(truth, different)
    is_wide = console.width >= _WIDE
    table = Table(
        title="What Brevo holds" if not different else "What Brevo should hold",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("contact", no_wrap=True, overflow="ellipsis")
    table.add_column("status", no_wrap=True)
    for column in ("min", "score"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("tier", *(("why",) if is_wide else ()), "lists", *(("equal",) if different else ())):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for contact in shown:
        equal = ("no" if contact.email in different else "yes",) if different else ()
        table.add_row(*_row(contact, is_wide=is_wide), *equal)
    console.print(table)
    left = len(truth.contacts) - len(shown)
    if left:
        console.print(f"... and {left} more{' that are equal' if different else ''}; --json has all", highlight=False)
    for difference in differences:
        console.print(
            f"{difference.email}: {difference.field} is {difference.actual!r}, should be {difference.wanted!r}",
            style="red",
            highlight=False,
            markup=False,
        )
    console.print(summary(truth, differences), style="bold", highlight=False)


def _chosen(truth: Truth, different: set[str]) -> list[ContactTruth]:
    """Those that differ, and else a few of each status, in the truth's order."""
    by_status: dict[str, list[ContactTruth]] = {}
    for contact in truth.contacts.values():
        if contact.email not in different:
            by_status.setdefault(contact.status, []).append(contact)
    turns = chain.from_iterable(zip_longest(*by_status.values()))
    equal = islice((contact for contact in turns if contact is not None), _SHOWN)
    kept = different | {contact.email for contact in equal}
    return [contact for contact in truth.contacts.values() if contact.email in kept]


def document(truth: Truth, differences: list[Mismatch]) -> dict[str, Any]:
    """The same as data."""
    different = {difference.email for difference in differences}
    return {
        "summary": summary(truth, differences),
        "contacts": [
            {
                "email": contact.email,
                "contact_id": contact.contact_id,
                "status": contact.status,
                "attributes": contact.attributes,
                "lists": sorted(contact.lists),
                "events": [event.name for event in contact.events],
                "equal": contact.email not in different,
            }
            for contact in truth.contacts.values()
        ],
        "differences": [
            {
                "email": difference.email,
                "field": difference.field,
                "is": str(difference.actual),
                "should": str(difference.wanted),
            }
            for difference in differences
        ],
    }


def _row(contact: ContactTruth, *, is_wide: bool) -> tuple[str, ...]:
    minutes = str(contact.attributes.get("MEETING_DURATION", ""))
    score = "" if contact.contact_score is None else str(contact.contact_score)
    names = (_LISTS.get(list_id, str(list_id)) if is_wide else str(list_id) for list_id in sorted(contact.lists))
    why = (contact.why or "",) if is_wide else ()
    return contact.email, contact.status, minutes, score, contact.tier or "", *why, ", ".join(names)
