"""One contact, step by step: what Brevo is known to hold, and the smallest next call towards what it shall hold. PURE.

`next_step` compares the wanted state with the known one; the `after_…` functions take an answer into what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from processors.sink.values import Value, is_same
from schemas.brevo import AttributeValue, ContactState, UpsertContact


@dataclass(frozen=True, slots=True)
class Known:
    """What Brevo is known to hold of a contact, as far as it concerns us."""

    exists: bool | None = None
    """``None``: nobody has asked yet."""
    complete: bool = False
    """Brevo itself has just said so: an attribute that is not here is empty."""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    """Attributes that were filled before we wrote any."""
    lists: frozenset[int] = frozenset()
    lists_left: frozenset[int] = frozenset()
    """Lists that the contact is known not to be on."""

    @classmethod
    def of(cls, state: ContactState | None) -> Known:
        """What the ledger says; nothing when it never heard of the contact."""
        if state is None:
            return cls()
        return cls(
            exists=True,
            attributes=state.attributes,
            held=frozenset(state.held),
            lists=frozenset(state.lists),
            lists_left=frozenset(state.lists_left),
        )

    def state(self) -> ContactState:
        """As the ledger keeps it."""
        return ContactState(
            attributes=dict(self.attributes),
            held=tuple(sorted(self.held)),
            lists=tuple(sorted(self.lists)),
            lists_left=tuple(sorted(self.lists_left)),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Brevo shall hold: a command whose values were checked (`values.sendable`)."""

    email: str
    attributes: Mapping[str, AttributeValue]
    lists: frozenset[int]
    lists_left: frozenset[int]

    @classmethod
    def of(cls, command: UpsertContact, attributes: Mapping[str, AttributeValue]) -> Wanted:
        """A list that is both to join and to leave is joined."""
        lists = frozenset(command.lists)
        return cls(command.email, attributes, lists, frozenset(command.lists_left) - lists)


@dataclass(frozen=True, slots=True)
class Read:
    """Ask Brevo what it holds."""


@dataclass(frozen=True, slots=True)
class Create:
    """`POST /contacts` with `updateEnabled`: creates the contact, or updates one that nobody knew of."""

    attributes: Mapping[str, Value]
    lists: frozenset[int]


@dataclass(frozen=True, slots=True)
class Update:
    """`PUT /contacts/{e-mail}`: only what differs; the only call that takes a contact off a list."""

    attributes: Mapping[str, Value]
    join: frozenset[int]
    leave: frozenset[int]


Step = Read | Create | Update


def next_step(wanted: Wanted, known: Known) -> Step | None:
    """The next call, ``None`` when Brevo holds what it shall."""
    if must_read(wanted, known):
        return Read()
    attributes = {name: each.value for name, each in wanted.attributes.items() if _is_written(name, each, known)}
    if not known.exists:
        return Create(attributes, wanted.lists)
    join, leave = wanted.lists - known.lists, wanted.lists_left - known.lists_left
    return Update(attributes, join, leave) if attributes or join or leave else None


def must_read(wanted: Wanted, known: Known) -> bool:
    """Whether an attribute's fate depends on what Brevo holds and nobody knows."""
    if known.exists is False or known.complete:
        return False
    return any(
        known.exists is None
        if each.overwrite == "never"
        else each.overwrite != "always" and name not in known.attributes and name not in known.held
        for name, each in wanted.attributes.items()
    )


def _is_written(name: str, wanted: AttributeValue, known: Known) -> bool:
    if not known.exists:
        return True
    current = known.attributes.get(name)
    match wanted.overwrite:
        case "never":
            return False
        case "if_empty":
            return current is None and name not in known.held
        case "if_newer":
            return current is None or str(wanted.value) > str(current)
        case "always":
            return current is None or not is_same(current, wanted.value)


def after_read(wanted: Wanted, body: Mapping[str, Any] | None) -> Known:
    """What `GET /contacts/{e-mail}` said; ``None``: 404, Brevo has no such contact."""
    if body is None:
        return Known(exists=False)
    attributes: dict[str, Value] = {}
    held = set()
    found = body.get("attributes")
    for name, value in found.items() if isinstance(found, dict) else ():
        each = wanted.attributes.get(name)
        if each is None or value is None or value == "":
            continue
        if each.overwrite in ("if_empty", "never"):
            held.add(name)
        elif isinstance(value, str | float | int):
            # A date may come back with a time of day behind it.
            attributes[name] = value[:10] if each.type == "date" and isinstance(value, str) else value
    on = frozenset(each for each in body.get("listIds") or () if isinstance(each, int))
    return Known(
        exists=True,
        complete=True,
        attributes=attributes,
        held=frozenset(held),
        lists=on & wanted.lists,
        lists_left=wanted.lists_left - on,
    )


def after_create(wanted: Wanted, known: Known, step: Create, *, created: bool) -> Known:
    """What holds after 201 (`created`) or 204 (there was one already).

    One that nobody knew of may be on a list that it shall leave; one that was just found gone is on none.
    """
    settled = created or known.exists is False
    return replace(
        known,
        exists=True,
        complete=created or known.complete,
        attributes={**known.attributes, **step.attributes},
        lists=step.lists,
        lists_left=wanted.lists_left if settled else frozenset(),
    )


def after_update(known: Known, step: Update) -> Known:
    """What holds after 204."""
    return replace(
        known,
        attributes={**known.attributes, **step.attributes},
        lists=(known.lists | step.join) - step.leave,
        lists_left=(known.lists_left - step.join) | step.leave,
    )


def gone() -> Known:
    """What holds after a 404 to an update: nothing, and nobody needs to ask."""
    return Known(exists=False)


def create_body(wanted: Wanted, step: Create) -> dict[str, Any]:
    """Body of `POST /contacts`. Whether the person is blocklisted is Brevo's alone: never written."""
    return {"email": wanted.email, "updateEnabled": True} | _common(step.attributes, step.lists)


def update_body(step: Update) -> dict[str, Any]:
    """Body of `PUT /contacts/{e-mail}`."""
    return _common(step.attributes, step.join) | ({"unlinkListIds": sorted(step.leave)} if step.leave else {})


def _common(attributes: Mapping[str, Value], lists: frozenset[int]) -> dict[str, Any]:
    body: dict[str, Any] = {"attributes": dict(attributes)} if attributes else {}
    return body | ({"listIds": sorted(lists)} if lists else {})
