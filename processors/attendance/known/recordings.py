"""Recordings of runs, and who is told that the one of a session is ready, once. PURE.

A recording makes its session be looked at again. What people are told is chosen when everything that is worth waiting
for is there, and stays what it was: nobody is sent a second link.
"""

from __future__ import annotations

from collections.abc import Sequence

from processors.attendance.book import CHOICE, RECORDING, RUN, Book, look_later, note_change
from processors.attendance.known.questions import Scope, Subject, ask
from processors.attendance.rules.fields import readable
from processors.attendance.rules.recordings import ChosenRecording, Recorded, RecordingRow, chosen, merged, ready_row
from schemas.attendance import Origin
from schemas.lookups import LookupResult


def apply_recording(book: Book, fact: Recorded, origin: Origin) -> bool:
    """Keep a recording; what has ended already is looked at again. False when it was known, or is not wanted."""
    if not _is_wanted(book, fact.account_id):
        return False
    before = book.get(RECORDING, fact.uuid)
    row = merged(before, RecordingRow(fact.at, fact.share_url, fact.minutes, origin, book.now_ms))
    if row == before:
        return False
    book.put(RECORDING, row, fact.uuid)
    if before is None:
        look_later(book, book.now_ms + int(book.settings.retain * 1000))
    run = book.get(RUN, fact.uuid)
    if run is not None and run.known_end is not None:
        note_change(book, fact.uuid, book.now_ms + int(book.settings.settle * 1000))
    return True


def take_recordings(book: Book, result: LookupResult) -> None:
    """The same from Zoom's answer, if there is a recording that is ready."""
    for ready in readable(result.rows, ready_row):
        uuid = result.session_uuid or ""
        fact = Recorded(result.account_id, result.object_id, result.object_type, uuid, *ready)
        apply_recording(book, fact, result.origin)


def ask_recordings(book: Book, subject: Subject, uuids: Sequence[str]) -> None:
    """Ask once for the recording of each run, when the result is final and no webhook has told of it.

    Nothing waits for the answer. The people of a back-fill are told of none, so it is not asked for.
    """
    if subject.origin == "backfill" or not _is_wanted(book, subject.account_id):
        return
    for uuid in uuids:
        if not book.has(RECORDING, uuid):
            ask(book, subject, Scope("recording", uuid))


def choose_recording(book: Book, name: str, main: Sequence[str]) -> ChosenRecording | int | None:
    """What the people of a final session are told of; a time (milliseconds): not before then.

    Args:
        book: of the session.
        name: the session's.
        main: uuids of its main runs.
    """
    told = book.get(CHOICE, name)
    if told is not None:
        return told
    rows = [row for uuid in main if (row := book.get(RECORDING, uuid)) is not None]
    if not rows:
        return None
    patience_ms = min(row.heard_ms for row in rows) + int(book.settings.recordings_wait * 1000)
    if len(rows) < len(main) and book.now_ms < patience_ms:
        return patience_ms
    choice = chosen(rows)
    if choice is not None:
        book.put(CHOICE, choice, name)
    return choice


def _is_wanted(book: Book, account_id: str) -> bool:
    return book.settings.syncs.of(account_id).recordings
