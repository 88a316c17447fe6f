"""One contact, step by step: what Brevo is known to hold, and the smallest next call towards what it shall hold. PURE.

`next_step` compares the wanted state with the known one; the `after_…` functions take an answer into what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from processors.brevo.decisions.identifiers import IDENTIFIER_TYPES, is_somebody_elses
from processors.brevo.decisions.values import AttributeContent, is_same
from schemas.brevo import AttributeValue, ContactState, UpsertContact

CLOCKS_APART = timedelta(minutes=5)
"""Brevo's clock and Kafka's may differ by so much: a contact that is hardly older than our command may be our own."""


@dataclass(frozen=True, slots=True)
class Known:
    """What Brevo is known to hold of a contact, as far as it concerns us."""

    exists: bool | None = None
    """``None``: nobody has asked yet."""
    complete: bool = False
    """Brevo itself has just said so: an attribute that is not here is empty."""
    attributes: Mapping[str, AttributeContent] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    """Attributes that were filled before we wrote any."""
    lists: frozenset[int] = frozenset()
    lists_left: frozenset[int] = frozenset()
    """Lists that the contact is known not to be on."""
    existed: bool | None = None
    """Whether Brevo had it before Rollcall could have created it; ``None``: nobody has asked yet."""
    refused: Mapping[str, AttributeContent] = field(default_factory=dict)
    """Values that Brevo does not take of this contact: not tried again while they are wanted unchanged."""
    refused_lists: frozenset[int] = frozenset()
    """Lists that it does not take this contact on."""
    free: frozenset[str] = frozenset()
    """Identifiers whose wanted value no other contact has, as Brevo has just said."""

    @classmethod
    def of(cls, state: ContactState | None, *, uncertain: bool = False) -> Known:
        """What the ledger says; nothing when it never heard of the contact.

        `uncertain`: the outcome of a call was lost, so Brevo may hold something else; it still has the contact.
        """
        if state is None:
            return cls()
        refused, refused_lists = state.refused, frozenset(state.refused_lists)
        if uncertain:
            return cls(exists=True, existed=state.existed, refused=refused, refused_lists=refused_lists)
        return cls(
            exists=True,
            refused=refused,
            refused_lists=refused_lists,
            attributes=state.attributes,
            held=frozenset(state.held),
            lists=frozenset(state.lists),
            lists_left=frozenset(state.lists_left),
            existed=state.existed,
        )

    def state(self, awaited: frozenset[int] = frozenset()) -> ContactState:
        """As the ledger keeps it; `awaited` lists do not exist yet."""
        return ContactState(
            attributes=dict(self.attributes),
            held=tuple(sorted(self.held)),
            lists=tuple(sorted(self.lists)),
            lists_left=tuple(sorted(self.lists_left)),
            existed=self.existed,
            refused=dict(self.refused),
            refused_lists=tuple(sorted(self.refused_lists)),
            awaited=tuple(sorted(awaited)),
        )

    def with_lists(self, refused_lists: frozenset[int]) -> Known:
        """The same with exactly these lists refused."""
        return replace(self, refused_lists=refused_lists)

    def without(self, refused: Mapping[str, AttributeContent], refused_lists: frozenset[int]) -> Known:
        """What is known after Brevo has refused these."""
        return replace(self, refused={**self.refused, **refused}, refused_lists=self.refused_lists | refused_lists)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Brevo shall hold: a command whose values were checked (`values.sendable`)."""

    email: str
    attributes: Mapping[str, AttributeValue]
    lists: frozenset[int]
    lists_left: frozenset[int]
    lists_for_existing: frozenset[int] = frozenset()
    """To be joined by a contact that Brevo had before us."""
    creates: bool = True
    """Whether the contact may be created."""
    creatable_at: datetime | None = None
    """Since when Rollcall may have created it."""
    awaited: frozenset[int] = frozenset()
    """Lists that it shall be on and that do not exist at Brevo: joined once they do."""
    ours_alone: frozenset[int] = frozenset()
    """Lists that Rollcall alone puts people on: who was just created is on none of them but those of the call."""

    @classmethod
    def of(
        cls,
        command: UpsertContact,
        attributes: Mapping[str, AttributeValue],
        creatable_at: datetime | None = None,
        missing: frozenset[int] = frozenset(),
        ours_alone: frozenset[int] = frozenset(),
    ) -> Wanted:
        """A list that is both to join and to leave is joined; nothing is asked of `missing` ones."""
        lists, for_existing = frozenset(command.lists), frozenset(command.lists_for_existing)
        left = frozenset(command.lists_left) - lists - for_existing
        return cls(
            command.email,
            attributes,
            lists - missing,
            left - missing,
            for_existing - missing,
            command.creates,
            creatable_at,
            (lists | for_existing) & missing,
            ours_alone,
        )

    def lacking(self, missing: frozenset[int]) -> Wanted:
        """The same once it is known that these lists do not exist."""
        awaited = (self.lists | self.lists_for_existing) & missing
        return replace(
            self,
            lists=self.lists - missing,
            lists_left=self.lists_left - missing,
            lists_for_existing=self.lists_for_existing - missing,
            awaited=self.awaited | awaited,
        )


@dataclass(frozen=True, slots=True)
class Read:
    """Ask Brevo what it holds."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Ask Brevo whether another contact has an identifier (`processors.brevo.decisions.identifiers`)."""

    name: str
    value: AttributeContent


@dataclass(frozen=True, slots=True)
class Create:
    """`POST /contacts` with `updateEnabled`: creates the contact, or updates one that nobody knew of."""

    attributes: Mapping[str, AttributeContent]
    lists: frozenset[int]


@dataclass(frozen=True, slots=True)
class Update:
    """`PUT /contacts/{e-mail}`: only what differs; the only call that takes a contact off a list."""

    attributes: Mapping[str, AttributeContent]
    join: frozenset[int]
    leave: frozenset[int]


UpsertStep = Read | Claim | Create | Update


def next_step(wanted: Wanted, known: Known) -> UpsertStep | None:
    """The next call, ``None`` when Brevo holds what it shall, or has no contact and none may be created."""
    if must_read(wanted, known):
        return Read()
    if not known.exists and not wanted.creates:
        return None
    attributes = {
        name: attribute.value for name, attribute in wanted.attributes.items() if _is_written(name, attribute, known)
    }
    for name in IDENTIFIER_TYPES:
        if name in attributes and name not in known.free:
            return Claim(name, attributes[name])
    if not known.exists:
        return Create(attributes, wanted.lists - known.refused_lists)
    lists = wanted.lists | (wanted.lists_for_existing if known.existed else frozenset())
    join = lists - known.lists - known.refused_lists
    leave = wanted.lists_left - known.lists_left - known.refused_lists
    return Update(attributes, join, leave) if attributes or join or leave else None


def must_read(wanted: Wanted, known: Known) -> bool:
    """Whether an attribute's or a list's fate depends on what Brevo holds and nobody knows."""
    if known.exists is False or known.complete:
        return False
    if known.existed is None and (wanted.lists_for_existing or not wanted.creates):
        return True
    return any(
        known.exists is None
        if attribute.overwrite == "never"
        else attribute.overwrite != "always" and name not in known.attributes and name not in known.held
        for name, attribute in wanted.attributes.items()
    )


def _is_written(name: str, wanted: AttributeValue, known: Known) -> bool:
    if name in known.refused and is_same(known.refused[name], wanted.value):
        return False
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
    attributes: dict[str, AttributeContent] = {}
    held = set()
    found = body.get("attributes")
    for name, value in found.items() if isinstance(found, dict) else ():
        attribute = wanted.attributes.get(name)
        if attribute is None or value is None or value == "":
            continue
        if attribute.overwrite in ("if_empty", "never"):
            held.add(name)
        elif isinstance(value, str | float | int):
            # A date may come back with a time of day behind it.
            attributes[name] = value[:10] if attribute.type == "date" and isinstance(value, str) else value
    on = frozenset(list_id for list_id in body.get("listIds") or () if isinstance(list_id, int))
    return Known(
        exists=True,
        complete=True,
        attributes=attributes,
        held=frozenset(held),
        lists=on & (wanted.lists | wanted.lists_for_existing),
        lists_left=wanted.lists_left - on,
        existed=_existed(wanted, body),
    )


def _existed(wanted: Wanted, body: Mapping[str, Any]) -> bool | None:
    """Whether Brevo had the contact before the first of our calls that could have created it, if anything asks that."""
    if wanted.creates and not wanted.lists_for_existing:
        return None
    if wanted.creatable_at is None:
        return True
    try:
        created_at = datetime.fromisoformat(str(body.get("createdAt")))
    except ValueError:
        return False
    return created_at.tzinfo is not None and created_at < wanted.creatable_at - CLOCKS_APART


def after_claim(wanted: Wanted, known: Known, step: Claim, owner: Mapping[str, Any] | None) -> Known:
    """What is known of an identifier after Brevo has shown whose it is; ``None``: nobody's."""
    if is_somebody_elses(owner, wanted.email):
        return known.without({step.name: step.value}, frozenset())
    return replace(known, free=known.free | {step.name})


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
        lists_left=(wanted.lists_left | wanted.ours_alone) - step.lists if settled else frozenset(),
        existed=False if created else known.existed,
    )


def after_update(known: Known, step: Update) -> Known:
    """What holds after 204."""
    return replace(
        known,
        attributes={**known.attributes, **step.attributes},
        lists=(known.lists | step.join) - step.leave,
        lists_left=(known.lists_left - step.join) | step.leave,
    )


def was_deleted(known: Known, recorded: ContactState | None, step: UpsertStep) -> bool:
    """Whether a 404 to `step` says that somebody has deleted the contact at Brevo; `recorded` is the ledger's."""
    return recorded is not None or (known.exists is True and isinstance(step, Update))


def create_body(wanted: Wanted, step: Create) -> dict[str, Any]:
    """Body of `POST /contacts`. Whether the person is blocklisted is Brevo's alone: never written."""
    return {"email": wanted.email, "updateEnabled": True} | _common(step.attributes, step.lists)


def update_body(step: Update) -> dict[str, Any]:
    """Body of `PUT /contacts/{e-mail}`."""
    return _common(step.attributes, step.join) | ({"unlinkListIds": sorted(step.leave)} if step.leave else {})


def _common(attributes: Mapping[str, AttributeContent], lists: frozenset[int]) -> dict[str, Any]:
    named = {name: value for name, value in attributes.items() if name != "EXT_ID"}
    body: dict[str, Any] = {"attributes": named} if named else {}
    if "EXT_ID" in attributes:
        # The one identifier that has a field of its own (developers.brevo.com/reference/createcontact).
        body["ext_id"] = attributes["EXT_ID"]
    return body | ({"listIds": sorted(lists)} if lists else {})
