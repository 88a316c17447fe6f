"""The agents of a worker, and what each is composed of."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from processors.attendance import agent as track_attendance
from processors.attendance.book import DUE_WORK, due_ms
from processors.attendance.erasure import AttendanceCleaner
from processors.attendance.ownership import Ownership
from processors.attendance.session_log import SessionLog
from processors.attendance.settings import TrackingSettings
from processors.attendance.tenants import TenantsApart
from processors.brevo import agent as sync_contact
from processors.engagement import agent as score_engagement
from processors.engagement.erasure import EngagementCleaner
from processors.engagement.sweep import second_of_day
from processors.engagement.sweep_clock import sweep_clock
from processors.engine.due_clock import DueClock, RowDueTimes
from processors.engine.effect import RuleAlone
from processors.engine.faust_agent import BatchAgent
from processors.engine.faust_engine import Engine
from processors.engine.naming import Names
from processors.engine.states import OfState
from processors.engine.view import Output, Rule
from processors.erasure.erasing import ErasingRule
from processors.erasure.marks import Marks
from processors.zoom import agent as look_up
from runtime.models import Configuration
from schemas.instants import as_datetime
from schemas.states import FIRST_STATE, LiveState
from schemas.ticks import Tick
from schemas.topics import TICKS

SPECS = (track_attendance.SPEC, look_up.SPEC, score_engagement.SPEC, sync_contact.SPEC)
"""All agents of a worker."""
STATE_TABLES = frozenset((*track_attendance.SPEC.tables, *score_engagement.SPEC.tables))
"""Tables that are computed from what Zoom said; the others hold what was asked and done, and stay as they are."""


def changelogs(state: str = FIRST_STATE) -> tuple[str, ...]:
    """Logical names of all tables' changelogs, with this state's."""
    names = Names("", state, STATE_TABLES)
    return tuple(names.changelog(table) for spec in SPECS for table in spec.tables)


def tracking_settings(configuration: Configuration, live: LiveState) -> TrackingSettings:
    """What it reads of the configuration, and how far revisions have come."""
    return replace(TrackingSettings.from_configuration(configuration), revision_floor=live.revision_floor)


def tracking_rule(settings: TrackingSettings) -> Rule:
    """The rule of `track-attendance`, for every account of the installation."""
    (table,) = track_attendance.SPEC.tables
    ownership = Ownership(table, retain_days=math.ceil(settings.retain / 86_400))
    rule = TenantsApart(track_attendance.TrackAttendance(settings), ownership)
    return ErasingRule(rule, track_attendance.SPEC.name, Marks(table), AttendanceCleaner(), settings.step)


def tracking_agent(engine: Engine, rule: Rule) -> BatchAgent:
    """The agent whose effect is its own clock: due work is found in its table."""
    due_times = RowDueTimes(track_attendance.SPEC.tables[0], DUE_WORK, due_ms)
    clock = DueClock(rule, due_times, tick=tracking_tick)
    return BatchAgent(engine, track_attendance.SPEC, clock, heard=SessionLog().hear)


def tracking_tick(partition: int) -> Output:
    """The clock's message to `track-attendance`: something is due."""
    return Output.of(TICKS.name, None, Tick(kind="clock", now=as_datetime(int(time.time()))), partition=partition)


def scoring_agent(engine: Engine, configuration: Configuration, live: LiveState) -> BatchAgent:
    """The agent with the clock of the decay sweep, where there is to be one."""
    rule = OfState(scoring_rule(configuration, live.revision_floor), engine.names.state)
    sweep_at = configuration.scoring.decay_sweep
    if sweep_at is None:
        return BatchAgent(engine, score_engagement.SPEC, RuleAlone(rule))
    clock = sweep_clock(rule, table=score_engagement.ENGAGEMENT_TABLE, second=second_of_day(sweep_at), clock=time.time)
    return BatchAgent(engine, score_engagement.SPEC, clock)


def scoring_rule(configuration: Configuration, revision_floor: int = 0) -> Rule:
    """The rule of `score-engagement`."""
    table, scoring = score_engagement.ENGAGEMENT_TABLE, score_engagement.ScoreEngagement(configuration, revision_floor)
    return ErasingRule(scoring, score_engagement.SPEC.name, Marks(table), EngagementCleaner(table))
