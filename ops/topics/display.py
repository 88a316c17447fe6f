"""How the topics differ: as a table, and as a JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from ops.topics.acts import ComparedTopics
from ops.topics.comparison import TopicDifference

_ACTS = {
    "create": "created by apply",
    "set": "set by apply",
    "lose": "loses: apply --lose",
    "by_hand": "see below",
}


def document(compared: ComparedTopics) -> dict[str, object]:
    """For programs."""
    return {
        "topics": len(compared.wanted),
        "differences": [asdict(difference) for difference in compared.differences],
        "not_ours": compared.strangers,
    }


def outcome(due: Sequence[TopicDifference], left: ComparedTopics) -> str:
    """What became of what was due; `left`: as it is afterwards."""
    return f"done: {len(due)} changed, {len(left.differences)} left"


def show(compared: ComparedTopics, console: Console) -> None:
    """For people."""
    found = compared.differences
    if not found:
        console.print(f"all {len(compared.wanted)} topics are as they shall be")
    missing = [difference.topic for difference in found if difference.act == "create"]
    if missing:
        console.print(f"missing, and {_ACTS['create']} with {compared.kafka.partitions} partitions each:")
        console.print(*(f"  {topic}" for topic in missing), sep="\n", markup=False)
    if len(found) > len(missing):
        table = Table("topic", "what", "is", "shall be", "", box=None, padding=(0, 2, 0, 0), show_edge=False)
        for step in found:
            if step.act != "create":
                table.add_row(step.topic, step.what, step.found or "not set", step.wanted, _ACTS[step.act])
        console.print(table)
    for advice in dict.fromkeys(f"{difference.what}: {difference.advice}" for difference in found if difference.advice):
        console.print(advice, markup=False)
    for name in compared.strangers:
        console.print(f"{name}: has the prefix and is no topic of ours; left alone", markup=False)
