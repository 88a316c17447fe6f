"""One contact, step by step: what Brevo is known to hold, and the smallest next call towards what it shall hold. PURE.

`next_step` compares the wanted state with the known one; the `after_…` functions take an answer into what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from processors.brevo.decisions.identifiers import IDENTIFIER_TYPES, is_somebody_elses
from processors.brevo.decisions.values import AttributeContent, is_same
from processors.brevo.decisions.wanted import Known, Wanted
from schemas.brevo import AttributeValue, ContactState

CLOCKS_APART = timedelta(minutes=5)
"""Brevo's clock and Kafka's may differ by so much: a contact that is hardly older than our command may be our own."""


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
    listed = body.get("listIds")
    on = frozenset(list_id for list_id in (listed if isinstance(listed, list) else ()) if isinstance(list_id, int))
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
