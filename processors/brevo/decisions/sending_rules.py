"""What may reach Brevo: what the operator has decided, and whom Brevo told to leave alone. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from processors.brevo.decisions.ledger import Suppression
from processors.engine.view import Record
from runtime.brevo_models import Brevo, BrevoEventKind
from schemas.brevo import ConfirmList, OnceCommand, SendRecording, TrackEvent, UpsertContact
from schemas.replays import lineage_of

EVENT_NAMES: Mapping[BrevoEventKind, tuple[str, ...]] = {
    "registered": ("zoom_webinar_registered",),
    "attended": ("zoom_webinar_attended", "zoom_meeting_attended"),
    "no_show": ("zoom_webinar_no_show",),
    "started": ("zoom_webinar_started", "zoom_meeting_started"),
    "ended": ("zoom_webinar_ended", "zoom_meeting_ended"),
    "recording": ("zoom_recording_ready",),
}
DELETED = "the contact was deleted at Brevo, and is not created again"
UNKNOWN = "Brevo has no such contact, and its lists take existing contacts alone (brevo.list_rules)"
UNMAILED = "the contact is unsubscribed, or its address does not work"


@dataclass(frozen=True, slots=True)
class SendingRules:
    """What the operator has decided about what reaches people, and about those who do not want to hear from them."""

    deleted: Literal["stay_away", "ask", "return"] = "stay_away"
    mailing: frozenset[str] = frozenset(EVENT_NAMES["recording"])
    """Names of events that mail the person."""
    switched_off: frozenset[str] = frozenset()
    """Names of events that are not to be sent (`brevo.events`)."""
    max_effect_age_seconds: float = 86_400
    """Of what a replay brings (`brevo.max_effect_age`)."""
    erased_return: bool = False
    """Whether who was forgotten comes back by registering anew (`brevo.erased`)."""

    @classmethod
    def of(cls, settings: Brevo) -> SendingRules:
        """As the file says."""
        events = settings.events
        mailing = frozenset(name for kind in events.mails for name in EVENT_NAMES[kind])
        off = frozenset(name for kind, names in EVENT_NAMES.items() if not getattr(events, kind) for name in names)
        return cls(settings.deleted, mailing, off, settings.max_effect_age, erased_return=settings.lets_return)

    def wants(self, command: OnceCommand) -> bool:
        """Whether the operator still has such events sent."""
        return not isinstance(command, TrackEvent) or command.name not in self.switched_off

    def holds_back(self, command: OnceCommand, record: Record) -> str | None:
        """Why what was never sent must not be sent now; ``None`` when it may. `record` has the command."""
        if command.origin == "backfill":
            return "of a back-fill: half a year of people must not enter automations"
        lineage = lineage_of(record.headers)
        is_replayed = command.origin == "replay" if lineage is None else not lineage.re_emit
        age_seconds = record.timestamp_ms / 1_000 - command.event_date.timestamp()
        if is_replayed and age_seconds > self.max_effect_age_seconds:
            return "of a replay, and older than brevo.max_effect_age; `rollcall replay apply --re-emit` sends such"
        return None

    def is_mail(self, command: UpsertContact | OnceCommand) -> bool:
        """Whether a command is there to mail the person."""
        if isinstance(command, ConfirmList | SendRecording):
            return True
        return isinstance(command, OnceCommand) and command.name in self.mailing

    def keeps_from(self, command: UpsertContact | OnceCommand, suppression: Suppression | None) -> str | None:
        """Why a command must not reach Brevo, after what was told of its contact; ``None`` when it may."""
        if suppression is None:
            return None
        if suppression.erased:
            asks = self.deleted == "ask" and isinstance(command, ConfirmList) and suppression.is_older_than(command)
            return None if asks else DELETED
        return UNMAILED if suppression.unmailed and self.is_mail(command) else None

    def comes_back(self, command: UpsertContact | OnceCommand, suppression: Suppression | None) -> bool:
        """Whether a command brings a deleted contact back: they have registered again."""
        return (
            self.deleted == "return"
            and suppression is not None
            and suppression.erased
            and isinstance(command, UpsertContact)
            and command.reason == "registration"
            and suppression.is_older_than(command)
        )
