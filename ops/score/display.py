"""A rebuild's plan and outcome in words, and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.resync import requests
from ops.score.models import ChosenModel
from ops.score.plan import RebuildPlan

SAY_SWITCH = "nothing is done: say --switch to have it"
"""By the live model, whose scores go to Brevo."""


def in_words(plan: RebuildPlan, model: ChosenModel) -> Iterator[str]:
    """The plan, line by line."""
    kind = "the live model" if model.is_live else "a candidate"
    yield f"{model.name} is {kind}: {plan.looked_at} contacts looked at, {len(plan.contacts)} to be computed"
    if model.is_live:
        yield f"  {plan.commands} of them with something for Brevo"
    for (before, after), count in plan.moved.items():
        yield f"  {count} would go from {before} to {after}"
    if plan.left_alone:
        yield f"left alone: {plan.left_alone} without a score, or of an excluded domain"


def document(plan: RebuildPlan, model: ChosenModel) -> dict[str, Any]:
    """The same for programs."""
    return {
        "model": model.name,
        "is_live": model.is_live,
        "looked_at": plan.looked_at,
        "contacts": len(plan.contacts),
        "commands": plan.commands,
        "tiers": [{"told": told, "model": by, "contacts": count} for (told, by), count in sorted(plan.tiers.items())],
        "left_alone": plan.left_alone,
    }


def outcome(count: int, found: int | None) -> str:
    """What becomes of the requests; `found` workers run, `None`: Kafka does not tell."""
    done_by = "a worker with this section scoring does them; the same command tells how many are left"
    return requests.outcome(count, found, done_by)
