"""The configuration as validated data: every section of `rollcall.yaml` with unit, default and reason. PURE.

Durations are seconds here and `60s`, `5m`, `4h`, `35d` in the file. Unknown keys are errors (runtime/configuration.py
names the nearest known one). Secrets are `SecretStr`: they show as stars wherever a model is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from runtime.brevo_models import Brevo
from runtime.domains import Domain, ascii_domain
from runtime.durations import Duration, Minimum, MinimumLength
from runtime.scoring_models import Scoring
from runtime.section import Section
from runtime.synced import AccountSyncs, Sync
from schemas.brevo import AttributeType, Overwrite


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


LogLevel = Annotated[Literal["verbose", "debug", "info", "warning", "error"], BeforeValidator(_lower)]


class Webhook(Section):
    """Verification of Zoom's deliveries."""

    secret_token: tuple[SecretStr, ...] = ()
    """One, or several while rotating. Only the ingress resolves it."""
    verification_token: str | None = None
    """Retired by Zoom: accepted, ignored, warned about; its variable is never resolved."""
    tolerance: Duration = 300
    """A delivery whose timestamp is farther off, in either direction, is quarantined."""

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("secret_token"), str):
            return {**value, "secret_token": [value["secret_token"]]}
        return value


_OPPOSITES = (
    ("webinar_registrants", "webinar_attendees"),
    ("webinar_registrants", "webinar_no_shows"),
    ("webinar_attendees", "webinar_no_shows"),
    ("meeting_participants", "webinar_no_shows"),
)


class Lists(Section):
    """Brevo list ids; one that is not given is not written."""

    meeting_participants: int | None = Field(default=None, gt=0)
    webinar_attendees: int | None = Field(default=None, gt=0)
    webinar_registrants: int | None = Field(default=None, gt=0)
    webinar_no_shows: int | None = Field(default=None, gt=0)


def list_mistakes(lists: Lists) -> Iterator[str]:
    """Two of the lists are one, and who is taken off the one would stay on the other."""
    for first, second in _OPPOSITES:
        if (one := getattr(lists, first)) is not None and one == getattr(lists, second):
            yield (
                f"list {one} is both {first} and {second}: give two lists, since people are taken off one of them "
                "and stay on the other"
            )


class ZoomAccount(Section):
    """One Zoom account: `connectors.zoom`, or an element of it when it is a list."""

    enabled: bool = True
    account_id: str
    client_id: str | None = None
    client_secret: SecretStr | None = None
    oauth: Literal["server-to-server", "user"] = "server-to-server"
    """`user`: a person's login (`rollcall zoom login`) of a General app; else the app's own, of this account alone."""
    sync: Sync = Sync()
    webhook: Webhook = Webhook()
    lists: Lists = Lists()
    debug: bool = False
    log_level: LogLevel = "info"
    """`verbose` means DEBUG, as in the old guide."""
    log_webhooks: bool = False
    """Log redacted samples of deliveries: never bodies with personal data or tokens."""


class Sessions(Section):
    """When a session is over and how it is corrected (attendance.md 1, 4, 5)."""

    settle: Duration = 60
    """From when the end was learned to the first result; late deliveries come in between."""
    report_checks: tuple[Duration, ...] = (300, 900, 3_600, 14_400)
    """When Zoom's report is read after the end was learned. Empty: the live result is final."""
    restart_gap: Duration = 900
    """A host's restart within this makes one session of two uuids, where there is no schedule."""
    window: Duration = 36 * 3_600
    """So long before a webinar's scheduled start and after its scheduled end its runs belong to that date."""
    main_share: float = Field(default=0.05, ge=0, le=1)
    """A run with a smaller part of the session's audience (people times seconds) moves no start and no end."""
    attended_minimum: MinimumLength = Minimum()
    """Who was there for less did not attend: a duration, or a share of the length."""
    abandon_after: Duration = 86_400
    """A session of which nothing was heard for so long is closed without an `ended`."""
    retain: Duration = 35 * 86_400
    """How long the facts of a session are kept after their receipt."""
    end_window: float = Field(default=0.05, ge=0, le=1)
    """Who is there in this last part of the live time stayed to the end."""


class PatternFilter(Section):
    """Shell patterns, compared without case; `deny` wins."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class Filters(Section):
    """Who and what is left out; people left out are counted."""

    exclude_hosts: bool = True
    exclude_panelists: bool = True
    exclude_internal: bool = True
    exclude_domains: tuple[Domain, ...] = ()
    """Addresses of these are never a contact; ask `excludes`."""
    topics: PatternFilter = PatternFilter()
    """By the session's topic."""
    hosts: PatternFilter = PatternFilter()
    """By the host's id or e-mail."""
    types: tuple[int, ...] = ()
    """Zoom's `type` numbers that are synced (5 webinar, 8 recurring meeting, …); empty: all."""
    tracking_fields: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Name of a Zoom tracking field to patterns of which one must match its value."""

    def excludes(self, email: str) -> bool:
        """Whether a normalised address is never a contact, by its domain; subdomains are domains of their own."""
        return bool(self.exclude_domains) and ascii_domain(email.rpartition("@")[2]) in self.exclude_domains


class ZoomApi(Section):
    """Zoom's REST API."""

    plan: Literal["free", "pro", "business"] = "pro"
    """Decides the rate limits; an app cannot find it out by itself."""
    interaction: bool = False
    """Read polls, Q&A and chat counts for the score; off for privacy."""


class Kafka(Section):
    """Topics of this installation."""

    create_topics: bool = True
    partitions: int = Field(default=6, ge=1)
    replication_factor: int = Field(default=1, ge=1)
    session: Annotated[Duration, Field(ge=6, le=30)] = 10
    """After so long without a heartbeat Kafka gives a worker's partitions to another. Brokers take 6 s and more
    (`group.min.session.timeout.ms`)."""


class Privacy(Section):
    """What is kept of people."""

    payloads_of: tuple[str, ...] = ()
    """Names of Zoom's events, or patterns such as `meeting.summary_*`: of those that Rollcall does not read itself, the
    ones whose payload is published too, for other consumers. Of all others only name, ids and times are."""


class MappedAttribute(Section):
    """Where one value goes: long form of a `field_mapping` entry."""

    attribute: str
    type: AttributeType | None = None
    """Default: what the source is (text, float for minutes and scores, date)."""
    overwrite: Overwrite | None = None
    """Default: `if_empty` for what registrants tell of themselves, else `always`."""
    identifier: bool = False
    """Must be true for `SMS`, `WHATSAPP`, `LANDLINE_NUMBER` and `EXT_ID`, and for nothing else: no two contacts of
    Brevo have the same of these, so a value is checked, and left out where another contact has it."""
    transform: Literal["none", "lower", "upper", "title", "trim"] = "none"

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"attribute": value} if isinstance(value, str) else value


class FieldMapping(Section):
    """Which attribute shows what; a source that is not mapped is not written, but for the defaults here."""

    email: Literal["email"] = "email"
    name: MappedAttribute | None = None
    last_name: MappedAttribute | None = None
    org: MappedAttribute | None = None
    job_title: MappedAttribute | None = None
    industry: MappedAttribute | None = None
    country: MappedAttribute | None = None
    city: MappedAttribute | None = None
    no_of_employees: MappedAttribute | None = None
    role_in_purchase_process: MappedAttribute | None = None
    purchasing_time_frame: MappedAttribute | None = None
    comments: MappedAttribute | None = None
    join_time: MappedAttribute | None = None
    duration: MappedAttribute | None = None
    webinar_title: MappedAttribute | None = None
    attendance_status: MappedAttribute | None = None
    registration_source: MappedAttribute | None = None
    custom_questions: dict[str, MappedAttribute] = Field(default_factory=dict)
    """Custom questions of registrations by their exact title: the answer of the latest registration, as text."""
    engagement_score: MappedAttribute = MappedAttribute(attribute="ENGAGEMENT_SCORE")
    engagement_tier: MappedAttribute = MappedAttribute(attribute="ENGAGEMENT_TIER")
    engagement_why: MappedAttribute = MappedAttribute(attribute="ENGAGEMENT_WHY")
    webinars_attended: MappedAttribute = MappedAttribute(attribute="WEBINARS_ATTENDED")
    meetings_attended: MappedAttribute = MappedAttribute(attribute="MEETINGS_ATTENDED")
    no_shows: MappedAttribute = MappedAttribute(attribute="NO_SHOWS")


class Connectors(Section):
    """The systems outside."""

    zoom: tuple[ZoomAccount, ...]

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("zoom"), dict):
            return {**value, "zoom": [value["zoom"]]}
        return value


class Configuration(Section):
    """The whole file, as far as the process at hand reads it."""

    connectors: Connectors
    field_mapping: FieldMapping = FieldMapping()
    brevo: Brevo = Brevo()
    sessions: Sessions = Sessions()
    scoring: Scoring = Scoring()
    filters: Filters = Filters()
    zoom_api: ZoomApi = ZoomApi()
    kafka: Kafka = Kafka()
    privacy: Privacy = Privacy()

    @property
    def log_level(self) -> str:
        """The most talkative account decides: `DEBUG`, `INFO`, `WARNING` or `ERROR`. `debug: true` means `DEBUG`."""
        wanted = [
            "DEBUG" if account.debug or account.log_level == "verbose" else account.log_level.upper()
            for account in self.accounts
        ]
        return next((level for level in ("DEBUG", "INFO", "WARNING", "ERROR") if level in wanted), "INFO")

    @property
    def syncs(self) -> AccountSyncs:
        """What is synced of which account."""
        return AccountSyncs({account.account_id: account.sync for account in self.connectors.zoom})

    @property
    def accounts(self) -> tuple[ZoomAccount, ...]:
        """The enabled Zoom accounts."""
        return tuple(account for account in self.connectors.zoom if account.enabled)
