"""Sessions and what each person did in them (attendance.md 1 to 5). PURE."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sandbox.truth.evidence import SeenEvidence
from sandbox.truth.groups import HeldRun, RunGroup, bounds, groups_of, without_rehearsals
from sandbox.truth.identity import first_name
from sandbox.truth.presence import LiveTime, Stay, moments_of, seconds_of
from sandbox.truth.registrations import registrations_of
from sandbox.truth.rules import Rules
from sandbox.truth.schedule import BookedEntry
from sandbox.truth.scores import SessionPart
from sandbox.truth.seen import SeenPeople, seen_in
from sandbox.truth.visits import Visit, is_excluded_email, visits_of


@dataclass(frozen=True)
class ExpectedAttendance:
    """One person in one session."""

    presence: SessionPart
    first_join: int | None = None
    last_leave: int | None = None
    name: str | None = None
    """The first name of the display name."""
    joins: int = 0
    assumed: bool = False


@dataclass(frozen=True)
class ExpectedSession:
    """One session as people know it, and everybody's part in it."""

    session_uuid: str
    instances: tuple[str, ...]
    given: frozenset[str]
    """`instances` and rehearsals."""
    main: tuple[str, ...]
    """Those of the instances that count."""
    object_type: str
    object_id: str
    occurrence_id: str | None
    """Of its schedule entry; empty: of a webinar with one fixed time; ``None``: it has no entry."""
    scheduled_at: int | None
    topic: str
    timezone: str
    started_at: int
    ended_at: int
    length_seconds: int
    is_final: bool
    people: dict[str, ExpectedAttendance]
    """By e-mail; who attended, left early or stayed away."""
    present: frozenset[str]
    """E-mails of everybody who had a connection."""
    anonymous: int
    """Connections that lead to no e-mail."""
    excluded: int
    """People left out by rule."""
    rehearsals: int
    only_webhooks: int
    """People whom a run's report does not have."""
    outside: int
    """People seen, but in nothing that counts."""


def sessions_of(
    evidence: SeenEvidence, entries: list[BookedEntry], rules: Rules, *, has_schedule: bool
) -> list[ExpectedSession]:
    """All that have ended, with their people; in order of their first run.

    `has_schedule`: somebody could tell when the webinar was to be, were it only that all of its dates were deleted.
    """
    registrations = registrations_of(evidence.registrations)
    addresses = {
        name: email for name, registration in registrations.items() if (email := registration.email) is not None
    }
    views = []
    for run in evidence.runs.values():
        if run.is_practice:
            continue
        start, end = bounds(run, evidence, rules)
        visits = visits_of(run, start if end is None else end, evidence, addresses, use_report=rules.use_report)
        views.append(HeldRun(run, start, end, visits))
    found: list[ExpectedSession] = []
    for group in groups_of(views, entries, evidence, rules):
        held = _held(group, seen_in(group, evidence, addresses, rules), rules)
        if held is not None:
            found.append(_session(held, found, evidence, has_schedule=has_schedule, rules=rules))
    return found


@dataclass(frozen=True)
class _Held:
    """A session that is over, before anybody is judged."""

    group: RunGroup
    seen: SeenPeople
    views: list[HeldRun]
    """Without rehearsals."""
    live: LiveTime
    main: list[str]


def _held(group: RunGroup, seen: SeenPeople, rules: Rules) -> _Held | None:
    """``None``: rehearsals only, or not over yet."""
    views = without_rehearsals(group, {uuid: len(people) for uuid, people in seen.audience.items()})
    spans = {view.run.uuid: (view.start, max(view.start, view.end)) for view in views if view.end is not None}
    begins = group.time.start if group.time else None
    if not views or len(spans) < len(views) or not _has_come(begins, rules):
        return None
    return _Held(group, seen, views, *_live_time(spans, seen.audience, begins, rules))


def _session(
    held: _Held, earlier: list[ExpectedSession], evidence: SeenEvidence, *, has_schedule: bool, rules: Rules
) -> ExpectedSession:
    group, seen, views, live = held.group, held.seen, held.views, held.live
    is_final = _has_come(group.time.end if group.time else None, rules)
    people, outside = _people(views, seen.excluded, live, rules)
    left_out = set(seen.people & seen.excluded)
    if is_final and (group.entry is not None or (not has_schedule and any(seen.audience.values()))):
        expected = _expected(evidence, group.entry, live.end)
        left_out |= _left_out(expected, seen, evidence, rules)
        absent = expected - left_out - seen.people - evidence.answers.panelist_emails - _before(group, earlier)
        people |= dict.fromkeys(absent, ExpectedAttendance(SessionPart("no_show", 0, live.length, 0)))
    return ExpectedSession(
        session_uuid=views[0].run.uuid,
        instances=tuple(view.run.uuid for view in views),
        given=frozenset(view.run.uuid for view in group.views),
        main=tuple(held.main),
        object_type=evidence.object_type,
        object_id=evidence.object_id,
        occurrence_id=_id_of(group),
        scheduled_at=group.time.start if group.time else None,
        topic=evidence.topic,
        timezone=evidence.timezone,
        started_at=live.start,
        ended_at=live.end,
        length_seconds=live.length,
        is_final=is_final,
        people=people,
        present=seen.known,
        anonymous=seen.anonymous_in(views),
        excluded=len(left_out),
        rehearsals=len(group.views) - len(views),
        only_webhooks=len(_only_webhooks(views, evidence) - seen.excluded) if rules.use_report else 0,
        outside=len(outside),
    )


def _left_out(expected: set[str], seen: SeenPeople, evidence: SeenEvidence, rules: Rules) -> set[str]:
    """Who is left out by rule, there or not."""
    return {email for email in expected if email in seen.excluded or is_excluded_email(email, evidence, rules)}


def _has_come(at: int | None, rules: Rules) -> bool:
    """Whether it is that late; whatever has no time has come, and so has all when nobody says how late it is."""
    return at is None or rules.now is None or at <= rules.now


def _before(group: RunGroup, earlier: list[ExpectedSession]) -> set[str]:
    """Who was in an earlier session of the same entry."""
    if group.entry is None:
        return set()
    return {email for session in earlier if session.occurrence_id == _id_of(group) for email in session.present}


def _id_of(group: RunGroup) -> str | None:
    return None if group.entry is None else group.entry.occurrence_id


def _live_time(
    spans: dict[str, tuple[int, int]],
    audience: dict[str, dict[str, list[Stay]]],
    scheduled_at: int | None,
    rules: Rules,
) -> tuple[LiveTime, list[str]]:
    """The live time, and the runs that are main."""
    inside = {
        uuid: [_seconds_within(intervals, span) for intervals in audience[uuid].values()]
        for uuid, span in spans.items()
    }
    weights = {uuid: sum(len(seconds) for seconds in people) for uuid, people in inside.items()}
    main = [uuid for uuid in spans if weights[uuid] >= rules.main_share * sum(weights.values())]
    chosen = [spans[uuid] for uuid in main]
    return LiveTime(chosen, _cut(chosen, [seconds for uuid in main for seconds in inside[uuid]], scheduled_at)), main


def _cut(spans: list[tuple[int, int]], stays: list[set[int]], scheduled_at: int | None) -> int | None:
    """The scheduled start, if it lies in the main runs and no less than half of what people stayed in them after it."""
    if scheduled_at is None or not any(stays) or not min(spans)[0] <= scheduled_at <= max(end for _, end in spans):
        return None
    early = set(range(min(spans)[0], scheduled_at))
    after = sum(len(seconds - early) for seconds in stays)
    return scheduled_at if 2 * after >= sum(map(len, stays)) else None


def _seconds_within(stays: list[Stay], span: tuple[int, int]) -> set[int]:
    first, last = span
    return seconds_of((max(start, first), min(end, last)) for start, end in (stay.span for stay in stays))


def _people(
    views: list[HeldRun], excluded: set[str], live: LiveTime, rules: Rules
) -> tuple[dict[str, ExpectedAttendance], set[str]]:
    """Results of those who were there, and who was there at no moment that counts."""
    visits: dict[str, list[tuple[str, Visit]]] = {}
    for view in views:
        for visit in view.visits:
            if visit.email is not None and visit.email not in excluded:
                visits.setdefault(visit.email, []).append((view.run.uuid, visit))
    found = {email: _attendance(seen, live, rules) for email, seen in visits.items()}
    results = {email: attendance for email, attendance in found.items() if attendance is not None}
    return results, set(found) - set(results)


def _attendance(visits: list[tuple[str, Visit]], live: LiveTime, rules: Rules) -> ExpectedAttendance | None:
    stays = [stay for _, visit in visits for stay in visit.intervals]
    spans = [stay.span for stay in stays]
    there = moments_of(spans) & live.moments
    if not there:
        return None
    seconds = len(seconds_of(spans) & live.seconds)
    minimum = rules.attended_minimum
    needed = minimum * live.length if isinstance(minimum, Fraction) else minimum
    stayed = live.before(max(there)) >= live.length * (1 - rules.end_window)
    status = "attended" if stayed and seconds >= needed else "left_early"
    names = sorted(name for _, visit in visits for name in visit.identity.names)
    return ExpectedAttendance(
        presence=SessionPart(status, seconds, live.length, live.before(min(there))),
        first_join=min(there),
        last_leave=max(there),
        name=next((first for name in names if (first := first_name(name)) is not None), None),
        joins=_joins(visits),
        assumed=any(stay.assumed for stay in stays),
    )


def _joins(visits: list[tuple[str, Visit]]) -> int:
    """Per run the rows of its report, where it has any of theirs, else join facts."""
    count = 0
    for uuid in {uuid for uuid, _ in visits}:
        here = [visit for run_uuid, visit in visits if run_uuid == uuid]
        rows = [visit for visit in here if visit.by_report]
        count += len(rows) or sum(visit.joins for visit in here)
    return count


def _only_webhooks(views: list[HeldRun], evidence: SeenEvidence) -> set[str]:
    """People seen by webhooks in a run whose report has rows, but none of theirs."""
    return {
        visit.email
        for view in views
        if view.run.uuid in evidence.answers.reports
        for visit in view.visits
        if visit.email is not None and visit.email not in {visit.email for visit in view.visits if visit.by_report}
    }


def _expected(evidence: SeenEvidence, entry: BookedEntry | None, end: int) -> set[str]:
    """E-mails of registrations of a webinar that count for the entry and were approved before the end."""
    if evidence.object_type != "webinar":
        return set()
    return {
        history.email
        for history in registrations_of(evidence.registrations).values()
        if history.email is not None
        and history.approved_before(end)
        and (entry is None or history.counts_for(entry.occurrence_id, entry.starts))
    }
