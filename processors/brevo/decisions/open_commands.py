"""Commands that are open, each parsed once: from the record that brought it until its rows say that it has ended. PURE.

The rows keep a command as its record's text, and are read anew for each look at a contact. What the text says is kept
here meanwhile, beside the rows and never instead of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable

from processors.brevo.decisions.ledger import ContactRow, EventRow, ReadCommand, Waiting, parse_command
from schemas.brevo import BrevoCommand

MOST_KEPT = 20_000
"""A session of 10,000 with an event for each. Some 3 kB an upsert and 2 kB an event (measured 2026-11-27), so at most
60 MB. Of a longer backlog, as after a day without Brevo, those that were looked at last are kept: each of the others is
parsed once more when its turn comes."""

_Place = tuple[str, int, int]


class OpenCommands:
    """Of all partitions of a worker.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._count = 0
        self._contacts: OrderedDict[tuple[int, str], dict[_Place, BrevoCommand]] = OrderedDict()

    def __len__(self) -> int:
        """How many are kept."""
        return self._count

    def keep(self, partition: int, waiting: Waiting, command: BrevoCommand) -> None:
        """A command is open from now on."""
        key = (partition, command.contact_id)
        kept = self._contacts.setdefault(key, {})
        self._contacts.move_to_end(key)
        self._count += _place(waiting) not in kept
        kept[_place(waiting)] = command
        while self._count > self._most and len(self._contacts) > 1:
            self._count -= len(self._contacts.popitem(last=False)[1])

    def reader(self, partition: int, contact: str) -> ReadCommand:
        """Reads the commands of a contact's rows."""

        def read(waiting: Waiting) -> BrevoCommand:
            kept = self._contacts.get((partition, contact), {}).get(_place(waiting))
            if kept is not None:
                self._contacts.move_to_end((partition, contact))
                return kept
            command = parse_command(waiting)
            self.keep(partition, waiting, command)
            return command

        return read

    def look_at(self, partition: int, contact: str, row: ContactRow, events: Iterable[EventRow]) -> None:
        """The confirmed rows of a contact: what they do not wait for any more is let go."""
        key = (partition, contact)
        if (kept := self._contacts.get(key)) is None:
            return
        rows = [row.pending, *(event.waiting for event in events if event.state in ("pending", "intended"))]
        self._retain(key, kept, {_place(waiting) for waiting in rows if waiting is not None})

    def let_go(self, partition: int, contact: str) -> None:
        """Nobody looks at what the contact waits for any more."""
        self._count -= len(self._contacts.pop((partition, contact), ()))

    def revoke(self, partition: int) -> None:
        """The partition is another worker's."""
        for key in [key for key in self._contacts if key[0] == partition]:
            self._count -= len(self._contacts.pop(key))

    def _retain(self, key: tuple[int, str], kept: dict[_Place, BrevoCommand], places: Collection[_Place]) -> None:
        for place in [place for place in kept if place not in places]:
            del kept[place]
            self._count -= 1
        if not kept:
            del self._contacts[key]


def _place(waiting: Waiting) -> _Place:
    """What no other record of the contact has, though its topic were made anew."""
    return (waiting.topic, waiting.offset, waiting.timestamp_ms)
