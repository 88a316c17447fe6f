"""The settings that the truth depends on, with the defaults of docs/reference/attendance.md. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True)
class ListIds:
    """Brevo list ids; ``None``: not written."""

    meeting_participants: int | None = 15
    webinar_attendees: int | None = 16
    webinar_registrants: int | None = 17
    webinar_no_shows: int | None = 18


@dataclass(frozen=True)
class AttributeNames:
    """Brevo attribute names; ``None``: not written."""

    name: str | None = "FIRSTNAME"
    join_time: str | None = "MEETING_JOIN_DATE"
    duration: str | None = "MEETING_DURATION"
    webinar_title: str | None = "WEBINAR_NAME"
    attendance_status: str | None = "ATTENDANCE_STATUS"
    registration_source: str | None = "UTM_SOURCE"
    engagement_score: str | None = "ENGAGEMENT_SCORE"
    engagement_tier: str | None = "ENGAGEMENT_TIER"
    engagement_why: str | None = "ENGAGEMENT_WHY"
    webinars_attended: str | None = "WEBINARS_ATTENDED"
    meetings_attended: str | None = "MEETINGS_ATTENDED"
    no_shows: str | None = "NO_SHOWS"


@dataclass(frozen=True)
class Rules:
    """Windows in seconds, points and borders in points."""

    window: int = 36 * 3_600
    """How far from its scheduled time a run still belongs to a schedule entry."""
    restart_gap: int = 900
    main_share: Fraction = Fraction(5, 100)
    """Of a session's weight; a run with less moves no end."""
    end_window: Fraction = Fraction(5, 100)
    attended_minimum: int | Fraction = 0
    """Seconds, or as a fraction a share of the length."""
    date_zone: str = "webinar"
    """Time zone of dates: an IANA name, or that of the webinar or meeting."""
    now: int | None = None
    """What is due later has not happened yet; ``None``: everything is over."""
    abandoned: bool = False
    """True: runs without an end have been given up."""
    attendance_points: int = 60
    punctuality_points: int = 15
    stayed_points: int = 10
    interaction_points: int = 15
    half_life_days: int = 90
    hot: int = 70
    warm: int = 40
    hysteresis: int = 3
    exclude_hosts: bool = True
    exclude_panelists: bool = True
    exclude_internal: bool = True
    exclude_domains: frozenset[str] = frozenset()
    use_report: bool = False
    """True: every run's report is settled, or could not be had (section 4); what was published before it stays sent."""
    recordings: frozenset[str] = frozenset({"attended", "left_early", "no_show"})
    """Who gets the link to a recording, by status."""
    recordings_waited: bool = False
    """True: nobody waits any longer for main runs that have no recording yet."""
    recordings_by_mail: bool = False
    """True: by a transactional mail, not by an event."""
    unmailed: frozenset[str] = frozenset()
    """Addresses of people who are not to be mailed, in lower case."""
    lists: ListIds = field(default_factory=ListIds)
    attributes: AttributeNames = field(default_factory=AttributeNames)
