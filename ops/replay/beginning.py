"""Counts what a selection holds, and what a new replay of it begins with."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from ops.replay.copies import Earlier
from ops.replay.history import KnownReplay
from ops.replay.plan import ReplayPlan
from ops.replay.runner import stored_of
from ops.replay.tails import Tails
from ops.replay.tally import FOLLOWED
from ops.replay.wish import from_wire, to_wire
from ops.selection.selection import Selection
from schemas.replays import Replay

_RECEIVED_BEFORE = timedelta(hours=1)
"""So long before an event can have been received: clocks differ."""


async def planned(topic: Tails, selection: Selection, tell: Callable[[int, int], object]) -> ReplayPlan:
    """Read what the selection can hold, once, and count; `tell` is told how many records are read, of how many."""
    plan = ReplayPlan(selection)
    spans = await _spans(topic, selection)
    total = sum(map(len, spans.values()))
    async for portion in topic.read(selection.topic, spans):
        for records in portion.values():
            for record in records:
                plan.add(stored_of(record))
        tell(plan.looked_at, total)
    return plan


async def _spans(topic: Tails, selection: Selection) -> dict[int, range]:
    """From where on the topic has to be read, to where it ends now."""
    ends = (await topic.ends([selection.topic]))[selection.topic.name]
    since = [selection.stored.start] if selection.stored and selection.stored.start else []
    if selection.happened and selection.happened.start:
        since.append(selection.happened.start - _RECEIVED_BEFORE)
    begins = dict.fromkeys(ends, 0)
    if since:
        found = await topic.start_at(selection.topic, int(max(since).timestamp() * 1_000))
        begins = {number: found.get(number, end) for number, end in ends.items()}
    spans = {number: range(begins[number], end) for number, end in ends.items()}
    if selection.offsets:
        spans = {number: _overlap(span, selection.offsets.get(number, range(0))) for number, span in spans.items()}
    return spans


def _overlap(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


async def begun(topic: Tails, plan: ReplayPlan, *, reason: str, rate: int, re_emit: bool, operator: str) -> Replay:
    """A replay of what was counted, before its first copy."""
    now = datetime.now(UTC)
    followed = await topic.ends([*FOLLOWED, plan.selection.topic])
    return Replay(
        replay_id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        state="running",
        operator=operator,
        reason=reason,
        selection=to_wire(plan.selection),
        said=str(plan.selection),
        expected=plan.count,
        rate=rate,
        re_emit=re_emit,
        started_at=now,
        at=now,
        runner=new_runner(),
        begins=plan.begins,
        ends=plan.ends,
        goes_on=plan.begins,
        known_to=followed[plan.selection.topic.name],
        followed_from={topic.name: followed[topic.name] for topic in FOLLOWED},
    )


def new_runner() -> str:
    """Tells one process from another."""
    return secrets.token_hex(8)


def earlier(known: Sequence[KnownReplay], replay: Replay) -> list[Earlier]:
    """Replays of the same topic that began before this one."""
    return [
        Earlier(from_wire(other.replay.selection), other.replay.begins, other.replay.goes_on)
        for other in known
        if other.replay.selection.topic == replay.selection.topic
        and other.replay.replay_id != replay.replay_id
        and other.replay.started_at <= replay.started_at
    ]
