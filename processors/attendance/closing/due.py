"""Which works of an id have to be done now, and when something will be due next. PURE."""

from __future__ import annotations

from processors.attendance.book import SESSION, Book, Job, begin_planned
from processors.attendance.known.groups import groups_of
from processors.attendance.rules.sessions import Group


def works_due(book: Book, job: Job) -> list[list[str]]:
    """What has to be done now, after what was left of the last time, as `Job.queue`; takes its news off the job."""
    queue = list(job.queue)
    begin_planned(job, book.now_ms)
    if job.registrations:
        job.registrations = False
        queue.append(["registrations", ""])
    groups, told = groups_of(book), _published(book)
    waiting = {uuid for group in groups for uuid in group.uuids}
    queue += [["retraction", name] for name in told if name not in waiting]
    for group in groups:
        at_ms = _due_ms(job, group, told)
        if at_ms is not None and at_ms <= book.now_ms:
            queue.append(["session", group.uuids[0], *group.uuids])
            waiting.difference_update(group.uuids)
    job.changed_at = {uuid: at_ms for uuid, at_ms in job.changed_at.items() if uuid in waiting}
    return queue


def next_due_ms(book: Book, job: Job) -> int | None:
    """When there will be something to do, milliseconds since 1970; it may be past. ``None``: nothing is foreseen."""
    times = [*job.planned.values()]
    if job.registrations:
        times.append(book.now_ms)
    if job.changed_at:
        told = _published(book)
        due = (_due_ms(job, group, told) for group in groups_of(book))
        times += [at_ms for at_ms in due if at_ms is not None]
    return min(times, default=None)


def _due_ms(job: Job, group: Group, told: dict[str, list[str]]) -> int | None:
    """When a group is to be computed: once the news of each of its runs count, and not before it was to begin."""
    if not group.ended:
        return None
    times = [job.changed_at[uuid] for uuid in group.uuids if uuid in job.changed_at]
    if any(name in group.uuids and given != group.uuids for name, given in told.items()):
        times.append(0)  # its runs are others than when it was told of
    if not times:
        return None
    return max([*times, group.entry.start * 1000] if group.entry else times)


def _published(book: Book) -> dict[str, list[str]]:
    """By the name of each session that was told of and stands, the runs of its date then."""
    return {name: row.given for (name,), row in book.scan(SESSION) if not row.retracted}
