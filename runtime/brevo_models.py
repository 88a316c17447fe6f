"""The section `brevo` as validated data (see runtime/models.py). PURE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, SecretStr, model_validator

from runtime.durations import Duration
from runtime.section import Section
from schemas.attendance import AttendanceStatus, ObjectType

BrevoEventKind = Literal["registered", "attended", "no_show", "started", "ended", "recording"]


class Events(Section):
    """Which Brevo events are sent."""

    registered: bool = True
    attended: bool = True
    no_show: bool = True
    started: bool = False
    ended: bool = False
    recording: bool = True
    mails: tuple[BrevoEventKind, ...] = ("recording",)
    """Events whose automation mails the person: not sent to who has unsubscribed. `<name>: {mails: true}` adds one."""

    @model_validator(mode="before")
    @classmethod
    def _long_form(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        flat, mailing = dict(value), list(value.get("mails", ("recording",)))
        for name, given in value.items():
            if not isinstance(given, dict):
                continue
            if wrong := given.keys() - {"send", "mails"}:
                raise ValueError(f"`{name}` takes true, false, or an object of `send` and `mails`, not `{min(wrong)}`")
            flat[name] = given.get("send", cls.model_fields[name].default if name in cls.model_fields else True)
            if given.get("mails") is True:
                mailing.append(name)
            elif given.get("mails") is False:
                mailing = [other for other in mailing if other != name]
        return {**flat, "mails": tuple(dict.fromkeys(mailing))}


def _time_zone(value: str) -> str:
    if value in ("webinar", "utc") or value in available_timezones():
        return value
    raise ValueError("`webinar`, `utc`, or an IANA time zone such as Europe/Berlin")


def _is_web_address(url: str | None) -> bool:
    parts = urlsplit(url or "")
    return parts.scheme in ("http", "https") and bool(parts.hostname)


class ListRule(Section):
    """Who may be put on a list."""

    rule: Literal["legitimate_interest", "registration_question", "existing_contact_only", "doi"] = (
        "legitimate_interest"
    )
    """Everybody whom the facts put there; only who gave one of `answers` to `question` of a registration; only contacts
    that Brevo had before; or only who confirms it by a link in a mail (double opt-in), which is sent once."""
    question: str | None = None
    """The custom question's exact title."""
    answers: tuple[str, ...] = ("yes",)
    """Compared without case and outer blanks."""
    template_id: int | None = None
    """Of `doi`: an active double opt-in template of Brevo."""
    redirect_url: str | None = None
    """Of `doi`: the page that the link in the mail leads to."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"rule": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete(self) -> ListRule:
        if self.rule == "registration_question" and not (self.question and self.answers):
            raise ValueError("registration_question needs `question` and at least one of `answers`")
        if self.rule == "doi" and (self.template_id is None or not _is_web_address(self.redirect_url)):
            raise ValueError(
                "doi needs `template_id` (of an active double opt-in template) and `redirect_url` (https://…)"
            )
        if self.rule != "doi" and (self.template_id is not None or self.redirect_url is not None):
            raise ValueError(f"`template_id` and `redirect_url` belong to the rule doi, not to {self.rule}")
        return self


class CampaignSender(Section):
    """Whom the campaign comes from: a sender of Brevo by id, or name and address of a verified one."""

    id: int | None = None
    name: str | None = None
    email: str | None = None

    @property
    def is_complete(self) -> bool:
        """Exactly one way is given, and whole."""
        return (self.id is not None) != bool(self.name and self.email) and bool(self.name) == bool(self.email)


class Campaign(Section):
    """The one campaign that a recorded session gets (`recordings.by: campaign`)."""

    lists: tuple[int, ...] = ()
    """Ids of the lists that it goes to: everybody on them, whichever session brought them there."""
    exclude_lists: tuple[int, ...] = ()
    """Who is on one of these gets none."""
    sender: CampaignSender = CampaignSender()
    subject: str | None = None
    template: int | None = None
    """Id of an active template at Brevo, which is copied; or `html`."""
    html: str | None = None
    after_minutes: float = Field(default=30, ge=0)
    """From when recording and final result are both known to the sending: the contacts are written meanwhile."""

    def wrong(self) -> list[str]:
        """What keeps a campaign from being made, in words."""
        found = []
        if not self.lists:
            found.append("`campaign.lists` needs the id of at least one list")
        if set(self.lists) & set(self.exclude_lists):
            found.append("a list is both in `campaign.lists` and in `campaign.exclude_lists`")
        if not self.subject:
            found.append("`campaign.subject` is needed")
        if (self.template is None) == (not self.html):
            found.append("exactly one of `campaign.template` and `campaign.html` is needed")
        if self.html and "params.share_url" not in self.html:
            found.append("`campaign.html` lacks {{ params.share_url }}, the link")
        if not self.sender.is_complete:
            found.append("`campaign.sender` needs `id`, or `name` and `email`")
        return found


class RecordingSettings(Section):
    """Who gets the link to a session's cloud recording, and how. Nobody gets it twice."""

    by: Literal["event", "template", "campaign"] = "event"
    """The event `zoom_recording_ready`, for an automation; a transactional mail by `template`; or one `campaign`."""
    template: int | None = None
    """Id of an active transactional template at Brevo."""
    trial: bool = False
    """Brevo takes the mails and drops them (`X-Sib-Sandbox`). Whoever is told so is not mailed afterwards."""
    to: tuple[AttendanceStatus, ...] = ("attended", "left_early", "no_show")
    """By how they took part."""
    sessions: tuple[ObjectType, ...] = ("webinar", "meeting")
    """Of which the recordings are told."""
    question: str | None = None
    """Only who gave one of `answers` to this custom question of a registration; without one everybody."""
    answers: tuple[str, ...] = ("yes",)
    """Compared without case and outer blanks."""
    wait: Duration = 6 * 3_600
    """How long the first recording of a session waits for those of its other main runs."""
    campaign: Campaign = Campaign()

    @model_validator(mode="after")
    def _complete(self) -> RecordingSettings:
        if self.by == "campaign" and (wrong := self.campaign.wrong()):
            raise ValueError("`by: campaign`: " + "; ".join(wrong))
        if self.by == "campaign" and {"to", "question", "trial"} & self.model_fields_set:
            raise ValueError("`to`, `question` and `trial` are of events and mails: a campaign goes to its lists")
        if self.by == "template" and self.template is None:
            raise ValueError("`by: template` needs `template`, the id of a transactional template at Brevo")
        if self.question is not None and not self.answers:
            raise ValueError("`question` needs at least one of `answers`")
        return self


class BrevoWebhook(Section):
    """How Brevo's own webhooks prove themselves at `/webhooks/brevo`; without a secret the path does not exist."""

    url: str | None = None
    """Public address of `/webhooks/brevo`, for `rollcall brevo apply` to register there."""
    token: SecretStr | None = None
    """The bearer token of the webhook's `auth`; signs the URL for the end of an import too."""
    username: str | None = None
    password: SecretStr | None = None
    """Of a webhook whose URL has a user and a password."""

    @model_validator(mode="after")
    def _complete(self) -> BrevoWebhook:
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` belong together: give both, or a `token`")
        if self.url is not None and (not _is_web_address(self.url) or "@" in urlsplit(self.url).netloc):
            raise ValueError("`url` is the address of /webhooks/brevo as Brevo reaches it: https://…, without a user")
        return self

    @property
    def is_open(self) -> bool:
        """Whether Brevo can tell us anything."""
        return self.token is not None or self.password is not None


BrevoPlan = Literal["general", "advanced", "extended"]
# Brevo's limits by plan (developers.brevo.com/docs/api-limits, checked 2026-11-21): 10, 20 and 60 a second for contacts
# and for events, 100, 200 and 600 an hour for the rest. Four fifths and three fifths of them, as others share them.
PLAN_RATES: Mapping[str, Mapping[str, float]] = {
    "general": {"contacts_per_second": 8, "events_per_second": 8, "account_calls_per_hour": 60},
    "advanced": {"contacts_per_second": 16, "events_per_second": 16, "account_calls_per_hour": 120},
    "extended": {"contacts_per_second": 48, "events_per_second": 48, "account_calls_per_hour": 360},
}


class Brevo(Section):
    """The Brevo account and how fast and how carefully it is written."""

    api_key: SecretStr | None = None
    plan: BrevoPlan = "general"
    """Decides the rates that are not given: `advanced` (Professional, Enterprise) allows twice as much as `general`,
    `extended` (Enterprise, by contract) six times."""
    contacts_per_second: float = Field(default=8, gt=0)
    """Of Brevo's limit for `/contacts`, 10/s on ordinary plans; other tools share it."""
    events_per_second: float = Field(default=8, gt=0)
    """Of Brevo's limit for `POST /events`, 10/s on ordinary plans."""
    mails_per_second: float = Field(default=8, gt=0)
    """Brevo's limit is 1,000/s for mails on ordinary plans; before each one it is asked whether the contact may be."""
    account_calls_per_hour: float = Field(default=60, gt=0)
    """Of Brevo's limit for everything but contacts, events and mails, 100/h on ordinary plans; other tools share it."""
    bulk_threshold: int = Field(default=200, ge=1)
    """From this many waiting upserts on, an import replaces single calls."""
    technical_list: int | None = None
    phone_region: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """Country (`FR`) of phone numbers typed without a country code; without it such numbers are left out."""
    list_rules: dict[int, ListRule] = Field(default_factory=dict)
    """By list id; a list without a rule takes everybody whom the facts put there."""
    notify_url: str | None = None
    """Public address of `/webhooks/brevo/imports`: Brevo tells the end of an import there. Needs `webhook.token`."""
    webhook: BrevoWebhook = BrevoWebhook()
    missing_attributes: Literal["refuse", "warn"] = "refuse"
    """What the worker does at its start when an attribute that `field_mapping` names does not exist at Brevo."""
    sample: float = Field(default=0.01, ge=0, le=1)
    """Share of the written contacts that is read back: Brevo drops values that do not fit without an error."""
    deleted: Literal["stay_away", "ask", "return"] = "stay_away"
    """What becomes of who was deleted at Brevo and registers again: nothing; a question (the list rule `doi`) whose
    link brings them back; or they are written again, as subscribed as Brevo makes new contacts."""
    erased: Literal["stay_away", "return"] = "stay_away"
    """What becomes of who was forgotten (`rollcall forget`) and registers again: nothing, ever; or they are somebody
    new, of whom nothing from before that registration counts."""
    dates: Annotated[str, AfterValidator(_time_zone)] = "webinar"
    """In which time zone a date is told: `webinar` (the one that Zoom gives for the webinar or meeting, else UTC),
    `utc`, or an IANA name."""
    in_doubt: Literal["hold", "resend", "drop"] = "hold"
    """What becomes of an event whose answer was lost: wait for a person, send again, or forget it."""
    max_effect_age: Duration = 24 * 3_600
    """What a replay brings is told by event or mail only if it happened no longer ago; older is, with `--re-emit`."""
    events: Events = Events()
    recordings: RecordingSettings = RecordingSettings()

    @model_validator(mode="before")
    @classmethod
    def _rates_of_the_plan(cls, value: Any) -> Any:
        plan = value.get("plan") if isinstance(value, dict) else None
        rates = PLAN_RATES.get(plan) if isinstance(plan, str) else None
        return (
            value if rates is None else {**rates, **{key: given for key, given in value.items() if given is not None}}
        )

    @property
    def lets_return(self) -> bool:
        """Whether who was forgotten comes back by registering anew."""
        return self.erased == "return"
