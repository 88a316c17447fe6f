"""Who waits for the confirmation of an intent: no call that may not repeat is made before its row says so."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from processors.brevo.decisions.ledger import ContactRow, EventRow, Rank, contact_of
from processors.brevo.decisions.open_work import EventWork, UpsertWork, is_open


@dataclass(slots=True)
class _Importing:
    """Contacts whose rows are to say that they are in an import."""

    id: str
    waiting: dict[str, Rank]
    confirmed: set[str]
    future: asyncio.Future[frozenset[str]]


class Intents:
    """Intents that were posted, and the rows that confirm them."""

    def __init__(self) -> None:
        self._events: dict[bytes, asyncio.Future[bool]] = {}
        self._withdrawn: dict[bytes, tuple[str | None, asyncio.Future[None]]] = {}
        self._imports: dict[str, _Importing] = {}

    def of_event(self, work: EventWork) -> asyncio.Future[bool]:
        """Resolves to true once the event's row is confirmed as intended, to false when it never will be."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._events[work.key] = future
        return future

    def of_withdrawal(self, work: EventWork, intent_id: str | None) -> asyncio.Future[None]:
        """Resolves once the event's row does not have this intent any more."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._withdrawn[work.key] = (intent_id, future)
        return future

    def of_import(self, import_id: str, works: Mapping[str, UpsertWork]) -> asyncio.Future[frozenset[str]]:
        """Resolves to the contacts that the confirmed rows say are in the import, once all rows have said something."""
        future: asyncio.Future[frozenset[str]] = asyncio.get_running_loop().create_future()
        importing = _Importing(import_id, {contact: work.rank for contact, work in works.items()}, set(), future)
        for contact in works:
            self._imports[contact] = importing
        return future

    def note(self, contact: str, row: ContactRow, events: Mapping[bytes, EventRow]) -> None:
        """What the confirmed rows of a contact say."""
        self._note_import(contact, row)
        self._note_intended(contact, events)
        self._note_withdrawn(contact, events)

    def _note_intended(self, contact: str, events: Mapping[bytes, EventRow]) -> None:
        for key, event in events.items():
            if event.state != "pending" and (future := self._events.pop(key, None)) and not future.done():
                future.set_result(event.state == "intended")
        for key in [key for key in self._events if contact_of(key) == contact and key not in events]:
            # It has ended meanwhile, or its contact was forgotten.
            if not (future := self._events.pop(key)).done():
                future.set_result(False)

    def _note_withdrawn(self, contact: str, events: Mapping[bytes, EventRow]) -> None:
        for key in [key for key in self._withdrawn if contact_of(key) == contact]:
            intent_id, gone = self._withdrawn[key]
            if key not in events or events[key].state != "intended" or events[key].intent_id != intent_id:
                del self._withdrawn[key]
                if not gone.done():
                    gone.set_result(None)

    def forget(self, contact: str) -> None:
        """A contact went elsewhere."""
        self._note_import(contact, None)

    def _note_import(self, contact: str, row: ContactRow | None) -> None:
        importing = self._imports.get(contact)
        if importing is None:
            return
        rank = importing.waiting[contact]
        if row is not None and row.importing == importing.id:
            importing.confirmed.add(contact)
        elif row is not None and is_open(row, rank):
            return  # not there yet
        del self._imports[contact], importing.waiting[contact]
        if not importing.waiting and not importing.future.done():
            importing.future.set_result(frozenset(importing.confirmed))
