"""Which part of a write Brevo refuses, found by writing the others: a refusal loses nothing but that part. PURE.

A write adds: what a part of it brought stays. So the parts are tried in groups, each half of what was refused, until a
refused group has one part only. What Brevo names (`metadata.duplicate_identifiers`, a name in its message) goes last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from processors.brevo.decisions.identifiers import IDENTIFIER_TYPES, PHONES
from processors.brevo.decisions.upsert import Create, Update
from runtime.calls import Answer

RefusedPart = str | int
"""An attribute by its name, or a list by its id."""
Write = Create | Update
LONGEST_WORDS = 120
_PRIVATE = re.compile(r"\S+@\S+|\+?\d[\d ().-]{4,}\d")
"""What may be an address or a number of a person in Brevo's words."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is left to be tried after a refusal."""

    groups: tuple[frozenset[RefusedPart], ...]
    """The first is written next; none: everything that is not refused."""
    refused: frozenset[RefusedPart] = frozenset()
    """Parts that Brevo has just refused by themselves."""
    whole: bool = False
    """The contact itself is refused: nothing was asked of Brevo but to have it."""


def parts_of(step: Write) -> frozenset[RefusedPart]:
    """Everything in a write that may be refused by itself."""
    lists = step.lists if isinstance(step, Create) else step.join | step.leave
    return frozenset(step.attributes) | lists


def restricted(step: Write, group: frozenset[RefusedPart]) -> Write:
    """The write with the parts of a group alone."""
    attributes = {name: value for name, value in step.attributes.items() if name in group}
    if isinstance(step, Create):
        return Create(attributes, step.lists & group)
    return Update(attributes, step.join & group, step.leave & group)


def narrowed(step: Write, answer: Answer, groups: tuple[frozenset[RefusedPart], ...]) -> Narrowed:
    """What to try after Brevo refused `step`, which had the parts of the first group (if there are any)."""
    parts, rest = parts_of(step), groups[1:]
    if not parts:
        return Narrowed((), whole=True)
    named = parts & _named(answer)
    if named:
        left = parts - named
        return Narrowed((left, *rest) if left or rest else (), named)
    if len(parts) == 1:
        return Narrowed(rest, parts)
    suspects = parts & _suspected(answer, parts)
    if suspects and suspects != parts:
        return Narrowed((parts - suspects, suspects, *rest))
    ordered = sorted(parts, key=str)
    middle = len(ordered) // 2
    halves = (frozenset(ordered[:middle]), frozenset(ordered[middle:]))
    # Whether the contact itself is what Brevo refuses shows at once if nothing but the contact is asked for.
    bare = (frozenset[RefusedPart](),) if isinstance(step, Create) and not groups else ()
    return Narrowed((*bare, *halves, *rest))


def words_of(answer: Answer) -> str:
    """Brevo's own words for people, without what may be a person's address or number."""
    return _PRIVATE.sub("…", answer.text("message"))[:LONGEST_WORDS] or answer.text("code")


def left_out(answers: Mapping[RefusedPart, str]) -> str:
    """For people: what was not written, and why; empty when everything was.

    >>> left_out({"MOBILE": "Invalid phone number", 99: "List ID does not exist"})
    'left out: attribute MOBILE (Invalid phone number), list 99 (List ID does not exist)'
    """
    told = [f"{'list' if isinstance(part, int) else 'attribute'} {part} ({why})" for part, why in answers.items()]
    return f"left out: {', '.join(told)}" if told else ""


def _named(answer: Answer) -> frozenset[RefusedPart]:
    """Identifiers that Brevo names as another contact's; all of them when it does not say which."""
    metadata = answer.body.get("metadata") if isinstance(answer.body, dict) else None
    names = metadata.get("duplicate_identifiers") if isinstance(metadata, dict) else None
    if isinstance(names, list):
        return frozenset(str(name).upper() for name in names)
    return frozenset(IDENTIFIER_TYPES) if answer.text("code") == "duplicate_parameter" else frozenset()


def _suspected(answer: Answer, parts: frozenset[RefusedPart]) -> frozenset[RefusedPart]:
    message = answer.text("message").lower()
    words = set(re.findall(r"[a-z0-9_]+", message))
    found = {part for part in parts if str(part).lower() in words}
    if "list" in words or "lists" in words:
        found |= {part for part in parts if isinstance(part, int)}
    if "phone" in words or "sms" in words:
        found |= parts & PHONES
    return frozenset(found)
