"""Pages that go on behind the last row of the one before: the thousandth is as quick as the first. PURE."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from schemas.codec import pack, unpack
from schemas.errors import ConfigurationError

Item = TypeVar("Item")
PART = 100


@dataclass(frozen=True, slots=True)
class Part(Generic[Item]):
    """Some rows, and where to go on."""

    items: tuple[Item, ...]
    after: str | None
    """For the next page; ``None``: this is the last."""


def part_of(
    rows: Sequence[Any], limit: int, item: Callable[[Any], Item], place: Callable[[Any], Sequence[object]]
) -> Part[Item]:
    """The page of `limit` rows of which one more was asked for, if there is one; `place` names where a row stands."""
    shown = rows[:limit]
    after = cursor(place(shown[-1])) if len(rows) > limit else None
    return Part(tuple(map(item, shown)), after)


def every(part_after: Callable[[str | None], Part[Item]]) -> Iterator[Item]:
    """The items of all parts, each read when it is come to; `part_after` gives the one behind a place.

    >>> list(every({None: Part((1, 2), "a"), "a": Part((3,), None)}.__getitem__))
    [1, 2, 3]
    """
    after: str | None = None
    while True:
        part = part_after(after)
        yield from part.items
        if (after := part.after) is None:
            return


def cursor(place: Sequence[object]) -> str:
    """A place as a word for URLs and command lines.

    >>> place_of(cursor(["no_show", 0, b"key"]), [str, int, bytes])
    ['no_show', 0, b'key']
    """
    plain = [{"hex": bytes(value).hex()} if isinstance(value, bytes | memoryview) else value for value in place]
    return base64.urlsafe_b64encode(pack(plain)).decode().rstrip("=")


def place_of(after: str, types: Sequence[type]) -> list[Any]:
    """The place that `cursor` was given: a value of each type. Anybody can write one, so nothing else is let through.

    Raises:
        ConfigurationError: it is none of ours.
    """
    try:
        plain = unpack(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        place = [bytes.fromhex(value["hex"]) if isinstance(value, dict) else value for value in plain]
        is_ours = all(_fits(value, wanted) for value, wanted in zip(place, types, strict=True))
    except (ValueError, KeyError, TypeError, binascii.Error):
        is_ours = False
    if not is_ours:
        raise ConfigurationError("this is no place to go on from: take the one that the page before gave, or none")
    return place


def _fits(value: object, wanted: type) -> bool:
    """Whether it is a value of that type that every database takes."""
    if type(value) is not wanted:
        return False
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return not isinstance(value, str) or "\0" not in value
