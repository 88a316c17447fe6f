"""Whose a result is, where several states share a topic: every record of attendance names its state. PURE.

After `rollcall rebuild switch` the topic still has results of the state that was live before, and perhaps some that
nobody has read yet. They are of other tables, and would come behind what these say.
"""

from __future__ import annotations

from typing_extensions import override

from processors.engine.view import Record, Rule, View
from schemas.cloud_events import Headers
from schemas.errors import SkipError
from schemas.states import FIRST_STATE
from schemas.topics import ATTENDANCE_RESULTS

STATE_HEADER = "state"


def state_headers(topic: str, state: str) -> Headers:
    """What a record says of its state; nothing in the first one.

    >>> state_headers("attendance.results.v1", "weights"), state_headers("attendance.results.v1", "first")
    ((('state', b'weights'),), ())
    """
    says_so = topic == ATTENDANCE_RESULTS.name and state != FIRST_STATE
    return ((STATE_HEADER, state.encode()),) if says_so else ()


def state_of(headers: Headers) -> str:
    """The state that a record is of."""
    return next((value.decode(errors="replace") for name, value in headers if name == STATE_HEADER), FIRST_STATE)


class OfState(Rule):
    """A rule that sees results of one state alone.

    Args:
        rule: that reads them.
        state: the one.
    """

    def __init__(self, rule: Rule, state: str) -> None:
        self._rule = rule
        self._state = state

    @override
    def handle(self, record: Record, view: View) -> None:
        if record.topic == ATTENDANCE_RESULTS.name and state_of(record.headers) != self._state:
            raise SkipError("a result of another state")
        self._rule.handle(record, view)
