"""The demo's result for people: one row per contact, the differences, and the one line that counts."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.truth import ContactTruth, Truth
from sandbox.truth.comparison import Mismatch

_LISTS = {15: "participants", 16: "attendees", 17: "registrants", 18: "no-shows"}
# Wide enough for every column where no terminal says its width.
_PLAIN_WIDTH = 170


def summary(truth: Truth, differences: list[Mismatch]) -> str:
    """`50 contacts, 50 equal to the truth, 0 different`; contacts that should not exist count as different."""
    different = {difference.email for difference in differences}
    equal = len(set(truth.contacts) - different)
    return f"{equal + len(different)} contacts, {equal} equal to the truth, {len(different)} different"


def show(truth: Truth, differences: list[Mismatch]) -> None:
    """Prints table, differences and summary on stdout."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    different = {difference.email for difference in differences}
    table = Table(title="What Brevo holds" if not different else "What Brevo should hold", title_justify="left")
    for column in ("contact", "status"):
        table.add_column(column, no_wrap=True)
    for column in ("minutes", "score"):
        table.add_column(column, justify="right")
    for column in ("tier", "why", "lists", "equal"):
        table.add_column(column)
    for contact in truth.contacts.values():
        table.add_row(*_row(contact), "no" if contact.email in different else "yes")
    console.print(table)
    for difference in differences:
        console.print(
            f"{difference.email}: {difference.field} is {difference.actual!r}, should be {difference.wanted!r}",
            style="red",
            highlight=False,
            markup=False,
        )
    console.print(summary(truth, differences), style="bold", highlight=False)


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
            {"email": each.email, "field": each.field, "is": str(each.actual), "should": str(each.wanted)}
            for each in differences
        ],
    }


def _row(contact: ContactTruth) -> tuple[str, ...]:
    minutes = contact.attributes.get("MEETING_DURATION", "")
    score = "" if contact.contact_score is None else str(contact.contact_score)
    lists = ", ".join(_LISTS.get(each, str(each)) for each in sorted(contact.lists))
    return contact.email, contact.status, str(minutes), score, contact.tier or "", contact.why or "", lists
