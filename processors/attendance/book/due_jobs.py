"""What is to be done for one webinar or meeting, when, and how far it is, as rows. PURE.

Every run has a time of its own from which its news count: what is due for another reason brings nothing forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from processors.attendance.book.book import ATTENDANCE_TABLE, Book, BookKind, key_part
from processors.engine.view import View
from schemas.codec import pack, unpack
from schemas.instants import as_datetime
from schemas.replays import Lineage
from schemas.ticks import Tick
from schemas.topics import TICKS

WorkKind = Literal["session", "retraction", "registrations", "expiry"]
DUE_WORK = b"due|"
"""What the keys of what is due begin with: `due|<account>|<milliseconds>|<object>`."""


@dataclass(slots=True)
class DueWork:
    """One thing that is being done, in steps of bounded size."""

    kind: WorkKind
    name: str = ""
    """Of a group: the uuid of its first run; of a retraction: the session's; of an expiry: a run's, or nothing."""
    runs: list[str] = field(default_factory=list)
    """Of the group, when the work began."""
    phase: int = 0
    cursor: str = ""
    """Where the walk of the phase goes on."""
    step: int = 0
    """Grows with each step; a continuation that names another one is stale."""
    waits: list[str] = field(default_factory=list)
    """Questions whose answers it waits for."""
    renewed: bool = False
    """There was news since the walk began that asks what nobody knows: it has to begin again."""
    searched: bool = False
    """Zoom's registrants were read once more for ids that nobody knows."""
    is_final: bool = False
    """Of a session that has been weighed: nothing more is waited for."""
    lineage: Lineage | None = None
    """Of the replay that it follows from."""
    weights: dict[str, list[int]] = field(default_factory=dict)
    """By uuid the fields of `sessions.Weight`."""
    counts: dict[str, int] = field(default_factory=dict)
    differences: list[list[str]] = field(default_factory=list)
    """[contact, side, reason] of whom Zoom's list of absentees disagrees."""

    def enter(self, phase: int) -> None:
        """Begin a phase at its first row."""
        self.phase, self.cursor, self.waits = phase, "", []


@dataclass(slots=True)
class Job:
    """Everything for one id. At most one work is under way."""

    due_ms: int | None = None
    """When to look at it next."""
    changed_at: dict[str, int] = field(default_factory=dict)
    """By uuid of a run with news: from when on they count, milliseconds."""
    planned: dict[str, int] = field(default_factory=dict)
    """By uuid of a run: when to compute its session once more without any news, since time makes it final."""
    registrations: bool = False
    """All registrations are to be told anew: what Zoom says of the webinar has changed."""
    undecided: bool = False
    """Of some registrations only the end of a session shows whether they came before it."""
    queue: list[list[str]] = field(default_factory=list)
    """(kind, name) of the works that come next; behind a session its runs, as they were when it was due."""
    work: DueWork | None = None
    lineage: Lineage | None = None
    """Of the latest replay that brought news which are not worked on yet."""


def _decode(data: bytes) -> Job:
    fields = unpack(data)
    work: dict[str, Any] | None = fields.pop("work")
    return Job(**_with_lineage(fields), work=DueWork(**_with_lineage(work)) if work else None)


def _with_lineage(fields: dict[str, Any]) -> dict[str, Any]:
    lineage: dict[str, Any] | None = fields["lineage"]
    return fields if lineage is None else {**fields, "lineage": Lineage(**lineage)}


JOB: BookKind[Job] = BookKind("j", "what is to be done", (), _decode, lambda job: pack(asdict(job)), "with its work")


def load_job(book: Book) -> Job:
    """The job's row, or an idle job."""
    return book.get(JOB) or Job()


def save_job(book: Book, job: Job) -> None:
    """Write the job's row; an idle one leaves none."""
    if job == Job():
        book.delete(JOB)
    else:
        book.put(JOB, job)


def look_at(book: Book, job: Job, at_ms: int) -> bool:
    """Look at the job at `at_ms`, unless it is due earlier anyway; true when its row has changed."""
    if job.due_ms is not None and job.due_ms <= at_ms:
        return False
    if job.due_ms is not None:
        book.view.delete(ATTENDANCE_TABLE, _due_key(book, job.due_ms))
    job.due_ms = at_ms
    book.view.put(ATTENDANCE_TABLE, _due_key(book, at_ms), b"1")
    return True


def not_due(book: Book, job: Job) -> None:
    """It is being looked at now."""
    if job.due_ms is not None:
        book.view.delete(ATTENDANCE_TABLE, _due_key(book, job.due_ms))
        job.due_ms = None


@contextmanager
def inheriting(book: Book) -> Iterator[None]:
    """Around what a replayed record changes: the work that follows from it has its lineage, as what is sent has."""
    before = book.view.get(ATTENDANCE_TABLE, book.key(JOB))
    yield
    if book.view.get(ATTENDANCE_TABLE, book.key(JOB)) not in (before, None):
        job = load_job(book)
        job.lineage = book.view.lineage
        save_job(book, job)


def look_later(book: Book, at_ms: int) -> None:
    """The same for a job that nobody has in hand."""
    job = load_job(book)
    if look_at(book, job, at_ms):
        save_job(book, job)


def note_change(book: Book, uuid: str, at_ms: int, walks: frozenset[int] = frozenset()) -> None:
    """There is news of a run: they count from `at_ms` on, or from when earlier news of it do.

    Args:
        book: of the run.
        uuid: its name.
        at_ms: milliseconds since 1970.
        walks: phases of a session's work that only find out whom to ask about: they begin again instead.
    """
    job = load_job(book)
    work = job.work
    if work and work.kind == "session" and uuid in work.runs and work.phase in walks:
        if not work.renewed:
            work.renewed = True
            save_job(book, job)
        return
    changed = uuid not in job.changed_at
    if changed:
        job.changed_at[uuid] = at_ms
    if look_at(book, job, job.changed_at[uuid]) or changed:
        save_job(book, job)


def begin_planned(job: Job, now_ms: int) -> None:
    """What was planned for a time that has come is news now."""
    for uuid in [uuid for uuid, at_ms in job.planned.items() if at_ms <= now_ms]:
        del job.planned[uuid]
        job.changed_at.setdefault(uuid, now_ms)


def note_undecided(book: Book) -> None:
    """Registrations are to be told anew when the next session is told."""
    job = load_job(book)
    if not job.undecided:
        job.undecided = True
        save_job(book, job)


def go_on(book: Book, work: DueWork) -> None:
    """Ask for the work's next step: a message to the own agent, so that other work comes in between."""
    send_tick(book, "continue", f"{book.object_id}#{work.step}")


def send_tick(book: Book, kind: Literal["continue", "announce"], job: str) -> None:
    """Tell the own agent what to do next for the account."""
    tick = Tick(kind=kind, now=as_datetime(book.now_ms // 1000), job=job, account_id=book.account)
    book.send(TICKS.name, book.object_id, tick)


def due_of(view: View, account_id: str) -> Iterator[tuple[int, str, bytes]]:
    """(milliseconds since 1970, object id, the row's key) of what an account has due, in order of time."""
    for row_key, _value in view.scan(ATTENDANCE_TABLE, b"%s%s|" % (DUE_WORK, key_part(account_id).encode())):
        yield due_ms(row_key), row_key.split(b"|", 3)[3].decode(), row_key


def accounts_due(view: View) -> Iterator[str]:
    """The accounts that have rows of what is due, as keys have them."""
    start = DUE_WORK
    while (row := next(iter(view.scan(ATTENDANCE_TABLE, DUE_WORK, start)), None)) is not None:
        account = row[0].split(b"|", 2)[1]
        yield account.decode()
        start = b"%s%s}" % (DUE_WORK, account)  # the byte behind `|`


def due_ms(row_key: bytes) -> int:
    """When a due row is due, in milliseconds since 1970."""
    return int(row_key.split(b"|", 3)[2])


def _due_key(book: Book, at_ms: int) -> bytes:
    # 13 digits, so that the order of the bytes is that of time (until the year 2286).
    return DUE_WORK + f"{book.account}|{at_ms:013d}|{book.object_id}".encode()
