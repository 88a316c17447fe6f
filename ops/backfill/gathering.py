"""Reads what a back-fill is about, account by account; what one user or licence refuses does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from ops.backfill.journal import Journal
from ops.backfill.plan import BackfillWish, FoundSessions, Skipped
from ops.backfill.reading import Reader
from ops.backfill.sessions import PastSession, parse_session
from ops.backfill.spans import DaySpan, reportable, requests_of
from ops.backfill.units import Unit
from ops.zoom.answers import ZoomRefusedError
from schemas.errors import RetryLaterError
from schemas.lookups import ZoomRow

UnitProgress = Callable[[int, int], object]
"""Told (units read, all units)."""
MOST_FAILURES = 3
"""Users in a row of whom Zoom cannot tell: then it is away. One alone is skipped."""


class Gathering:
    """What is found, as it grows."""

    def __init__(self, wish: BackfillWish, journal: Journal, today: date) -> None:
        self._wish = wish
        self._journal = journal
        self._today = today
        self.found = FoundSessions()
        self._failures = 0

    async def read(self, account_id: str, reader: Reader, progress: UnitProgress) -> None:
        """Everything of one account.

        Raises:
            RetryLaterError: Zoom is away for longer than one waits; the journal has what was read so far.
        """
        try:
            if self._wish.session and await self._by_name(account_id, reader, self._wish.session):
                return
            span = reportable(self._wish.span, self._today)
            if span is None:
                self._skip(account_id, f"session {self._wish.session}", "no such meeting; webinars: 6 months at most")
                return
            users = await self._users(reader)
        except ZoomRefusedError as error:
            self._skip(account_id, "the list of users", str(error))
            return
        units = sorted(Unit(piece, account_id, user) for piece in requests_of(span) for user in users)
        refused: set[str] = set()
        for number, unit in enumerate(units):
            progress(number, len(units))
            if unit.user_id not in refused and not await self._unit(unit, reader):
                refused.add(unit.user_id)
        progress(len(units), len(units))

    async def _by_name(self, account_id: str, reader: Reader, session: str) -> bool:
        rows = await reader.instances(session)
        unit = Unit(self._wish.span, account_id)
        self.found.units[unit] = self._within(self._parsed(rows, account_id, ""), self._wish.span)
        return bool(rows)

    async def _users(self, reader: Reader) -> list[str]:
        session = self._wish.session
        if session and session.isdecimal() and (host := await reader.host_of_webinar(session)):
            return [host]
        rows = await reader.users()
        return [str(row["id"]) for row in rows if self._wish.names_host(str(row["id"]), str(row.get("email") or ""))]

    async def _unit(self, unit: Unit, reader: Reader) -> bool:
        """Whether Zoom told."""
        known = self._journal.sessions_of(unit)
        if known is None:
            rows = await self._asked(unit, reader)
            if rows is None:
                return False
            skipped = len(self.found.skipped)
            known = self._within(self._parsed(rows, unit.account_id, unit.user_id), unit.span)
            if unit.is_settled(self._today) and len(self.found.skipped) == skipped:
                self._journal.note_read(unit, known)
        self.found.units[unit] = known
        return True

    async def _asked(self, unit: Unit, reader: Reader) -> list[ZoomRow] | None:
        """What Zoom tells; ``None`` when it does not. Then the user is skipped."""
        try:
            rows = await reader.hosted(unit.user_id, unit.span)
        except ZoomRefusedError as error:
            self._skip(unit.account_id, f"user {unit.user_id}", str(error))
            return None
        except RetryLaterError as error:
            self._failures += 1
            # A wait that Zoom named is about the account, not about the user.
            if error.after_seconds is not None or self._failures == MOST_FAILURES:
                raise
            self._skip(unit.account_id, f"user {unit.user_id}", str(error))
            return None
        self._failures = 0
        return rows

    def _parsed(self, rows: Iterable[ZoomRow], account_id: str, host_id: str) -> list[PastSession]:
        sessions = []
        for row in rows:
            try:
                sessions.append(parse_session(row, account_id, host_id))
            except ValueError as error:
                self._skip(account_id, f"session {row.get('uuid') or row.get('id')}", str(error))
        return sessions

    def _within(self, sessions: Iterable[PastSession], span: DaySpan) -> list[PastSession]:
        first = datetime.combine(span.first, time.min, UTC).timestamp()
        last = datetime.combine(span.last + timedelta(days=1), time.min, UTC).timestamp()
        return [session for session in sessions if first <= session.start < last]

    def _skip(self, account_id: str, what: str, reason: str) -> None:
        self.found.skipped.append(Skipped(account_id, what, reason))
