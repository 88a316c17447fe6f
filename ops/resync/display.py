"""A resync's plan in words, and as a JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ops.resync.plan import CAUSES, ResyncPlan
from readmodel.words import counted


def in_words(plan: ResyncPlan) -> Iterator[str]:
    """Line by line."""
    yield f"{counted(plan.looked_at, 'contact')} looked at, {len(plan.contacts)} to be computed anew"
    for cause, says in CAUSES.items():
        if plan.causes[cause]:
            yield f"  {plan.causes[cause]} {says}"
    for word, found in (("join list", plan.joins), ("leave list", plan.leaves), ("set", plan.sets)):
        for name, count in sorted(found.items()):
            yield f"  {count} would {word} {name}"
    for name, count in sorted(plan.events.items()):
        yield f"  {count} {name} would be sent"
    for why, count in sorted(plan.left_alone.items()):
        yield f"left alone: {count} {why}"
    for list_id, count in sorted(plan.awaits.items()):
        yield f"{count} join list {list_id} by themselves once it exists at Brevo"


def document(plan: ResyncPlan) -> dict[str, Any]:
    """The same for programs, with the ids of the contacts; keys are text."""
    return {
        "looked_at": plan.looked_at,
        "contacts": plan.contacts,
        "causes": {cause: plan.causes[cause] for cause in CAUSES},
        "sets": _texts(plan.sets),
        "joins": _texts(plan.joins),
        "leaves": _texts(plan.leaves),
        "events": _texts(plan.events),
        "left_alone": _texts(plan.left_alone),
        "awaits": _texts(plan.awaits),
    }


def _texts(found: Counter[str] | Counter[int]) -> dict[str, int]:
    return {str(name): count for name, count in sorted(found.items())}
