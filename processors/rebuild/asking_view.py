"""The view of the rule of a rebuild: what it asks Zoom is answered beside it, what it holds back stays there. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from typing_extensions import override

from processors.engine.view import View
from schemas.cloud_events import Headers
from schemas.lookups import LookupRequest
from schemas.model import Message
from schemas.topics import HELD_EVENTS, LOOKUPS, LOOKUPS_BULK, RAW_EVENTS


class AskingView(View):
    """Of one partition during one turn; `asked` takes a question and the time at which its record was taken."""

    def __init__(self, view: View, asked: Callable[[LookupRequest, int, View], None]) -> None:
        self.view = view
        self.partition = view.partition
        self._asked = asked
        self.begin(0)

    def begin(self, now_ms: int) -> None:
        """The next record is in hand, taken then."""
        self.now_ms, self.lineage = now_ms, self.view.lineage

    @override
    def learned(self) -> None:
        self.view.lineage = self.lineage
        self.view.learned()

    @override
    def get(self, table: str, key: bytes) -> bytes | None:
        return self.view.get(table, key)

    @override
    def put(self, table: str, key: bytes, value: bytes) -> None:
        self.view.put(table, key, value)

    @override
    def delete(self, table: str, key: bytes) -> None:
        self.view.delete(table, key)

    @override
    def scan(self, table: str, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return self.view.scan(table, prefix, start)

    @override
    def send_tombstone(self, topic: str, key: bytes, model: type[Message]) -> None:
        self.view.lineage = self.lineage
        self.view.send_tombstone(topic, key, model)

    @override
    def send(self, topic: str, key: bytes | None, message: Message, *, partition: int | None = None) -> None:
        """An account that was deauthorized is the live worker's matter."""
        self.view.lineage = self.lineage  # a rule may have set it to that of a row
        if topic not in (LOOKUPS.name, LOOKUPS_BULK.name):
            self.view.send(topic, key, message, partition=partition)
        elif isinstance(message, LookupRequest):
            self._asked(message, self.now_ms, self.view)

    @override
    def pass_on(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self.view.pass_on(HELD_EVENTS.name if topic == RAW_EVENTS.name else topic, key, value, headers)
