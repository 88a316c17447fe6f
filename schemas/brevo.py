"""`brevo.commands.v1`, its bulk topic and `brevo.results.v1`: what Brevo shall hold, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from schemas.attendance import Origin
from schemas.model import WIRE_CONFIG, CloudEvent, Instant, Message, Wire

AttributeType = Literal["text", "float", "date", "boolean"]
Overwrite = Literal["always", "if_empty", "if_newer", "never"]
CommandOutcome = Literal["intended", "withdrawn", "acknowledged", "unchanged", "rejected", "in_doubt", "suppressed"]


# With slots and not a `Wire`: an upsert has a dozen of them, which as models take 8 kB and twice the time to parse.
@dataclass(frozen=True, slots=True, config=WIRE_CONFIG)
class AttributeValue:
    """One attribute to write. A date is ``YYYY-MM-DD``; a value of another type than `type` is never sent."""

    type: AttributeType
    value: str | float | int | bool
    overwrite: Overwrite = "always"


class Command(Message):
    """What every command carries; the key is `contact_id`."""

    command_id: str
    """Deterministic: the same facts give the same id, so a replay is recognised."""
    contact_id: str
    email: str
    revision: int
    """Grows per contact; an older one never overwrites a newer. Of equal ones the later offset wins."""
    session: str | None = None
    """`session_uuid` that caused it, if one did."""
    reason: str
    """For people: `result`, `registration`, `retraction`, …"""
    origin: Origin = "live"
    occurred_at: Instant
    """Of the Zoom event behind it; freshness is measured from here."""
    as_it_happened: bool = False
    """Whether freshness is measured: a webhook has just told of it, and not a list or a report that was read later, a
    back-fill, a replay, a sweep or a person."""


class UpsertContact(Command):
    """The whole wanted state of a contact, as far as Rollcall owns it. Repeating it is harmless."""

    cloud_event = CloudEvent("brevo.command.upsert", time="occurred_at")
    kind: Literal["upsert"] = "upsert"
    attributes: dict[str, AttributeValue]
    """By Brevo attribute name."""
    lists: tuple[int, ...] = ()
    """Lists the contact shall be on."""
    lists_left: tuple[int, ...] = ()
    """Lists of ours the contact shall not be on."""
    lists_for_existing: tuple[int, ...] = ()
    """Lists it shall be on if Brevo had the contact before Rollcall could have created it."""
    creates: bool = True
    """False: every list that it belongs on is for existing contacts, so it is not created."""
    retries_refused: bool = False
    """What Brevo refused of the contact, and its events that Brevo refused, is tried once more."""


class OnceCommand(Command):
    """What may mail a person: done at most once for each of its `once_keys`, ever."""

    name: str
    event_date: Instant
    once_keys: tuple[str, ...]
    """One per instance (or registration, or list) it stands for; done for one is done for all."""


class TrackEvent(OnceCommand):
    """An event that may start an automation."""

    cloud_event = CloudEvent("brevo.command.event", time="occurred_at")
    kind: Literal["event"] = "event"
    properties: dict[str, str | int | float | bool]


class SendRecording(OnceCommand):
    """A transactional mail with the link to a recording, instead of the event of the same name and once keys."""

    cloud_event = CloudEvent("brevo.command.recording", time="occurred_at")
    kind: Literal["recording"] = "recording"
    template_id: int
    """Of Brevo, which gets the properties as its `params`."""
    properties: dict[str, str | int | float | bool]


class ConfirmList(OnceCommand):
    """Ask a person by mail whether they want to be on a list (double opt-in); Brevo puts them there when they agree."""

    cloud_event = CloudEvent("brevo.command.confirmation", time="occurred_at")
    kind: Literal["confirmation"] = "confirmation"
    name: str = "double_opt_in"
    list_id: int


class SendCampaign(OnceCommand):
    """A campaign with the link to a session's recording, to the lists of the configuration.

    `contact_id` is the session's stand-in (`schemas.attendance.session_stand_in`), `email` is empty.
    """

    cloud_event = CloudEvent("brevo.command.campaign", time="occurred_at")
    kind: Literal["campaign"] = "campaign"
    name: str = "zoom_recording_campaign"
    properties: dict[str, str | int | float | bool]
    """The campaign's `params`."""


BrevoCommand = UpsertContact | TrackEvent | SendRecording | ConfirmList | SendCampaign
BREVO_COMMAND: TypeAdapter[BrevoCommand] = TypeAdapter(Annotated[BrevoCommand, Field(discriminator="kind")])
"""Parses any record of `brevo.commands.v1`: ``BREVO_COMMAND.validate_json(value)``."""


Verdict = Literal["sent", "resend", "drop"]


class Decision(Wire):
    """What a person decided about an event in doubt."""

    decision_id: str
    """Repeats of one decision have the same: a decision counts once."""
    verdict: Verdict
    operator: str
    """A user of the machine the command ran on."""


class Resume(Message):
    """Record without a key in a partition of `brevo.results.v1`: parked calls to Brevo go on, as a person asked."""

    cloud_event = CloudEvent("brevo.resume", time="at")
    kind: Literal["resume"] = "resume"
    operator: str
    at: Instant


class CommandResult(Message):
    """What became of a command; key `contact_id`. `intended` precedes the call of an event and is no end state.

    `withdrawn` takes an intent back, as its call was not made or surely did nothing: the event waits again.
    """

    cloud_event = CloudEvent("brevo.result", time="finished_at")
    command_id: str
    contact_id: str
    kind: Literal["upsert", "event"]
    """`event`: whatever is done at most once, the mail of a recording too."""
    revision: int
    outcome: CommandOutcome
    name: str | None = None
    """Of an event: its name, which its once keys belong to."""
    once_keys: tuple[str, ...] = ()
    answers: str | None = None
    """``<topic>@<offset>`` of the command's record: of equal revisions the later one wins."""
    http_status: int | None = None
    """Of the last answer; ``None`` when there was none."""
    attempts: int = 0
    detail: str = ""
    """For people; never holds an address, a key or a body."""
    session: str | None = None
    import_id: str | None = None
    """Of an upsert that went (or is to go: `intended`) with many others in one import: our id of that import."""
    campaign_id: int | None = None
    """Brevo's, of a campaign: told with its intent, so that its status can be read before anything is tried again."""
    intent_id: str | None = None
    """Of an event that is `intended` or `withdrawn`: names the one intent, so that no other is taken back."""
    given_up: bool = False
    """Of a rejected event: it may have been sent (`brevo.in_doubt: drop`), so it is never tried again."""
    decision: Decision | None = None
    """Of an event that was in doubt: who decided what."""
    acknowledged: ContactState | None = None
    """For an acknowledged upsert: what Brevo holds of ours now."""
    occurred_at: Instant
    finished_at: Instant
    unsure: bool = False
    """Of an upsert: another worker may still have overwritten it; it is written once more."""


class ContactState(Wire):
    """What Brevo has acknowledged for a contact."""

    attributes: dict[str, str | float | int | bool] = Field(default_factory=dict)
    lists: tuple[int, ...] = ()
    lists_left: tuple[int, ...] = ()
    held: tuple[str, ...] = ()
    """Attributes that Brevo held before we wrote any: what is written only if empty leaves them."""
    existed: bool | None = None
    """Whether Brevo had the contact before Rollcall could have created it; ``None``: nobody has asked."""
    refused: dict[str, str | float | int | bool] = Field(default_factory=dict)
    """Values that Brevo does not take of this contact, by attribute: left out, and not tried again while unchanged."""
    refused_lists: tuple[int, ...] = ()
    """Lists that Brevo does not take this contact on."""
    awaited: tuple[int, ...] = ()
    """Lists that it shall be on and that do not exist at Brevo: it joins them once they do."""


CommandResult.model_rebuild()
