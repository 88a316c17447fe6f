"""The registry of topics: the only place that spells a topic's name. PURE.

All topics have the same number of partitions (`kafka.partitions`), as have the changelogs: the tables rely on it.
Retention counts from Kafka's record time, which is the time of receipt, so a back-fill is not deleted on arrival.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from schemas.topic import MIB, Topic

RAW_EVENTS = Topic(
    name="zoom.events.raw.v1",
    key="`object.id` as text, else the account id",
    value="the event's JSON, secrets removed; the frame alone of what nothing of ours reads",
    producers=("ingress", "track-attendance"),
    consumers=("track-attendance",),
    retention_days=30,
    max_message_bytes=2 * MIB,
    dead_letters=True,
)
QUARANTINE = Topic(
    name="zoom.events.quarantine.v1",
    key="`object.id` as text, else the account id",
    value="authentic deliveries that are stale or not of their account, the latter without their payload",
    producers=("ingress", "track-attendance"),
    consumers=(),
    retention_days=30,
    max_message_bytes=2 * MIB,
)
LOOKUPS = Topic(
    name="zoom.lookups.v1",
    key="account id",
    value="schemas.lookups.LookupRequest | LookupSettled | AccountDeauthorized",
    producers=("track-attendance", "look-up"),
    consumers=("look-up",),
    retention_days=7,
    dead_letters=True,
)
LOOKUPS_BULK = Topic(
    name="zoom.lookups.bulk.v1",
    key="account id",
    value="schemas.lookups.LookupRequest",
    producers=("track-attendance",),
    consumers=("look-up",),
    retention_days=7,
    dead_letters=True,
)
LOOKUP_RESULTS = Topic(
    name="zoom.lookup-results.v1",
    key="object id",
    value="schemas.lookups.LookupResult",
    producers=("look-up",),
    consumers=("track-attendance",),
    # As long as the raw events: a rebuild asks these instead of Zoom.
    retention_days=30,
    max_message_bytes=2 * MIB,
    dead_letters=True,
)
TICKS = Topic(
    name="attendance.ticks.v1",
    key="object id, or nothing for the clock",
    value="schemas.ticks.Tick",
    producers=("track-attendance",),
    consumers=("track-attendance",),
    retention_days=1,
    dead_letters=True,
)
ATTENDANCE_RESULTS = Topic(
    name="attendance.results.v1",
    key="contact id, or a session's stand-in",
    value="schemas.attendance.Registration | Result | Recording | Notice | SessionRecording",
    producers=("track-attendance",),
    consumers=("score-engagement",),
    retention_days=90,
    dead_letters=True,
)
ATTENDANCE_SESSIONS = Topic(
    name="attendance.sessions.v1",
    key="account id and session uuid",
    value="schemas.sessions.SessionSummary",
    producers=("track-attendance", "ops"),
    consumers=(),
    cleanup="compact",
)
ENGAGEMENT_SCORES = Topic(
    name="engagement.scores.v1",
    key="contact id",
    value="schemas.engagement.ContactScore",
    producers=("score-engagement", "ops"),
    consumers=(),
    cleanup="compact",
)
ENGAGEMENT_CANDIDATES = Topic(
    name="engagement.candidates.v1",
    key="contact id",
    value="schemas.engagement.CandidateScores",
    producers=("score-engagement", "ops"),
    consumers=(),
    cleanup="compact",
)
ENGAGEMENT_TICKS = Topic(
    name="engagement.ticks.v1",
    key="contact id, or nothing for the clock",
    value="schemas.ticks.SweepTick",
    producers=("score-engagement",),
    consumers=("score-engagement",),
    retention_days=1,
    dead_letters=True,
)
ENGAGEMENT_RESYNCS = Topic(
    name="engagement.resyncs.v1",
    key="contact id",
    value="schemas.engagement.ResyncContact | RebuildScore",
    producers=("ops", "sync-contact"),
    consumers=("score-engagement",),
    retention_days=14,
    dead_letters=True,
)
BREVO_COMMANDS = Topic(
    name="brevo.commands.v1",
    key="contact id, or a session's stand-in",
    value="schemas.brevo.UpsertContact | TrackEvent | SendRecording | ConfirmList | SendCampaign",
    producers=("score-engagement",),
    consumers=("sync-contact",),
    retention_days=14,
    dead_letters=True,
)
BREVO_COMMANDS_BULK = replace(BREVO_COMMANDS, name="brevo.commands.bulk.v1")
BREVO_RESULTS = Topic(
    name="brevo.results.v1",
    key="contact id, or nothing for an order to all workers",
    value="schemas.brevo.CommandResult | Resume",
    producers=("sync-contact",),
    consumers=("sync-contact",),
    retention_days=30,
    dead_letters=True,
)
AUDIT = Topic(
    name="ops.audit.v1",
    key="operator",
    value="schemas.audit.AuditEntry",
    producers=("ops", "look-up"),
    consumers=(),
    retention_days=400,
)
WORKERS = Topic(
    name="ops.workers.v1",
    key="worker id",
    value="schemas.workers.WorkerStatus",
    producers=("worker",),
    consumers=(),
    cleanup="compact",
    segment_hours=1,
)
LETTERS = Topic(
    name="ops.letters.v1",
    key="letter id and kind",
    value="schemas.letters.LetterFault | LetterDecision",
    producers=("ops", "track-attendance", "look-up", "score-engagement", "sync-contact"),
    consumers=(),
    cleanup="compact",
)
REPLAYS = Topic(
    name="ops.replays.v1",
    key="replay id",
    value="schemas.replays.Replay | ReplayOrder | ReplayNews",
    producers=("ops", "track-attendance", "score-engagement"),
    consumers=(),
    retention_days=30,
)
SETUP = Topic(
    name="ops.setup.v1",
    key="command",
    value="schemas.setup.SetupReport",
    producers=("ops",),
    consumers=(),
    cleanup="compact",
)
ERASURES = Topic(
    name="ops.erasures.v1",
    key="a person's mark, with an agent's name of how far it is; one record for each partition",
    value="schemas.erasure.Erasure | ErasureProgress",
    producers=("ops", "track-attendance", "look-up", "score-engagement", "sync-contact"),
    consumers=("track-attendance", "look-up", "score-engagement", "sync-contact"),
    cleanup="compact",
    dead_letters=True,
)
STATES = Topic(
    name="ops.states.v1",
    key="`live`, or the state's name",
    value="schemas.states.LiveState | RebuiltState",
    producers=("ops",),
    consumers=("worker",),
    cleanup="compact",
)
BREVO_EVENTS = Topic(
    name="brevo.events.v1",
    key="contact id",
    value="schemas.brevo_feedback.BrevoFeedback",
    producers=("ingress", "sync-contact"),
    consumers=("sync-contact",),
    retention_days=30,
    dead_letters=True,
)
TOPICS: tuple[Topic, ...] = (
    RAW_EVENTS,
    QUARANTINE,
    LOOKUPS,
    LOOKUPS_BULK,
    LOOKUP_RESULTS,
    TICKS,
    ATTENDANCE_RESULTS,
    ATTENDANCE_SESSIONS,
    ENGAGEMENT_SCORES,
    ENGAGEMENT_CANDIDATES,
    ENGAGEMENT_TICKS,
    ENGAGEMENT_RESYNCS,
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    BREVO_RESULTS,
    BREVO_EVENTS,
    AUDIT,
    WORKERS,
    LETTERS,
    REPLAYS,
    SETUP,
    ERASURES,
    STATES,
)


HELD_EVENTS = replace(
    RAW_EVENTS,
    name="held.events.v1",
    producers=("track-attendance",),
)
"""Of a rebuild: events that waited for an answer whose they are, as the worker puts them into the raw topic again."""
KEPT_ANSWERS = replace(LOOKUP_RESULTS, name="kept.answers.v1", producers=("track-attendance",))
"""Of a rebuild: answers of `zoom.lookup-results.v1` to what is asked now."""


def rebuild_topics() -> tuple[Topic, ...]:
    """What a rebuild has of its own, with dead letters: all that its two agents write, and what they tell themselves.

    `zoom.lookups.bulk.v1` is the worker's: what nobody has kept an answer to is asked there, if a person wants it.
    """
    agents = {"track-attendance", "score-engagement"}
    shared = (RAW_EVENTS, LOOKUP_RESULTS, LOOKUPS, LOOKUPS_BULK)
    written = [topic for topic in TOPICS if agents & {*topic.producers} and topic not in shared]
    own = (*written, ENGAGEMENT_RESYNCS, HELD_EVENTS, KEPT_ANSWERS)
    read = [topic for topic in (*own, RAW_EVENTS, LOOKUP_RESULTS) if agents & {*topic.consumers}]
    return (*own, *(topic.dead_letter for topic in read))


def all_topics() -> tuple[Topic, ...]:
    """Every topic with its dead-letter topic behind it."""
    return tuple(
        chain.from_iterable((topic, topic.dead_letter) if topic.dead_letters else (topic,) for topic in TOPICS)
    )
