"""Sessions, and the people of one. The values are for people: addresses among them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, func, null, or_, select, union_all

from readmodel.instants import in_milliseconds, moment
from readmodel.keys import contact_id_of
from readmodel.lines.sessions import PersonLine, RunLine, ScoreShare, SessionLine, SyncState
from readmodel.parts import PART, Part, part_of, place_of
from readmodel.queries.rows import asked, behind, fields_of
from readmodel.tables import CONTACTS, NOT_SYNCED, PEOPLE, SESSIONS, UNSYNCED
from readmodel.vocabulary import NO_SCORE, OVER_NOT_FINAL, RETRACTED, SCORING
from schemas.codec import SHORTEST_BEGINNING, unpack
from schemas.sessions import InteractionSummary, Reconciliation

STATUSES = ("attended", "left_early", "no_show", RETRACTED)
PRESENT = ("attended", "left_early")
Order = Literal["time", "score"]
LineStays = tuple[tuple[int, int], ...]
"""As `PersonLine.intervals`."""

_NOT_SYNCED = func.coalesce(
    select(UNSYNCED.c.people).where(UNSYNCED.c.session == SESSIONS.c.session).scalar_subquery(), 0
).label("not_synced")


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
    chosen = select(SESSIONS, _NOT_SYNCED)
    chosen = chosen.where(*conditions).order_by(SESSIONS.c.sorted_at.desc(), SESSIONS.c.session.desc())
    rows = connection.execute(chosen.limit(limit + 1)).all()
    return part_of(rows, limit, _session, lambda row: (row.sorted_at, row.session))


def find_sessions(connection: Connection, which: str, *, limit: int = 10) -> tuple[SessionLine, ...]:
    """The sessions that `which` may mean, the latest first: `latest`, a uuid or its beginning, an id, or topic words.

    An exact uuid means that one alone.
    """
    if which == "latest":
        return sessions(connection, limit=1).items
    exact = connection.execute(select(SESSIONS, _NOT_SYNCED).where(SESSIONS.c.session_uuid == asked(which))).all()
    if exact:
        return tuple(map(_session, exact))
    return sessions(connection, text=which, limit=limit).items


def session(connection: Connection, key: int) -> SessionLine | None:
    """One session by its key."""
    row = connection.execute(select(SESSIONS, _NOT_SYNCED).where(SESSIONS.c.session == key)).first()
    return None if row is None else _session(row)


def sessions_by_key(connection: Connection, keys: Collection[int]) -> dict[int, SessionLine]:
    """Those of the keys that there are, their people not counted: a contact may have been in many."""
    rows = connection.execute(
        select(SESSIONS, null().label("not_synced")).where(SESSIONS.c.session.in_(set(keys)))
    ).all()
    return {row.session: _session(row) for row in rows}


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
    if not found:
        return Part((), None)
    merged = _first_of(key, found, by, limit + 1, *place)
    sort = merged.c[by.name]
    chosen = _with_contact(merged).order_by(sort.desc(), merged.c.contact.desc()).limit(limit + 1)
    rows = connection.execute(chosen).all()
    return part_of(rows, limit, _person, lambda row: (getattr(row, sort.name), bytes(row.contact)))


def stays(connection: Connection, key: int, *, limit: int) -> tuple[LineStays, ...]:
    """When people were there, of those who stayed longest: who they are is not looked up."""
    merged = _first_of(key, PRESENT, PEOPLE.c.attended_seconds, limit)
    chosen = select(merged.c.intervals).order_by(merged.c.attended_seconds.desc(), merged.c.contact.desc())
    return tuple(map(_stays, connection.execute(chosen.limit(limit)).scalars()))


def _first_of(key: int, statuses: Sequence[str], by: Any, limit: int, *place: Any) -> Any:
    """A part per status, each read in the order of its index to the end of the page."""
    parts = [
        select(PEOPLE)
        .where(PEOPLE.c.session == key, PEOPLE.c.status == status, *place)
        .order_by(by.desc(), PEOPLE.c.contact.desc())
        .limit(limit)
        .subquery()
        for status in statuses
    ]
    return union_all(*(select(part) for part in parts)).subquery()


def not_synced(connection: Connection, key: int, *, limit: int = PART, after: str | None = None) -> Part[PersonLine]:
    """People of a session of whom Brevo does not hold the newest, in order of their id."""
    place = [] if after is None else [PEOPLE.c.contact > place_of(after, [bytes])[0]]
    # Their keys are all in the index; whole rows would have SQLite read everybody of the session.
    part = select(PEOPLE.c.contact).where(PEOPLE.c.session == key, NOT_SYNCED, *place).order_by(PEOPLE.c.contact)
    keys = part.limit(limit + 1).subquery()
    wanted = select(PEOPLE).where(PEOPLE.c.session == key, PEOPLE.c.contact == keys.c.contact).subquery()
    rows = connection.execute(_with_contact(wanted).order_by(wanted.c.contact)).all()
    return part_of(rows, limit, _person, lambda row: (bytes(row.contact),))


def results_of(connection: Connection, contact: bytes, *, limit: int = 1_000) -> tuple[PersonLine, ...]:
    """All results of one contact (`readmodel.keys.contact_key`), taken back ones too, in no order."""
    part = select(PEOPLE).where(PEOPLE.c.contact == contact, PEOPLE.c.status.is_not(None)).limit(limit).subquery()
    return tuple(map(_person, connection.execute(_with_contact(part)).all()))


def _with_contact(part: Any) -> Select[Any]:
    contact = [column for column in CONTACTS.c if column.name != "contact"]
    return select(part, *contact).join_from(part, CONTACTS, CONTACTS.c.contact == part.c.contact, isouter=True)


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
    fields["instances"] = tuple(unpack(fields["instances"].encode()))
    fields["runs"] = tuple(
        RunLine(is_main, moment(began), moment(ended)) for is_main, began, ended in unpack(fields["runs"].encode())
    )
    for name, model in (("reconciliation", Reconciliation), ("interaction", InteractionSummary)):
        fields[name] = None if fields[name] is None else model.model_validate_json(fields[name])
    return SessionLine(**fields)


def _person(row: Any) -> PersonLine:
    fields = fields_of(row, "judged_at", "written_at")
    same = ("session", "email", "name", "status", "reason", "is_final", "attended_seconds", "late_seconds", "joins",
            "assumed", "evidence", "webhooks", "report_rows", "rule", "judged_at", "revision", "written_at",
            "left_out")  # fmt: skip
    return PersonLine(
        **{name: fields[name] for name in same},
        contact_id=contact_id_of(fields["contact"]),
        intervals=_stays(fields["intervals"]),
        score=None if fields["score"] == NO_SCORE else fields["score"],
        scoring=scoring_of(fields["scoring"]),
        sync=_sync(written=fields["written"], outcome=fields["outcome"], current=_is_current(fields)),
        sync_detail=fields["detail"] or "",
    )


def scoring_of(stored: str | None) -> ScoreShare | None:
    """What `people.scoring` holds."""
    if stored is None:
        return None
    parts: list[Any] = [float(points) if points else None for points in stored.split(",")]
    return ScoreShare(**dict(zip(SCORING, parts, strict=True)))


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


def _stays(stored: str | None) -> LineStays:
    if not stored:
        return ()
    pairs: Sequence[list[str]] = [interval.split("-") for interval in stored.split(",")]
    return tuple((int(since), int(until)) for since, until in pairs)
