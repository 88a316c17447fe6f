"""What the network and Zoom do to deliveries: lost, late, doubled, out of order. PURE."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from sandbox.simulator.people import Inventor
from sandbox.simulator.timeline import MomentKind, TimedWebhook
from sandbox.simulator.world import Chaos


def disturb(messages: list[TimedWebhook], chaos: frozenset[Chaos], random: Random) -> list[TimedWebhook]:
    """The messages as they are sent in the end; `sent_at` never falls."""
    inventor = Inventor(random)
    if "lost-left" in chaos:
        messages = _lose(messages, "left", 0.25, random)
    if "lost-joined" in chaos:
        messages = _lose(messages, "joined", 0.15, random)
    if "late" in chaos:
        messages = _delay(messages, random)
    if "dup" in chaos:
        messages = _double(messages, random, inventor)
    if "reorder" in chaos:
        messages = _shuffle(messages, random)
    return messages


def _some(count: int, share: float) -> int:
    return min(count, max(1, round(count * share)))


def _lose(messages: list[TimedWebhook], kind: MomentKind, share: float, random: Random) -> list[TimedWebhook]:
    candidates = [message for message in messages if message.kind == kind]
    lost = {id(message) for message in random.sample(candidates, _some(len(candidates), share))}
    return [message for message in messages if id(message) not in lost]


def _delay(messages: list[TimedWebhook], random: Random) -> list[TimedWebhook]:
    """Some deliveries about connections come minutes after the end."""
    end = max(message.sent_at for message in messages if message.kind == "ended")
    early = [message for message in messages if message.connection and message.sent_at < end]
    late = {id(message) for message in random.sample(early, _some(len(early), 0.1))}
    moved = [
        replace(message, sent_at=end + random.uniform(5, 600)) if id(message) in late else message
        for message in messages
    ]
    return sorted(moved, key=lambda message: message.sent_at)


def _double(messages: list[TimedWebhook], random: Random, inventor: Inventor) -> list[TimedWebhook]:
    """Some are sent again (a retry after a slow answer), and some by a second subscription under another id."""
    again = random.sample(messages, _some(len(messages), 0.15))
    other = random.sample(messages, _some(len(messages), 0.05))
    copies = [replace(message, sent_at=message.sent_at + random.uniform(1, 304)) for message in again]
    copies += [
        replace(message, request_id=inventor.request_id(), sent_at=message.sent_at + random.uniform(0, 2))
        for message in other
    ]
    return sorted([*messages, *copies], key=lambda message: message.sent_at)


def _shuffle(messages: list[TimedWebhook], random: Random) -> list[TimedWebhook]:
    """Each message moves by up to a fifth of the whole; at least one leave comes before its join."""
    reach = max(4.0, len(messages) / 5)
    order = sorted(range(len(messages)), key=lambda index: index + random.uniform(-reach, reach))
    order = _leave_first(messages, order)
    times = [message.sent_at for message in messages]
    return [replace(messages[index], sent_at=at) for index, at in zip(order, times, strict=True)]


def _leave_first(messages: list[TimedWebhook], order: list[int]) -> list[int]:
    """`order` with the first connection's join and leave exchanged where the join still comes first."""
    joins = {messages[index].connection: place for place, index in enumerate(order) if messages[index].kind == "joined"}
    for place, index in enumerate(order):
        message = messages[index]
        if message.kind == "left" and message.connection in joins:
            joined = joins[message.connection]
            if joined < place:
                order[joined], order[place] = order[place], order[joined]
            break
    return order
