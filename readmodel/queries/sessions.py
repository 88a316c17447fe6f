"""Sessions, and the people of one. The values are for people: addresses among them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, func, null, or_, select, union_all

from readmodel.contact_numbers import number_of_contact
from readmodel.instants import in_milliseconds, moment
from readmodel.keys import contact_id_of
from readmodel.lines.sessions import PersonLine, RunLine, ScoreShare, SessionLine, SyncState
from readmodel.numbers import names_of, number_of
from readmodel.parts import PART, Part, part_of, place_of
from readmodel.queries.rows import asked, behind, fields_of
from readmodel.shared import apart
from readmodel.stays import LineStays, stays_of
from readmodel.tables import (
    CONTACTS,
    NOT_SYNCED,
    PEOPLE,
    SESSION_NUMBERS,
    SESSIONS,
    UNSYNCED,
    WORDS,
    WRITTEN_AT,
)
from readmodel.vocabulary import JUDGEMENT, NO_SCORE, OVER_NOT_FINAL, POINT, RETRACTED, SCORING
from schemas.codec import SHORTEST_BEGINNING, unpack
from schemas.sessions import InteractionSummary, Reconciliation

STATUSES = ("attended", "left_early", "no_show", RETRACTED)
PRESENT = ("attended", "left_early")
Order = Literal["time", "score"]

_NOT_SYNCED = func.coalesce(
    select(UNSYNCED.c.people).where(UNSYNCED.c.session == SESSIONS.c.session).scalar_subquery(), 0
).label("not_synced")
_KEYED = SESSIONS.join(SESSION_NUMBERS, SESSION_NUMBERS.c.number == SESSIONS.c.session)
_CHOSEN = select(SESSIONS, SESSION_NUMBERS.c.named.label("key"), _NOT_SYNCED).select_from(_KEYED)


def sessions(
    connection: Connection,
    *,
    since: datetime | None = None,
    state: str | None = None,
    text: str = "",
    retracted: bool = False,
    limit: int = PART,
    after: str | None = None,
) -> Part[SessionLine]:
    """Sessions, the latest first.

    Args:
        connection: from `Database.reading`.
        since: those that began (or are due) from then on.
        state: as `SessionSummary.state`; `waiting`: all that are over and not final.
        text: in the topic, whatever the case, or the beginning of a uuid or id.
        retracted: also what turned out to be no session.
        limit: of a part.
        after: `Part.after` of the part before.
    """
    conditions: list[Any] = []
    if not retracted:
        conditions.append(SESSIONS.c.retracted.is_(False))
    if since is not None:
        conditions.append(SESSIONS.c.sorted_at >= in_milliseconds(since))
    if state == "waiting":
        conditions.append(SESSIONS.c.state.in_(OVER_NOT_FINAL))
    elif state is not None:
        conditions.append(SESSIONS.c.state == state)
    if text:
        wanted = asked(text)
        conditions.append(or_(_contains(wanted), _named(wanted)))
    conditions += behind(after, SESSIONS.c.sorted_at, SESSIONS.c.session)
    chosen = _CHOSEN.where(*conditions).order_by(SESSIONS.c.sorted_at.desc(), SESSIONS.c.session.desc())
    rows = connection.execute(chosen.limit(limit + 1)).all()
    return part_of(rows, limit, _session, lambda row: (row.sorted_at, row.session))


def find_sessions(connection: Connection, which: str, *, limit: int = 10) -> tuple[SessionLine, ...]:
    """The sessions that `which` may mean, the latest first: `latest`, a uuid or its beginning, an id, or topic words.

    An exact uuid means that one alone.
    """
    if which == "latest":
        return sessions(connection, limit=1).items
    exact = connection.execute(_CHOSEN.where(SESSIONS.c.session_uuid == asked(which))).all()
    if exact:
        return tuple(map(_session, exact))
    return sessions(connection, text=which, limit=limit).items


def session(connection: Connection, key: int) -> SessionLine | None:
    """One session by its key."""
    row = connection.execute(_CHOSEN.where(SESSION_NUMBERS.c.named == key)).first()
    return None if row is None else _session(row)


def sessions_by_key(connection: Connection, keys: Collection[int]) -> dict[int, SessionLine]:
    """Those of the keys that there are, their people not counted: a contact may have been in many."""
    chosen = select(SESSIONS, SESSION_NUMBERS.c.named.label("key"), null().label("not_synced")).select_from(_KEYED)
    rows = connection.execute(chosen.where(SESSION_NUMBERS.c.named.in_(set(keys)))).all()
    return {row.key: _session(row) for row in rows}


def people(
    connection: Connection,
    key: int,
    *,
    statuses: Collection[str] = STATUSES[:-1],
    order: Order = "time",
    limit: int = PART,
    after: str | None = None,
) -> Part[PersonLine]:
    """People of a session, who stayed longest (or scored most) first.

    Args:
        connection: from `Database.reading`.
        key: `SessionLine.session`.
        statuses: which of `STATUSES`.
        order: by attended time or by score.
        limit: of a part.
        after: `Part.after` of the part before, with the same order.
    """
    by = PEOPLE.c.attended_seconds if order == "time" else PEOPLE.c.score
    place = behind(after, by, PEOPLE.c.contact)
    found = [status for status in STATUSES if status in statuses]
    number = number_of(connection, SESSION_NUMBERS, key)
    if not found or number is None:
        return Part((), None)
    merged = _first_of(number, found, by, limit + 1, *place)
    sort = merged.c[by.name]
    chosen = _with_contact(merged).order_by(sort.desc(), merged.c.contact.desc()).limit(limit + 1)
    return _part(connection, chosen, limit, lambda row: (getattr(row, sort.name), row.contact))


def stays(connection: Connection, key: int, *, limit: int) -> tuple[LineStays, ...]:
    """When people were there, of those who stayed longest: who they are is not looked up."""
    number = number_of(connection, SESSION_NUMBERS, key)
    if number is None:
        return ()
    of = _first_of(number, PRESENT, PEOPLE.c.attended_seconds, limit).c
    chosen = select(of.intervals, of.attended_seconds, of.late_seconds)
    rows = connection.execute(chosen.order_by(of.attended_seconds.desc(), of.contact.desc()).limit(limit))
    return tuple(stays_of(*row) for row in rows)


def _first_of(number: int, statuses: Sequence[str], by: Any, limit: int, *place: Any) -> Any:
    """A part per status, each read in the order of its index to the end of the page."""
    parts = [
        select(PEOPLE)
        .where(PEOPLE.c.session == number, PEOPLE.c.status == status, *place)
        .order_by(by.desc(), PEOPLE.c.contact.desc())
        .limit(limit)
        .subquery()
        for status in statuses
    ]
    return union_all(*(select(part) for part in parts)).subquery()


def not_synced(connection: Connection, key: int, *, limit: int = PART, after: str | None = None) -> Part[PersonLine]:
    """People of a session of whom Brevo does not hold the newest, in the order in which they were first heard of."""
    place = [] if after is None else [PEOPLE.c.contact > place_of(after, [int, int])[1]]
    number = number_of(connection, SESSION_NUMBERS, key)
    # Their keys are all in the index; whole rows would have SQLite read everybody of the session.
    part = select(PEOPLE.c.contact).where(PEOPLE.c.session == number, NOT_SYNCED, *place).order_by(PEOPLE.c.contact)
    keys = part.limit(limit + 1).subquery()
    wanted = select(PEOPLE).where(PEOPLE.c.session == number, PEOPLE.c.contact == keys.c.contact).subquery()
    return _part(
        connection, _with_contact(wanted).order_by(wanted.c.contact), limit, lambda row: (row.session, row.contact)
    )


def results_of(connection: Connection, contact: bytes, *, limit: int = 1_000) -> tuple[PersonLine, ...]:
    """All results of one contact (`readmodel.keys.contact_key`), taken back ones too, in no order."""
    number = number_of_contact(connection, contact)
    part = select(PEOPLE).where(PEOPLE.c.contact == number, PEOPLE.c.status.is_not(None)).limit(limit).subquery()
    return _part(connection, _with_contact(part), limit, lambda _row: ()).items


def _with_contact(part: Any) -> Select[Any]:
    contact = [column for column in CONTACTS.c if column.name != "contact"]
    key = SESSION_NUMBERS.c.named.label("key")
    return (
        select(part, *contact, WRITTEN_AT.label("written_at"), key)
        .join_from(part, SESSION_NUMBERS, SESSION_NUMBERS.c.number == part.c.session)
        .join(CONTACTS, CONTACTS.c.contact == part.c.contact)
    )


def _part(
    connection: Connection, chosen: Select[Any], limit: int, place: Callable[[Any], Sequence[object]]
) -> Part[PersonLine]:
    """As `part_of`, of rows of `_with_contact`."""
    rows = connection.execute(chosen).all()
    words = names_of(connection, WORDS, (word for row in rows for word in (row.scoring, row.judgement)))
    return part_of(rows, limit, lambda row: _person(row, words[row.judgement], words[row.scoring]), place)


def _contains(text: str) -> Any:
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return func.lower(SESSIONS.c.topic).like(f"%{escaped}%", escape="\\")


def _named(text: str) -> Any:
    named = SESSIONS.c.object_id == text
    if len(text) < SHORTEST_BEGINNING:
        return named
    return or_(named, func.substr(SESSIONS.c.session_uuid, 1, len(text)) == text)


def _session(row: Any) -> SessionLine:
    fields = fields_of(row, "next_check_at", "scheduled_at", "started_at", "ended_at")
    del fields["sorted_at"]
    fields["session"] = fields.pop("key")
    fields["instances"] = tuple(unpack(fields["instances"].encode()))
    fields["runs"] = tuple(
        RunLine(is_main, moment(began), moment(ended)) for is_main, began, ended in unpack(fields["runs"].encode())
    )
    for name, model in (("reconciliation", Reconciliation), ("interaction", InteractionSummary)):
        fields[name] = None if fields[name] is None else model.model_validate_json(fields[name])
    return SessionLine(**fields)


def _person(row: Any, judgement: str | None, scoring: str | None) -> PersonLine:
    fields = fields_of(row, "written_at")
    same = ("email", "name", "status", "attended_seconds", "late_seconds", "revision", "written_at",
            "left_out")  # fmt: skip
    return PersonLine(
        **{name: fields[name] for name in same},
        **apart(JUDGEMENT, judgement),
        session=fields["key"],
        judged_at=None if row.judged_at is None else moment(1_000 * row.judged_at),
        contact_id=contact_id_of(fields["rest"], fields["email"]),
        intervals=stays_of(fields["intervals"], fields["attended_seconds"], fields["late_seconds"]),
        score=None if fields["score"] == NO_SCORE else fields["score"],
        scoring=_share(fields["attendance"], fields["punctuality"], scoring),
        sync=_sync(written=fields["written"], outcome=fields["outcome"], current=_is_current(fields)),
        sync_detail=fields["detail"] or "",
    )


def _share(attendance: int | None, punctuality: int | None, scoring: str | None) -> ScoreShare | None:
    if attendance is None or punctuality is None:
        return None
    return ScoreShare(attendance=attendance / POINT, punctuality=punctuality / POINT, **apart(SCORING, scoring))


def _is_current(fields: Any) -> bool:
    """The last answer is about the newest that was wanted."""
    answered = fields["answered_revision"]
    return answered is not None and answered >= fields["wanted_revision"]


def _sync(*, written: bool, outcome: str | None, current: bool) -> SyncState:
    if written:
        return "written"
    if current and outcome == "rejected":
        return "refused"
    return "suppressed" if current and outcome == "suppressed" else "waiting"
