"""`ops.states.v1`: which state of the tables is live, and what became of those that were rebuilt beside it. PURE."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.model import CloudEvent, Instant, Message

TopicPositions = dict[str, dict[int, int]]
"""Topic (without the prefix) -> partition -> offset of the next record."""
LIVE_KEY = b"live"
FIRST_STATE = "first"
"""The state that an installation begins with."""
REVISIONS_PER_SWITCH = 1_000_000
"""More than any fact has: what is told after a switch is newer than all that was told before."""


class LiveState(Message):
    """Which state the workers work on; key `live`, compacted. This one record is what a switch changes."""

    cloud_event = CloudEvent("ops.live_state", time="at")
    kind: Literal["live"] = "live"
    state: str
    previous: str = ""
    """The state that was live before; to it a switch is undone. Empty: none, or dropped."""
    is_fresh: bool = False
    """Whether it was never live before."""
    generation: int = 0
    """How many switches there were, undone ones included."""
    positions: dict[str, TopicPositions] = Field(default_factory=dict)
    """Of each state that was live before, where it stood when it was no longer."""
    is_told: bool = True
    """Whether all that differs from the state before was told on the topics; else the switch is to be repeated."""
    at: Instant

    @property
    def revision_floor(self) -> int:
        """Revisions of what the state tells are above it; what the switch itself tells has this one."""
        return self.generation * REVISIONS_PER_SWITCH


class RebuiltState(Message):
    """A state that is, or was, computed beside the live one; key its name, compacted."""

    cloud_event = CloudEvent("ops.rebuilt_state", time="started_at")
    kind: Literal["rebuilt"] = "rebuilt"
    name: str
    stage: Literal["carrying", "computing", "built", "handed_over", "dropped"]
    """`carrying`: takes over what the raw topic no longer holds; `computing`: reads raw events and answers; `built`:
    has caught up once; `handed_over`: a switch has begun, and it has what the live state was amid; `dropped`: is no
    more, and its name is used up."""
    started_at: Instant
    built_at: Instant | None = None
    version: str
    """Of Rollcall, that computed it."""
    beside: str
    """The state that was live when it was begun, from which rows were carried."""
    horizon: Instant | None = None
    """What happened before may be missing in the raw topic; ``None``: nothing is."""
    carried_objects: int = 0
    """Webinars and meetings whose facts were carried over, since some are older than the raw topic."""
    carried_rows: int = 0
    """Rows of facts about them, and about sessions that the live tables keep as results alone."""
    unanswered: int = 0
    """Questions to Zoom that nobody kept an answer to, and nobody asked."""
    dead_letters: int = 0

    def goes_on(self, *, asks_zoom: bool) -> bool:
        """Whether a further start goes on where this one stood; else it begins anew.

        What was concluded without an answer takes none any more: for Zoom to be asked it is computed from the
        beginning. So it is after a switch that was begun and never made, since the live state has gone on.
        """
        return self.stage not in ("carrying", "handed_over") and not (
            asks_zoom and self.stage == "built" and self.unanswered > 0
        )


STATE_MESSAGE: TypeAdapter[LiveState | RebuiltState] = TypeAdapter(
    Annotated[LiveState | RebuiltState, Field(discriminator="kind")]
)
"""Parses any record of the topic: ``STATE_MESSAGE.validate_json(value)``."""
