"""What a back-fill has found, and what it comes to. PURE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from operator import itemgetter

from ops.backfill.estimate import Estimate
from ops.backfill.sessions import PastSession
from ops.backfill.spans import DaySpan
from ops.backfill.units import Unit
from runtime.models import Configuration
from schemas.attendance import Origin


@dataclass(frozen=True, slots=True)
class BackfillWish:
    """The command line."""

    span: DaySpan
    host: str | None
    """User id or e-mail."""
    session: str | None
    """Webinar or meeting id, or a uuid."""
    origin: Origin

    def names_host(self, user_id: str, email: str) -> bool:
        """Whether the sessions of this user are meant."""
        return self.host is None or self.host == user_id or self.host.casefold() == email.casefold()

    def names(self, session: PastSession) -> bool:
        """Whether a session is meant."""
        return self.session in (None, session.object_id, session.uuid)


@dataclass(frozen=True, slots=True)
class Skipped:
    """What could not be read."""

    account_id: str
    what: str
    reason: str


@dataclass(slots=True)
class FoundSessions:
    """What Zoom told."""

    units: dict[Unit, list[PastSession]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def select(self, wanted: Callable[[PastSession], bool]) -> dict[Unit, list[PastSession]]:
        """The sessions to publish, the oldest units first, each session once."""
        seen: set[tuple[str, str]] = set()
        chosen: dict[Unit, list[PastSession]] = {}
        for unit, sessions in sorted(self.units.items(), key=itemgetter(0)):
            fresh = [
                session for session in sessions if wanted(session) and (session.account_id, session.uuid) not in seen
            ]
            seen.update((session.account_id, session.uuid) for session in fresh)
            chosen[unit] = sorted(fresh, key=lambda session: (session.start, session.uuid))
        return chosen


def is_synced(session: PastSession, configuration: Configuration) -> bool:
    """Whether sessions of its kind are tracked for its account."""
    return configuration.syncs.of(session.account_id).covers(session.object_type)


def document(
    wish: BackfillWish, sessions: list[PastSession], cost: Estimate, skipped: list[Skipped], published: int
) -> dict[str, object]:
    """What `--json` prints."""
    webinars = sum(session.object_type == "webinar" for session in sessions)
    return {
        "from": wish.span.first.isoformat(),
        "to": wish.span.last.isoformat(),
        "origin": wish.origin,
        "sessions": len(sessions),
        "webinars": webinars,
        "meetings": len(sessions) - webinars,
        "participants": sum(session.participants for session in sessions),
        "estimated_calls": cost.calls,
        "estimated_minutes": round(cost.minutes, 1),
        "estimated_days": cost.days,
        "published": published,
        "skipped": [asdict(left_out) for left_out in skipped],
    }
