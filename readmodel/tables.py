"""The tables: instants are milliseconds, days are days since 1970; keys are those of `readmodel.keys`.

Words that each of a session's people repeats are letters (`readmodel.codes`), lists and objects are JSON.

Who changes one that is released adds a migration (`readmodel.migrations`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    case,
    false,
    func,
    literal_column,
    not_,
    or_,
)

from readmodel.coded import Coded
from readmodel.codes import (
    CAUSE_LETTERS,
    EVIDENCE_LETTERS,
    KIND_LETTERS,
    ORIGIN_LETTERS,
    OUTCOME_LETTERS,
    REASON_LETTERS,
    RULE_LETTERS,
    STATUS_LETTERS,
    TIER_LETTERS,
    Codes,
)
from readmodel.vocabulary import NO_SCORE, RETRACTED, WRITTEN
from schemas.letters import MOST_RESENDS

METADATA = MetaData()


def _literal(word: str) -> ColumnElement[str]:
    """A word of ours as it stands in the statement: a partial index serves no condition with a parameter."""
    return literal_column(f"'{word}'")


def _letter(codes: Codes, word: str) -> ColumnElement[str]:
    return _literal(codes.code(word))


def _table(name: str, *items: Column[Any] | Index) -> Table:
    # Rows lie in the tree of their key, where SQLite would otherwise keep a second one.
    return Table(name, METADATA, *items, sqlite_with_rowid=False)


def _text(name: str, *, key: bool = False, required: bool = False) -> Column[Any]:
    return Column(name, Text, primary_key=key, nullable=not (key or required))


def _coded(name: str, codes: Codes, *, required: bool = False) -> Column[Any]:
    return Column(name, Coded(codes), nullable=not required)


def _count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default="0")


def _instant(name: str, *, required: bool = False) -> Column[Any]:
    return Column(name, BigInteger, nullable=not required)


def _contact() -> Column[Any]:
    return Column("contact", LargeBinary, primary_key=True)


def _session() -> Column[Any]:
    return Column("session", BigInteger, primary_key=True, autoincrement=False)


def _position() -> tuple[Column[Any], ...]:
    """Of the record that a row stands for (`Source.position`)."""
    partition, offset = Column("partition", Integer, primary_key=True), Column("offset", BigInteger, primary_key=True)
    return _text("topic", key=True), partition, offset


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default=false())


META = Table(
    "meta",
    METADATA,
    Column("only", Integer, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("topic_prefix", Text),
    Column("batches", BigInteger, nullable=False),
    Column("cluster_id", Text),
)
"""One row. Who writes increases `batches` first, so that two projectors take turns."""

OFFSETS = _table(
    "offsets",
    _text("topic", key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    _instant("recorded_at", required=True),
    _count("unreadable"),
)
"""By the topic's logical name: where to go on, Kafka's time of the last record, how many could not be read."""

SESSIONS = _table(
    "sessions",
    _session(),
    _text("account_id", required=True),
    _text("session_uuid", required=True),
    _text("object_id", required=True),
    _text("object_type", required=True),
    _text("topic", required=True),
    _text("host_id", required=True),
    _text("origin", required=True),
    _text("state", required=True),
    _text("waits_for", required=True),
    _instant("next_check_at"),
    _instant("sorted_at", required=True),
    _instant("scheduled_at"),
    _instant("started_at"),
    _instant("ended_at"),
    _count("length_seconds"),
    _flag("is_final"),
    _flag("retracted"),
    _text("evidence", required=True),
    *(_count(name) for name in (
        "registered", "attended", "left_early", "no_shows", "anonymous", "excluded", "assumed", "outside",
        "only_webhooks", "rehearsals", "rows_without_identity",
    )),
    _text("instances", required=True),
    _text("runs", required=True),
    _text("reconciliation"),
    _text("interaction"),
    Index("sessions_by_time", "sorted_at", "session"),
)  # fmt: skip
"""`sorted_at`: the start, else the scheduled one, else the end."""

CONTACTS = _table(
    "contacts",
    _contact(),
    _text("email"),
    _text("name"),
    _count("wanted_revision"),
    Column("answered_revision", Integer),
    _coded("outcome", OUTCOME_LETTERS),
    Column("http_status", Integer),
    _text("detail"),
    _instant("answered_at"),
    _instant("written_at"),
    _text("left_out"),
)
"""Who somebody is, and what became of the newest upsert: `written_at` is when Brevo last took one."""

IS_WRITTEN = func.coalesce(
    and_(
        or_(*(CONTACTS.c.outcome == _letter(OUTCOME_LETTERS, outcome) for outcome in WRITTEN)),
        CONTACTS.c.answered_revision >= CONTACTS.c.wanted_revision,
    ),
    false(),
)
"""Brevo holds the newest that was wanted of a contact."""

PEOPLE = _table(
    "people",
    _contact(),
    _session(),
    Column("revision", Integer),
    _coded("status", STATUS_LETTERS),
    _coded("reason", REASON_LETTERS),
    _flag("is_final"),
    _count("attended_seconds"),
    Column("late_seconds", Integer),
    _count("joins"),
    _flag("assumed"),
    _text("intervals"),
    _coded("evidence", EVIDENCE_LETTERS),
    _count("webhooks"),
    _count("report_rows"),
    _coded("rule", RULE_LETTERS),
    _instant("judged_at"),
    Column("score", Integer, nullable=False, server_default=str(NO_SCORE)),
    _text("scoring"),
    _flag("written"),
    Index("people_by_time", "session", "status", "attended_seconds", "contact"),
    Index("people_by_score", "session", "status", "score", "contact"),
)
"""A contact's result in a session, under the contact first: who somebody is is asked of all their sessions at once, and
a session's people are read through its indices. Without a `status` only its score has come yet. `scoring`: what the
score is made of (`SCORING`), with commas. `written`: `IS_WRITTEN` of the contact."""

STANDS = and_(PEOPLE.c.status.is_not(None), PEOPLE.c.status != _letter(STATUS_LETTERS, RETRACTED))
NOT_SYNCED = and_(STANDS, not_(PEOPLE.c.written))
# With all that its condition names: SQLite looks the condition up again, and would rather read all people of a session.
Index(
    "people_not_synced", PEOPLE.c.session, PEOPLE.c.contact, PEOPLE.c.status, PEOPLE.c.written,
    sqlite_where=NOT_SYNCED, postgresql_where=NOT_SYNCED,
)  # fmt: skip

UNSYNCED = _table("unsynced", _session(), Column("people", Integer, nullable=False))
"""How many there are of `NOT_SYNCED`, of each session with any (`readmodel.unsynced`)."""

REGISTRATIONS = _table(
    "registrations",
    _contact(),
    _text("account_id", key=True),
    _text("object_id", key=True),
    _text("registrant_id", key=True),
    Column("revision", Integer, nullable=False),
    _flag("retracted"),
    _text("status", required=True),
    _text("topic", required=True),
    _instant("occurred_at", required=True),
    _instant("approved_at"),
    _instant("starts_at"),
    _flag("before_end"),
    _text("source"),
    _text("observed", required=True),
)

SCORES = _table(
    "scores",
    _contact(),
    Column("revision", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    _coded("tier", TIER_LETTERS, required=True),
    Column("reference_day", Integer, nullable=False),
    _text("why", required=True),
    _text("model_version", required=True),
    _count("half_life_days"),
    _count("hot_from"),
    _count("warm_from"),
)

CANDIDATES = _table(
    "candidates",
    _contact(),
    _text("model", key=True),
    Column("score", Integer),
    _text("tier"),
    _text("failed"),
    Column("live_score", Integer, nullable=False),
    _text("live_tier", required=True),
    Column("reference_day", Integer, nullable=False),
    # All that a comparison counts, in its order: it is read once, and nothing is sorted.
    Index("candidates_compared", "model", "live_score", "score", "live_tier", "tier"),
)
"""What a candidate model gives a contact beside the live one, on the same day; `failed`: why it gives nothing."""

MOVED = CANDIDATES.c.tier != CANDIDATES.c.live_tier
Index(
    "candidates_moved", CANDIDATES.c.model, CANDIDATES.c.tier, CANDIDATES.c.score, CANDIDATES.c.contact,
    CANDIDATES.c.live_tier,
    sqlite_where=MOVED, postgresql_where=MOVED,
)  # fmt: skip

CALLS = _table(
    "calls",
    _contact(),
    Column("command_id", LargeBinary, primary_key=True),
    _coded("kind", KIND_LETTERS),
    _text("name"),
    _text("session_uuid"),
    _coded("cause", CAUSE_LETTERS),
    _coded("origin", ORIGIN_LETTERS),
    Column("revision", Integer),
    _instant("occurred_at"),
    _instant("wanted_at"),
    _coded("outcome", OUTCOME_LETTERS),
    Column("http_status", Integer),
    Column("attempts", Integer),
    _text("detail"),
    _instant("finished_at"),
    Column("level", Integer),
)
"""One per command to Brevo: what was wanted (from the commands), what became of it (from the results); `level` says how
much `outcome` knows (`readmodel.outcomes`)."""

TAKEN_LIVE = and_(
    CALLS.c.origin == _letter(ORIGIN_LETTERS, "live"),
    or_(*(CALLS.c.outcome == _letter(OUTCOME_LETTERS, outcome) for outcome in WRITTEN)),
)
"""Calls by which something of now reached Brevo: what its freshness is measured by."""
Index(
    "calls_taken_live", CALLS.c.finished_at, CALLS.c.kind, CALLS.c.name, CALLS.c.occurred_at, CALLS.c.origin,
    CALLS.c.outcome,
    sqlite_where=TAKEN_LIVE, postgresql_where=TAKEN_LIVE,
)  # fmt: skip
IN_DOUBT = CALLS.c.outcome == _letter(OUTCOME_LETTERS, "in_doubt")
Index("calls_in_doubt", CALLS.c.finished_at, sqlite_where=IN_DOUBT, postgresql_where=IN_DOUBT)
REJECTED = CALLS.c.outcome == _letter(OUTCOME_LETTERS, "rejected")
Index("calls_rejected", CALLS.c.finished_at, sqlite_where=REJECTED, postgresql_where=REJECTED)

DEAD_LETTERS = _table(
    "dead_letters",
    *_position(),
    _instant("recorded_at", required=True),
    _text("record_key"),
    _text("event_type"),
    _text("label", required=True),
    _text("reason", required=True),
    _text("stage", required=True),
    _text("source", required=True),
    _text("version", required=True),
    _count("attempts"),
    _text("command_id"),
    _text("letter_id", required=True),
    Index("dead_letters_by_time", "recorded_at"),
)

DELIVERIES = _table(
    "deliveries",
    *_position(),
    _text("event", required=True),
    _text("object_id"),
    _text("account_id"),
    _text("delivery_id"),
    _text("origin", required=True),
    _instant("happened_at"),
    _instant("received_at", required=True),
    _text("quarantine_reason"),
    _text("letter_id"),
    Index("deliveries_by_time", "received_at", "origin", "event", "happened_at"),
    Index("deliveries_by_object", "object_id", "received_at"),
)
"""What Zoom delivered, by its headers alone; `letter_id` of what was put aside."""

QUARANTINED = DELIVERIES.c.quarantine_reason.is_not(None)
Index("deliveries_quarantined", DELIVERIES.c.received_at, sqlite_where=QUARANTINED, postgresql_where=QUARANTINED)

LETTERS = _table(
    "letters",
    _text("letter_id", key=True),
    _text("decision"),
    Column("resends", Integer),
    _instant("decided_at"),
    _text("operator"),
    _text("why"),
    _instant("failed_at"),
    Column("attempts", Integer),
    _text("label"),
    _text("reason"),
)
"""What was said of a dead letter or a quarantined delivery since: the newest decision, the newest failure."""

LETTER_STATE = case(
    (LETTERS.c.decision.is_(None), _literal("open")),
    (LETTERS.c.decision != _literal("resent"), LETTERS.c.decision),
    (or_(LETTERS.c.failed_at.is_(None), LETTERS.c.failed_at <= LETTERS.c.decided_at), _literal("resent")),
    (LETTERS.c.resends >= literal_column(str(MOST_RESENDS)), _literal("parked")),
    else_=_literal("open"),
)
"""As `schemas.letters.state_of`."""
NEEDS_DECISION = or_(
    _literal("open") == LETTER_STATE,
    and_(_literal("parked") == LETTER_STATE, LETTERS.c.decision == _literal("resent")),
)
"""A letter that waits for a person: nobody has decided, or what was decided has not mended it."""

AUDIT = _table(
    "audit",
    Column("partition", Integer, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    _text("entry_id", required=True),
    _instant("at", required=True),
    _text("operator", required=True),
    _text("action", required=True),
    _text("subject", required=True),
    _text("reason", required=True),
    _text("result", required=True),
    _text("details", required=True),
    Index("audit_by_time", "at"),
)

SETUPS = _table(
    "setups",
    _text("command", key=True),
    _instant("at", required=True),
    _text("report", required=True),
)
"""`report` as `schemas.setup.SetupReport`."""

ERASED = _table(
    "erased",
    _text("mark", key=True),
    _text("salt", required=True),
    _instant("erased_at", required=True),
    _instant("returned_at"),
)
"""Who was forgotten, by mark (`schemas.erasure`): what is read of them again makes no rows."""

WORKERS = _table(
    "workers",
    _text("worker_id", key=True),
    _instant("at", required=True),
    _text("status", required=True),
)
"""`status` as `schemas.workers.WorkerStatus`."""
