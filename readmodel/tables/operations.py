"""What operators look at: calls, letters, deliveries, acts, workers; and how far the records were read."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    Table,
    Text,
    and_,
    case,
    or_,
)

from readmodel.codes import OUTCOME_LETTERS
from readmodel.outcomes import finished_at
from readmodel.tables.columns import (
    METADATA,
    coded_column,
    constant,
    contact_column,
    count_column,
    instant_column,
    later_column,
    letter,
    literal,
    position_columns,
    second_column,
    table,
    text_column,
    word_column,
)
from readmodel.vocabulary import WRITTEN
from schemas.letters import MOST_RESENDS

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

OFFSETS = table(
    "offsets",
    text_column("topic", key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    instant_column("recorded_at", required=True),
    count_column("unreadable"),
)
"""By the topic's logical name: where to go on, Kafka's time of the last record, how many could not be read."""

CALLS = table(
    "calls",
    contact_column(),
    Column("command", BigInteger, primary_key=True, autoincrement=False),
    word_column("wanted"),
    Column("revision", Integer),
    second_column("occurred_at", required=True),
    later_column("wanted_after"),
    coded_column("outcome", OUTCOME_LETTERS),
    Column("http_status", Integer),
    Column("attempts", Integer),
    text_column("detail"),
    later_column("finished_after"),
    Column("level", Integer),
)
"""One per command to Brevo (`readmodel.keys.command_key`): what was wanted (from the commands; `wanted` as `WANTED`),
what became of it (from the results); `level` says how much `outcome` knows (`readmodel.outcomes`).

Commands and results both say `occurred_at`; the other instants are milliseconds after it: short numbers."""


FINISHED_AT = finished_at(CALLS.c, constant)

ANSWERED = and_(
    or_(*(CALLS.c.outcome == letter(OUTCOME_LETTERS, outcome) for outcome in WRITTEN)), CALLS.c.wanted.is_not(None)
)
"""Calls by which something that is known reached Brevo: what its freshness is measured by."""

DELAYS = table(
    "delays",
    Column("minute", Integer, primary_key=True),
    word_column("wanted", key=True),
    Column("steps", Integer, primary_key=True),
    Column("calls", Integer, nullable=False),
)
"""How many there are of `ANSWERED` (`readmodel.tallies`): by the minute since 1970 in which they were finished, what
was wanted, and how long after its event, in steps of `DELAY_STEP_MS`."""

IN_DOUBT = CALLS.c.outcome == letter(OUTCOME_LETTERS, "in_doubt")
Index("calls_in_doubt", FINISHED_AT, sqlite_where=IN_DOUBT, postgresql_where=IN_DOUBT)

REJECTED = CALLS.c.outcome == letter(OUTCOME_LETTERS, "rejected")
Index("calls_rejected", FINISHED_AT, sqlite_where=REJECTED, postgresql_where=REJECTED)

DEAD_LETTERS = table(
    "dead_letters",
    *position_columns(),
    instant_column("recorded_at", required=True),
    text_column("record_key"),
    text_column("event_type"),
    text_column("label", required=True),
    text_column("reason", required=True),
    text_column("stage", required=True),
    text_column("source", required=True),
    text_column("version", required=True),
    count_column("attempts"),
    text_column("command_id"),
    text_column("letter_id", required=True),
    Index("dead_letters_by_time", "recorded_at"),
)

DELIVERIES = table(
    "deliveries",
    *position_columns(),
    text_column("event", required=True),
    text_column("object_id"),
    text_column("account_id"),
    text_column("delivery_id"),
    text_column("origin", required=True),
    instant_column("happened_at"),
    instant_column("received_at", required=True),
    text_column("quarantine_reason"),
    text_column("letter_id"),
    Index("deliveries_by_time", "received_at", "origin", "event", "happened_at"),
    Index("deliveries_by_object", "object_id", "received_at"),
)
"""What Zoom delivered, by its headers alone; `letter_id` of what was put aside."""

QUARANTINED = DELIVERIES.c.quarantine_reason.is_not(None)
Index("deliveries_quarantined", DELIVERIES.c.received_at, sqlite_where=QUARANTINED, postgresql_where=QUARANTINED)

LETTERS = table(
    "letters",
    text_column("letter_id", key=True),
    text_column("decision"),
    Column("resends", Integer),
    instant_column("decided_at"),
    text_column("operator"),
    text_column("why"),
    instant_column("failed_at"),
    Column("attempts", Integer),
    text_column("label"),
    text_column("reason"),
)
"""What was said of a dead letter or a quarantined delivery since: the newest decision, the newest failure."""

LETTER_STATE = case(
    (LETTERS.c.decision.is_(None), literal("open")),
    (LETTERS.c.decision != literal("resent"), LETTERS.c.decision),
    (or_(LETTERS.c.failed_at.is_(None), LETTERS.c.failed_at <= LETTERS.c.decided_at), literal("resent")),
    (LETTERS.c.resends >= constant(MOST_RESENDS), literal("parked")),
    else_=literal("open"),
)
"""As `schemas.letters.state_of`."""

NEEDS_DECISION = or_(
    literal("open") == LETTER_STATE,
    and_(literal("parked") == LETTER_STATE, LETTERS.c.decision == literal("resent")),
)
"""A letter that waits for a person: nobody has decided, or what was decided has not mended it."""

AUDIT = table(
    "audit",
    Column("partition", Integer, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    text_column("entry_id", required=True),
    instant_column("at", required=True),
    text_column("operator", required=True),
    text_column("action", required=True),
    text_column("subject", required=True),
    text_column("reason", required=True),
    text_column("result", required=True),
    text_column("details", required=True),
    Index("audit_by_time", "at"),
)

SETUPS = table(
    "setups",
    text_column("command", key=True),
    instant_column("at", required=True),
    text_column("report", required=True),
)
"""`report` as `schemas.setup.SetupReport`."""

ERASED = table(
    "erased",
    text_column("mark", key=True),
    text_column("salt", required=True),
    instant_column("erased_at", required=True),
    instant_column("returned_at"),
)
"""Who was forgotten, by mark (`schemas.erasure`): what is read of them again makes no rows."""

WORKERS = table(
    "workers",
    text_column("worker_id", key=True),
    instant_column("at", required=True),
    text_column("status", required=True),
)
"""`status` as `schemas.workers.WorkerStatus`."""
