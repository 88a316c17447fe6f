"""Whom a resync concerns, and why: what today's configuration makes of a contact, beside what Brevo has of it. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ops.resync.kept import Kept
from processors.brevo.decisions.ledger import ContactRow, parse_command, state_before
from processors.brevo.decisions.preview import upsert_preview
from processors.brevo.decisions.refused_events import to_try_again
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.decisions.wanted import Known
from processors.engagement.assessment import Assessor
from processors.engagement.commands import Recomputed, upsert_contact
from processors.engagement.resync import can_be_resynced
from runtime.models import Configuration
from schemas.brevo import OnceCommand, UpsertContact

Cause = Literal["changed", "unasked", "left_out", "refused", "events"]
CAUSES: Mapping[Cause, str] = {
    "changed": "get something else than Brevo has",
    "unasked": "have attributes that only Brevo can answer for, and nobody has asked",
    "left_out": "have values or lists that Brevo refused: tried again",
    "refused": "were refused by Brevo: tried again",
    "events": "have events that Brevo refused: sent once",
}
GONE_AT_BREVO, EXCLUDED = "deleted at Brevo", "of an excluded domain"
ON_ITS_WAY, UNWRITTEN = "on their way already", "not to be at Brevo"


@dataclass(frozen=True, slots=True)
class ResyncNeed:
    """What a resync does for one contact."""

    causes: frozenset[Cause]
    """None: nothing."""
    sets: tuple[str, ...] = ()
    joins: tuple[int, ...] = ()
    leaves: tuple[int, ...] = ()
    events: tuple[str, ...] = ()
    """Names, one for each event."""
    awaits: frozenset[int] = frozenset()
    """Lists that it joins by itself once they exist."""


@dataclass(slots=True)
class ResyncPlan:
    """What a resync would do, in figures."""

    looked_at: int = 0
    contacts: list[str] = field(default_factory=list)
    """Whom it concerns: ids."""
    causes: Counter[Cause] = field(default_factory=Counter)
    """Contacts; one may have several."""
    sets: Counter[str] = field(default_factory=Counter)
    joins: Counter[int] = field(default_factory=Counter)
    leaves: Counter[int] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    left_alone: Counter[str] = field(default_factory=Counter)
    awaits: Counter[int] = field(default_factory=Counter)
    """Contacts by list: it does not exist at Brevo, and they join it once it does, without a resync."""

    def add(self, contact_id: str, found: ResyncNeed | str) -> None:
        """Count one contact; see `ResyncPlanner.need`."""
        self.looked_at += 1
        if isinstance(found, str):
            self.left_alone[found] += 1
            return
        self.awaits.update(found.awaits)
        if found.causes:
            self.contacts.append(contact_id)
            self.causes.update(found.causes)
            self.sets.update(found.sets)
            self.joins.update(found.joins)
            self.leaves.update(found.leaves)
            self.events.update(found.events)


_LISTS = ("lists", "lists_for_existing")


class ResyncPlanner:
    """Judges contacts by today's configuration.

    Args:
        configuration: with the accounts' ids.
        now: when it is asked for.
    """

    def __init__(self, configuration: Configuration, now: datetime) -> None:
        self._configuration = configuration
        self._assessor = Assessor(configuration)
        self._rules = SendingRules.of(configuration.brevo)
        self._now = now

    def need(self, kept: Kept) -> ResyncNeed | str:
        """What a resync does for the contact, or why it is left alone."""
        if not can_be_resynced(kept.rows, self._configuration):
            return EXCLUDED if kept.rows.head.upsert_digest else UNWRITTEN
        if kept.told is not None and kept.told.erased:
            return GONE_AT_BREVO
        command = self._command(kept)
        if kept.ledger.withheld and not command.creates:
            return UNWRITTEN
        events = tuple(event.name for event in self._events(kept))
        if not events and _is_on_its_way(command, kept.ledger):
            return ON_ITS_WAY
        return self._compared(command, kept.ledger, events)

    def _command(self, kept: Kept) -> UpsertContact:
        """As the worker will compute it."""
        _, wanted = self._assessor.assess(kept.rows)
        head = kept.rows.head
        cause = Recomputed(kept.contact_id, head.email, self._now, "resync")
        return upsert_contact(cause, head.revision + 1, wanted, wanted.digest())

    def _events(self, kept: Kept) -> Iterator[OnceCommand]:
        for row in kept.events.values():
            command = to_try_again(row, kept.events.get, parse_command)
            if (
                command is not None
                and self._rules.wants(command)
                and self._rules.keeps_from(command, kept.told) is None
            ):
                yield command

    def _compared(self, command: UpsertContact, ledger: ContactRow, events: tuple[str, ...]) -> ResyncNeed:
        known = Known.of(state_before(command, ledger.state))
        awaited = frozenset(ledger.awaited)
        awaits = awaited & {*command.lists, *command.lists_for_existing}
        preview = upsert_preview(_without(command, awaits), known, self._configuration.brevo.phone_region)
        # Of a list that we never put the contact on there is nothing to undo; the command leaves it all the same.
        leaves = tuple(
            list_id for list_id in preview["leaves"] if ledger.state is not None and list_id in ledger.state.lists
        )
        changes: set[str | int] = {*preview["sets"], *preview["joins"], *leaves}
        refused = changes & _refused(ledger)
        causes: dict[Cause, bool] = {
            "changed": bool(changes - refused) or awaits != awaited,
            "unasked": bool(preview["asks"]),
            "left_out": bool(refused),
            "refused": ledger.rejected is not None,
            "events": bool(events),
        }
        found = frozenset(cause for cause, holds in causes.items() if holds)
        return ResyncNeed(found, tuple(preview["sets"]), tuple(preview["joins"]), leaves, events, awaits)


def _without(command: UpsertContact, lists: frozenset[int]) -> UpsertContact:
    left = {name: tuple(list_id for list_id in getattr(command, name) if list_id not in lists) for name in _LISTS}
    return command.model_copy(update=left)


def _is_on_its_way(command: UpsertContact, ledger: ContactRow) -> bool:
    """Whether a command that waits for Brevo says the same, and tries what was refused once more."""
    if ledger.pending is None or ledger.awaited:
        return False
    waiting = parse_command(ledger.pending)
    if not isinstance(waiting, UpsertContact) or _said(waiting) != _said(command):
        return False
    return waiting.retries_refused or (ledger.rejected is None and not _refused(ledger))


def _said(command: UpsertContact) -> dict[str, Any]:
    return command.model_dump(include={"email", "attributes", "lists", "lists_left", "lists_for_existing", "creates"})


def _refused(ledger: ContactRow) -> set[str | int]:
    """Attributes and lists that Brevo has refused of the contact."""
    return set() if ledger.state is None else {*ledger.state.refused, *ledger.state.refused_lists}
