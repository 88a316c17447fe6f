"""What is known of sessions, people, contacts and their scores."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    Table,
    and_,
    case,
    false,
    func,
    not_,
    or_,
)

from readmodel.codes import (
    OUTCOME_LETTERS,
    STATUS_LETTERS,
)
from readmodel.tables.columns import (
    METADATA,
    coded_column,
    contact_column,
    count_column,
    flag_column,
    instant_column,
    letter,
    second_column,
    session_column,
    table,
    text_column,
    word_column,
)
from readmodel.vocabulary import NO_SCORE, RETRACTED, WRITTEN

SESSIONS = table(
    "sessions",
    session_column(),
    text_column("account_id", required=True),
    text_column("session_uuid", required=True),
    text_column("object_id", required=True),
    text_column("object_type", required=True),
    text_column("topic", required=True),
    text_column("host_id", required=True),
    text_column("origin", required=True),
    text_column("state", required=True),
    text_column("waits_for", required=True),
    instant_column("next_check_at"),
    instant_column("sorted_at", required=True),
    instant_column("scheduled_at"),
    instant_column("started_at"),
    instant_column("ended_at"),
    count_column("length_seconds"),
    flag_column("is_final"),
    flag_column("retracted"),
    text_column("evidence", required=True),
    *(count_column(name) for name in (
        "registered", "attended", "left_early", "no_shows", "anonymous", "excluded", "assumed", "outside",
        "only_webhooks", "rehearsals", "rows_without_identity",
    )),
    text_column("instances", required=True),
    text_column("runs", required=True),
    text_column("reconciliation"),
    text_column("interaction"),
    Index("sessions_by_time", "sorted_at", "session"),
)  # fmt: skip
"""`sorted_at`: the start, else the scheduled one, else the end."""

CONTACTS = Table(
    "contacts",
    METADATA,
    contact_column(),
    Column("beginning", Integer, nullable=False),
    Column("rest", LargeBinary),
    text_column("email"),
    text_column("name"),
    count_column("wanted_revision"),
    Column("answered_revision", Integer),
    coded_column("outcome", OUTCOME_LETTERS),
    text_column("detail"),
    instant_column("answered_at"),
    instant_column("taken_before"),
    text_column("left_out"),
    Index("contacts_by_beginning", "beginning"),
)
"""Who a number is, and what became of the newest upsert. `beginning` of the id, and `rest`: what the address does not
tell of it (`readmodel.keys`); `taken_before`: if Brevo did not take the upsert, when it last took one."""

IS_KNOWN = or_(CONTACTS.c.email.is_not(None), CONTACTS.c.answered_revision.is_not(None))
"""Something was told of them: a row that has a number alone is a session's stand-in, or of who had a score once."""


def is_taken(outcome: ColumnElement[Any]) -> ColumnElement[bool]:
    """Brevo holds what was wanted, by the letter of an outcome."""
    return or_(*(outcome == letter(OUTCOME_LETTERS, taken) for taken in WRITTEN))


WRITTEN_AT = case((is_taken(CONTACTS.c.outcome), CONTACTS.c.answered_at), else_=CONTACTS.c.taken_before)
"""When Brevo last took something of a contact."""

IS_WRITTEN = func.coalesce(
    and_(is_taken(CONTACTS.c.outcome), CONTACTS.c.answered_revision >= CONTACTS.c.wanted_revision), false()
)
"""Brevo holds the newest that was wanted of a contact."""

PEOPLE = table(
    "people",
    contact_column(),
    session_column(),
    Column("revision", Integer),
    coded_column("status", STATUS_LETTERS),
    count_column("attended_seconds"),
    Column("late_seconds", Integer),
    text_column("intervals"),
    word_column("judgement"),
    second_column("judged_at"),
    Column("score", Integer, nullable=False, server_default=str(NO_SCORE)),
    Column("attendance", Integer),
    Column("punctuality", Integer),
    word_column("scoring"),
    flag_column("written"),
    Index("people_by_time", "session", "status", "attended_seconds", "contact"),
    Index("people_by_score", "session", "status", "score", "contact"),
)
"""A contact's result in a session, under the contact first: who somebody is is asked of all their sessions at once, and
a session's people are read through its indices. Without a `status` only its score has come yet.

`intervals`: not said where they are the one stay that `late_seconds` and `attended_seconds` tell (`readmodel.stays`).
`judgement`: as `JUDGEMENT`. `attendance`, `punctuality` (in 1/`POINT`) and `scoring` (as `SCORING`): what the score is
made of. `written`: `IS_WRITTEN` of the contact."""

STANDS = and_(PEOPLE.c.status.is_not(None), PEOPLE.c.status != letter(STATUS_LETTERS, RETRACTED))

NOT_SYNCED = and_(STANDS, not_(PEOPLE.c.written))
# With all that its condition names: SQLite looks the condition up again, and would rather read all people of a session.
Index(
    "people_not_synced", PEOPLE.c.session, PEOPLE.c.contact, PEOPLE.c.status, PEOPLE.c.written,
    sqlite_where=NOT_SYNCED, postgresql_where=NOT_SYNCED,
)  # fmt: skip

UNSYNCED = table("unsynced", session_column(), Column("people", Integer, nullable=False))
"""How many there are of `NOT_SYNCED`, of each session with any (`readmodel.tallies`)."""

REGISTRATIONS = table(
    "registrations",
    contact_column(),
    text_column("account_id", key=True),
    text_column("object_id", key=True),
    text_column("registrant_id", key=True),
    Column("revision", Integer, nullable=False),
    flag_column("retracted"),
    text_column("status", required=True),
    text_column("topic", required=True),
    instant_column("occurred_at", required=True),
    instant_column("approved_at"),
    instant_column("starts_at"),
    flag_column("before_end"),
    text_column("source"),
    text_column("observed", required=True),
)

SCORES = table(
    "scores",
    contact_column(),
    Column("score", Integer, nullable=False),
    word_column("why", required=True),
    word_column("standing", required=True),
)
"""`standing`: as `STANDING`."""

CANDIDATES = table(
    "candidates",
    contact_column(),
    text_column("model", key=True),
    Column("score", Integer),
    text_column("tier"),
    text_column("failed"),
    Column("live_score", Integer, nullable=False),
    text_column("live_tier", required=True),
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
