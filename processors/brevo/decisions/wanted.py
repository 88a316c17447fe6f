"""What a command wants of a contact, and what is known of it. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from processors.brevo.decisions.values import AttributeContent
from schemas.brevo import AttributeValue, ContactState, UpsertContact


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
