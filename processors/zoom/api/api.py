"""What look-ups ask Zoom, as a seam between the agent and the client. PURE."""

from __future__ import annotations

from typing import Protocol

from runtime.outcome import NoAnswer
from schemas.attendance import ObjectType
from schemas.lookups import ZoomRow
from schemas.priority import Priority


class ZoomReader(Protocol):
    """One account's Zoom. No method raises for what Zoom or the network does: `NoAnswer` says it."""

    def at(self, priority: Priority) -> ZoomReader:
        """The same account, asked with this priority: a part of each day's calls is for `live` alone."""

    async def granted_scopes(self) -> frozenset[str] | NoAnswer:
        """What the account's access token may be used for; fetches one when there is none."""

    async def details(
        self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None
    ) -> ZoomRow | NoAnswer:
        """A webinar or meeting; all occurrences of a recurring one, past ones too."""

    async def registrants(
        self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None
    ) -> list[ZoomRow] | NoAnswer:
        """Registrants of every status, each with its `status`, each id once."""

    async def panelists(self, webinar_id: str) -> list[ZoomRow] | NoAnswer:
        """A webinar's panelists."""

    async def users(self) -> list[ZoomRow] | NoAnswer:
        """The account's users of every status; a pending one has no `id`."""

    async def past_meeting(self, uuid: str) -> ZoomRow | NoAnswer:
        """One instance that is over."""

    async def report(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        """Who took part in an instance that is over: one row per join, with `registrant_id`; also who only waited."""

    async def absentees(self, uuid: str) -> list[ZoomRow] | NoAnswer:
        """Approved registrants of a webinar's instance who stayed away, as Zoom counts them."""

    async def polls(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        """Who answered polls of an instance that is over, with their answers."""

    async def questions(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        """Who asked questions in an instance that is over, with the questions."""

    async def recordings(self, uuid: str) -> ZoomRow | NoAnswer:
        """The cloud recording of an instance, a webinar's too, with its `recording_files`."""

    def drop_login(self, before: float) -> bool:
        """Forget the tokens of a consent of before this instant (seconds since 1970); false when there is none.

        Blocks for a moment.

        Raises:
            ConfigurationError: the stored login cannot be removed.
        """
