"""What the tracking of attendance reads of the configuration. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from processors.attendance.rules.people import StayRules
from runtime.durations import Minimum
from runtime.models import Configuration, Filters
from runtime.synced import AccountSyncs


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """Frozen; durations in seconds."""

    settle: float
    restart_gap: float
    window: float
    """Before a webinar's scheduled start and after its scheduled end, within which a run belongs to that date."""
    main_share: Fraction
    """Of a session's weight, from which on a run is a main one."""
    abandon_after: float
    stay: StayRules
    report_checks: tuple[float, ...]
    """When the report is read after the end was learned; empty: the live result is final."""
    exclude_hosts: bool
    exclude_panelists: bool
    exclude_internal: bool
    filters: Filters
    """Which sessions are synced at all, and of which domains nobody."""
    interaction: bool
    """Whether polls, questions and chat count."""
    retain: float
    """How long the facts of a session are kept after their receipt."""
    recordings_wait: float
    """How long a recording waits for those of the session's other runs."""
    syncs: AccountSyncs
    tells_started: bool = False
    """Whether registrants are told of the start."""
    tells_ended: bool = False
    """Whether registrants and who came are told of the end."""
    erased_return: bool = False
    """Whether who was forgotten comes back by registering anew (`brevo.erased`)."""
    partitions: int = 0
    """Of every topic."""
    step: int = 1_000
    """People (or rows) that one step of a closing handles; the worker is never blocked for longer."""
    revision_floor: int = 0
    """Every revision is above it: what a state tells counts as newer than what others told that were live before."""

    @classmethod
    def from_configuration(cls, configuration: Configuration) -> TrackingSettings:
        """Take over what is needed."""
        sessions, filters, events = configuration.sessions, configuration.filters, configuration.brevo.events
        return cls(
            settle=sessions.settle,
            restart_gap=sessions.restart_gap,
            window=sessions.window,
            main_share=Fraction(str(sessions.main_share)),
            abandon_after=sessions.abandon_after,
            stay=_stay_rules(sessions.end_window, sessions.attended_minimum),
            report_checks=tuple(sorted(sessions.report_checks)),
            exclude_hosts=filters.exclude_hosts,
            exclude_panelists=filters.exclude_panelists,
            exclude_internal=filters.exclude_internal,
            filters=filters,
            interaction=configuration.zoom_api.interaction,
            retain=sessions.retain,
            recordings_wait=configuration.brevo.recordings.wait,
            tells_started=events.started,
            tells_ended=events.ended,
            erased_return=configuration.brevo.lets_return,
            partitions=configuration.kafka.partitions,
            syncs=configuration.syncs,
        )


def _stay_rules(end_window: float, minimum: Minimum) -> StayRules:
    return StayRules(Fraction(str(end_window)), int(minimum.seconds), Fraction(str(minimum.share)))
