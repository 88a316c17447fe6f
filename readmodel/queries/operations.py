"""What operators look at: workers, freshness, how far things are, dead letters, deliveries, doubts, the audit topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Table, case, func, select

from readmodel.instants import in_milliseconds, moment
from readmodel.lines.contacts import CallLine
from readmodel.lines.operations import AuditLine, DeadLetterLine, DeliveryLine, Freshness, TopicProgress, Totals
from readmodel.numbers import names_of
from readmodel.parts import PART, Part, part_of
from readmodel.percentiles import percentile
from readmodel.queries.contacts import call_lines
from readmodel.queries.rows import asked, behind, fields_of
from readmodel.shared import apart
from readmodel.tables import (
    AUDIT,
    CALLS,
    DEAD_LETTERS,
    DELAYS,
    DELIVERIES,
    FINISHED_AT,
    IN_DOUBT,
    LETTER_STATE,
    LETTERS,
    NEEDS_DECISION,
    OFFSETS,
    QUARANTINED,
    REJECTED,
    SESSIONS,
    SETUPS,
    WORDS,
    WORKERS,
)
from readmodel.tallies import DELAY_STEP_MS, MINUTE_MS
from readmodel.vocabulary import OVER_NOT_FINAL, WANTED
from schemas.codec import unpack
from schemas.instants import NEWS_MS
from schemas.letters import LetterStanding
from schemas.setup import SetupReport
from schemas.workers import WorkerStatus

_PLACE = ("topic", "partition", "offset")
_INSTANTS = ("at", "recorded_at", "received_at", "happened_at")


def totals(connection: Connection, *, since: datetime | None = None) -> Totals:
    """Counts; of dead letters, rejected and quarantined those of `since` and later."""
    from_ms = 0 if since is None else in_milliseconds(since)
    waiting = SESSIONS.c.state.in_(OVER_NOT_FINAL), SESSIONS.c.retracted.is_(False)

    def count(table: Any, *conditions: Any) -> int:
        return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()

    def undecided(table: Any, *conditions: Any) -> int:
        return count(_with_letters(table), NEEDS_DECISION, *conditions)

    return Totals(
        dead_letters=undecided(DEAD_LETTERS, DEAD_LETTERS.c.recorded_at >= from_ms),
        in_doubt=count(CALLS, IN_DOUBT),
        rejected=count(CALLS, REJECTED, from_ms <= FINISHED_AT),
        quarantined=undecided(DELIVERIES, QUARANTINED, DELIVERIES.c.received_at >= from_ms),
        sessions_waiting=count(SESSIONS, *waiting),
    )


def dead_letters(
    connection: Connection, *, state: LetterStanding | None = None, limit: int = PART, after: str | None = None
) -> Part[DeadLetterLine]:
    """Dead letters, the latest first; label, reason and attempts of the last failure."""
    table, said = DEAD_LETTERS, LETTERS.c
    conditions = () if state is None else (state == LETTER_STATE,)
    told = {name: func.coalesce(said[name], table.c[name]).label(name) for name in ("label", "reason", "attempts")}
    columns = [told.get(column.name, column) for column in table.c]
    return _latest(
        connection, table, table.c.recorded_at, _PLACE, DeadLetterLine, limit, after, *conditions,
        chosen=select(*columns, LETTER_STATE.label("state")).select_from(_with_letters(table)),
    )  # fmt: skip


def deliveries(
    connection: Connection,
    *,
    object_id: str | None = None,
    quarantined: bool = False,
    limit: int = PART,
    after: str | None = None,
) -> Part[DeliveryLine]:
    """What Zoom delivered, the latest first; `quarantined`: only what was put aside."""
    table = DELIVERIES
    conditions: list[Any] = [QUARANTINED] if quarantined else []
    if object_id is not None:
        conditions.append(table.c.object_id == asked(object_id))
    state = case((QUARANTINED, LETTER_STATE)).label("state")
    return _latest(
        connection, table, table.c.received_at, _PLACE, DeliveryLine, limit, after, *conditions,
        chosen=select(table, state).select_from(_with_letters(table)),
    )  # fmt: skip


def audit(connection: Connection, *, limit: int = PART, after: str | None = None) -> Part[AuditLine]:
    """What people did, the latest first."""
    part = _latest(connection, AUDIT, AUDIT.c.at, ("partition", "offset"), dict, limit, after)
    lines = (
        AuditLine(
            **{name: row[name] for name in ("entry_id", "at", "operator", "action", "subject", "reason", "result")},
            details=unpack(row["details"].encode()),
        )
        for row in part.items
    )
    return Part(tuple(lines), part.after)


def in_doubt(
    connection: Connection, *, limit: int = PART, sessions: Sequence[str] | None = None
) -> tuple[CallLine, ...]:
    """Events that may or may not have been sent, the latest first; only those of these `sessions`, by any of the uuids.

    All of them are few: their index is read whole.
    """
    chosen = select(CALLS).where(IN_DOUBT).order_by(FINISHED_AT.desc())
    if sessions is None:
        return call_lines(connection, chosen.limit(limit))
    return tuple(line for line in call_lines(connection, chosen) if line.session_uuid in sessions)[:limit]


def rejected(connection: Connection, *, limit: int = PART) -> tuple[CallLine, ...]:
    """Commands that Brevo refused for good, the latest first."""
    return call_lines(connection, select(CALLS).where(REJECTED).order_by(FINISHED_AT.desc()).limit(limit))


def workers(connection: Connection) -> tuple[WorkerStatus, ...]:
    """Every worker as it said last; one that died says nothing more, so look at its `at`."""
    rows = connection.execute(select(WORKERS.c.status).order_by(WORKERS.c.worker_id))
    return tuple(WorkerStatus.model_validate_json(row.status) for row in rows)


def setups(connection: Connection) -> tuple[SetupReport, ...]:
    """What each command found about the set-up when it was last run."""
    rows = connection.execute(select(SETUPS.c.report).order_by(SETUPS.c.command.desc()))
    return tuple(SetupReport.model_validate_json(row.report) for row in rows)


def freshness(connection: Connection, now: datetime, over: timedelta = timedelta(hours=1)) -> tuple[Freshness, ...]:
    """Delays of what webhooks told as it happened and arrived within `over` before `now`, per stage and kind."""
    since = in_milliseconds(now - over)
    found = [("received", _received(connection, since)), ("answered", _answered(connection, since))]
    return tuple(
        Freshness(stage, kind, sum(counts.values()), *(percentile(counts, share) / 1000 for share in (0.5, 0.95)))
        for stage, kinds in found
        for kind, counts in sorted(kinds.items())
    )


def progress(connection: Connection) -> tuple[TopicProgress, ...]:
    """How far the tables are, per topic."""
    rows = connection.execute(
        select(
            OFFSETS.c.topic,
            func.sum(OFFSETS.c.next_offset).label("records"),
            func.max(OFFSETS.c.recorded_at).label("recorded_at"),
            func.sum(OFFSETS.c.unreadable).label("unreadable"),
        )
        .group_by(OFFSETS.c.topic)
        .order_by(OFFSETS.c.topic)
    )
    return tuple(
        TopicProgress(row.topic, int(row.records), moment(row.recorded_at), int(row.unreadable)) for row in rows
    )


def _received(connection: Connection, since: int) -> dict[str, dict[int, int]]:
    """By event: how many took so many milliseconds to the ingress, in steps."""
    of = DELIVERIES.c
    steps = ((of.received_at - of.happened_at) // DELAY_STEP_MS).label("steps")
    was_live = of.received_at >= since, of.happened_at >= of.received_at - NEWS_MS, of.origin == "live"
    return _by_delay(
        connection.execute(select(of.event, steps, func.count()).where(*was_live).group_by("event", "steps"))
    )


def _answered(connection: Connection, since: int) -> dict[str, dict[int, int]]:
    """By an event's name, else by kind and cause: how many took so many milliseconds to Brevo's answer, in steps."""
    of = DELAYS.c
    chosen = select(of.wanted, of.steps, func.sum(of.calls)).where(of.minute >= since // MINUTE_MS)
    rows = connection.execute(chosen.group_by(of.wanted, of.steps)).all()
    words = names_of(connection, WORDS, (number for number, _, _ in rows))
    said = {number: apart(WANTED, text) for number, text in words.items()}
    timed = {number: told for number, told in said.items() if told["as_it_happened"]}
    kinds = {number: told["name"] or f"{told['kind']} ({told['cause']})" for number, told in timed.items()}
    return _by_delay((kinds[number], steps, int(times)) for number, steps, times in rows if number in kinds)


def _by_delay(rows: Iterable[Any]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for name, steps, times in rows:
        counts = found.setdefault(name, {})
        delay = max(0, steps) * DELAY_STEP_MS
        counts[delay] = counts.get(delay, 0) + times
    return found


def _with_letters(table: Table) -> FromClause:
    return table.outerjoin(LETTERS, LETTERS.c.letter_id == table.c.letter_id)


def _latest(
    connection: Connection, table: Any, at: Any, place: tuple[str, ...], item: Any, limit: int, after: str | None,
    *conditions: Any, chosen: Select[Any] | None = None,
) -> Part[Any]:  # fmt: skip
    columns = [at, *(table.c[name] for name in place)]
    statement = (
        (select(table) if chosen is None else chosen)
        .where(*conditions, *behind(after, *columns))
        .order_by(*(column.desc() for column in columns))
        .limit(limit + 1)
    )
    rows = connection.execute(statement).all()
    return part_of(
        rows,
        limit,
        lambda row: item(**fields_of(row, *_INSTANTS)),
        lambda row: [getattr(row, column.name) for column in columns],
    )
