"""One line in the log for each session that becomes live, and final, with its people in numbers. Never a title or name.

It hears what the broker has confirmed. After a worker died in between, the same may be heard, and said, once more.
"""

from __future__ import annotations

import logging
import shlex
from collections import OrderedDict
from collections.abc import Iterable

from processors.engine.view import Output
from schemas.instants import format_instant
from schemas.sessions import SessionSummary
from schemas.topics import ATTENDANCE_SESSIONS

REMEMBERED = 1_000
"""Sessions of which it is known what was said last."""
_COUNTS = ("registered", "attended", "left_early", "no_shows", "anonymous", "excluded")

log = logging.getLogger(__name__)


class SessionLog:
    """Says what is new of sessions."""

    def __init__(self) -> None:
        self._said: OrderedDict[str, tuple[str, dict[str, int]]] = OrderedDict()

    def hear(self, outputs: Iterable[Output]) -> None:
        """These records were published; those of other topics are passed over."""
        for output in outputs:
            if output.topic == ATTENDANCE_SESSIONS.name and output.value is not None:
                self._hear(SessionSummary.from_bytes(output.value))

    def _hear(self, summary: SessionSummary) -> None:
        state = "taken back" if summary.retracted else summary.state
        counts = {name: getattr(summary.counts, name) for name in _COUNTS}
        before = self._said.pop(summary.session_uuid, None)
        self._said[summary.session_uuid] = state, counts
        if len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        # Told again with another time of the next look, it is no news.
        if state in ("running", "ended") or before == (state, counts):
            return
        which = {"session": summary.session_uuid, "object": summary.object_id, "account": summary.account_id}
        look = {"next": f"rollcall session {shlex.quote(summary.session_uuid)}"}
        if state == "taken back":
            log.info("session taken back", extra=which)
        elif state == "live":
            log.info("session live", extra={**which, **counts, **_waits(summary), **look})
        elif before is not None and before[0] == "final":
            log.info("session corrected", extra={**which, **counts, **look})
        else:
            log.info("session final", extra={**which, **counts, **_compared(summary), **look})


def _waits(summary: SessionSummary) -> dict[str, str]:
    at = summary.next_check_at
    return {"waits_for": summary.waits_for} | ({"next_check_at": format_instant(int(at.timestamp()))} if at else {})


def _compared(summary: SessionSummary) -> dict[str, int]:
    """How many differ from what Zoom says of absentees, where it says something."""
    found = summary.reconciliation
    return {} if found is None or found.zoom_absentees is None else {"differences": len(found.differences)}
