"""Writes an import batch: intents, confirmed; the import, followed to its end; outcomes.

What dies in between is begun again: upserts may repeat. Only an import that may still be under way at Brevo has to be
waited for, since it could overwrite newer values; that is what the intents are for.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from processors.brevo.decisions.imports import (
    REMOVE_AT_ONCE,
    ImportRow,
    Member,
    Shape,
    after_import,
    import_body,
    lacks,
    may_be_deleted,
    pieces,
    removals,
    row_of,
)
from processors.brevo.decisions.open_work import UpsertWork
from processors.brevo.decisions.results import Ending, left_out_detail
from processors.brevo.decisions.wanted import Known
from processors.brevo.writer.import_reading import ImportReading
from processors.brevo.writer.processes import ProcessEnd
from processors.brevo.writer.tools import WriterTools

T = TypeVar("T")

BAD_REQUEST, TOO_LARGE = 400, 413
AT_A_TIME = 100
"""Contacts that are looked at before others get a turn: thousands would hold up whoever registers meanwhile."""
_MOST_AT_ONCE = 1_000
"""Outcomes posted together: so the tables are confirmed while the next are made."""

log = logging.getLogger(__name__)


class ImportWriter:
    """One import at a time for each call of `write`; several calls may run beside each other.

    Args:
        notify_url: makes the URL that Brevo calls at the end from the import's id and a contact of it; may be ``None``.
        deletions_told: Brevo's webhook is set up, so that contacts deleted there are known.
    """

    def __init__(
        self, tools: WriterTools, notify_url: Callable[[str, str], str | None], *, deletions_told: bool
    ) -> None:
        self._api = tools.api
        self._asker = tools.asker
        self._schedule = tools.schedule
        self._outcomes = tools.outcomes
        self._processes = tools.processes
        self._tools = tools
        self._notify_url = notify_url
        self._reading = ImportReading(tools, deletions_told=deletions_told)
        self._deletions_told = deletions_told

    async def write(self, shape: Shape, contacts: Sequence[str]) -> None:
        """Bring busy contacts to what they want; each is released when it is done, or is to be written alone."""
        members = await self._members(shape[0], contacts)
        for import_id in sorted({member.work.importing for member in members if member.work.importing}):
            await self._processes.settled(import_id)
        members = self._sure(await self._reading.known(members))
        rows = [row for member in members if (row := row_of(member)) is not None]
        imported = {row.member.contact for row in rows}
        await self._end_unimported([member for member in members if member.contact not in imported])
        # What is cancelled before is not released: the process ends, and its tables may be closed already.
        self._release(contact for contact in contacts if contact not in imported)
        for piece in pieces(rows):
            await self._write(piece, shape[0])
            self._release(row.member.contact for row in piece)

    async def _members(self, lists: tuple[int, ...], contacts: Sequence[str]) -> list[Member]:
        """Those to write; whose command has changed since the batch came together goes back to its queue."""
        members: list[Member] = []
        for number, contact in enumerate(contacts):
            if number % AT_A_TIME == AT_A_TIME - 1:
                await asyncio.sleep(0)
            if (member := self._member(contact, lists)) is not None:
                members.append(member)
        return members

    async def _end_unimported(self, members: list[Member]) -> None:
        """Brevo holds all that they want, or they are written alone."""
        self._write_alone(member.contact for member in members if lacks(member))
        held = [member for member in members if not lacks(member)]
        self._tools.metrics.calls_saved.inc(len(held))
        await self._end(
            [(member, Ending("unchanged", acknowledged=member.known.state(member.wanted.awaited))) for member in held]
        )

    def _member(self, contact: str, lists: tuple[int, ...]) -> Member | None:
        work = self._schedule.work(contact)
        if not isinstance(work, UpsertWork):
            return None
        shape = self._schedule.shape(contact, work)
        if shape is None or shape[0] != lists:
            return None
        found = self._tools.checker.check(work)
        known = Known.of(work.state, uncertain=work.unsure or self._schedule.task(contact).uncertain)
        unsure = self._schedule.takeovers.is_unsure(contact)
        return Member(contact, work, found.wanted, known, found.left_out, unsure=unsure)

    def _sure(self, members: list[Member]) -> list[Member]:
        """Those that an import cannot create by mistake; the others are written alone."""
        doubtful = {m.contact for m in members if may_be_deleted(m, deletions_told=self._deletions_told)}
        self._write_alone(doubtful)
        return [member for member in members if member.contact not in doubtful]

    async def _write(self, rows: list[ImportRow], lists: Sequence[int]) -> None:
        import_id = uuid.uuid4().hex
        rows = await self._intend(import_id, rows)
        if not rows:
            return
        contacts = [row.member.contact for row in rows]
        self._doubt(contacts, True)
        body = import_body(rows, lists, self._notify_url(import_id, contacts[0]))
        answer = await self._asker.ask(
            "contacts",
            lambda: self._api.import_contacts(body),
            doubted=lambda: self._processes.settled(import_id),
            # A proxy may take less than Brevo does.
            telling=TOO_LARGE,
        )
        process_id = answer.body.get("processId") if isinstance(answer.body, dict) else None
        end = ProcessEnd(f"refused with HTTP {answer.status}")
        if answer.status is not None and answer.status < 300 and isinstance(process_id, int):
            end = await self._processes.follow(import_id, process_id)
            log.info("brevo import done", extra={
                "process_id": process_id, "contacts": len(rows), "status": end.status, "refused": len(end.refused),
            })  # fmt: skip
        self._processes.ended.add(import_id)
        if answer.status == TOO_LARGE and len(rows) > 1:
            middle = len(rows) // 2
            await self._write(rows[:middle], lists)
            await self._write(rows[middle:], lists)
            return
        if answer.status == BAD_REQUEST and await self._tools.lists.lacking(lists):
            return
        if not end.completed:
            log.warning("brevo import failed", extra={
                "contacts": len(rows), "status": end.status, "next": "nothing: they are written one by one",
            })  # fmt: skip
            self._write_alone(contacts)
            return
        await self._complete(import_id, rows, lists, end, answer.status)

    async def _complete(
        self, import_id: str, rows: list[ImportRow], lists: Sequence[int], end: ProcessEnd, status: int | None
    ) -> None:
        """Report what a completed import has written; the rest of its contacts is written alone."""
        done = [row for row in rows if row.member.wanted.email.lower() not in end.refused]
        complete = [row for row in done if not lacks(row.member)]
        self._write_alone({row.member.contact for row in rows} - {row.member.contact for row in complete})
        await self._leave_lists(done)
        self._tools.metrics.imports.inc()
        self._tools.metrics.calls_saved.inc(max(0, len(complete) - 1))
        await self._end([(row.member, _ending(row, lists, import_id, status)) for row in complete])
        self._doubt((row.member.contact for row in complete), False)
        await self._sample(complete)

    async def _sample(self, rows: list[ImportRow]) -> None:
        by_command = {row.member.work.command.command_id: row for row in rows}
        for command_id in self._tools.sampler.chosen(list(by_command)):
            row = by_command[command_id]
            await self._tools.sampler.check(row.member.wanted.email, row.attributes)

    async def _intend(self, import_id: str, rows: list[ImportRow]) -> list[ImportRow]:
        """The rows whose intent is confirmed; the others went elsewhere or ended meanwhile."""
        works = {row.member.contact: row.member.work for row in rows if self._schedule.owned(row.member.contact)}
        if not works:
            return []
        confirmed = self._schedule.intents.of_import(import_id, works)
        intent = Ending("intended", import_id=import_id)
        for part in _parts(list(works.values())):
            await self._outcomes.post([(work, intent) for work in part])
        theirs = await confirmed
        return [row for row in rows if row.member.contact in theirs]

    async def _leave_lists(self, rows: list[ImportRow]) -> None:
        for list_id, emails in removals(rows).items():
            for start in range(0, len(emails), REMOVE_AT_ONCE):
                part = emails[start : start + REMOVE_AT_ONCE]
                # 400: none of them was on the list, which is what is wanted.
                await self._asker.ask("contacts", partial(self._api.remove_from_list, list_id, part))

    async def _end(self, endings: Sequence[tuple[Member, Ending]]) -> None:
        for part in _parts(endings):
            ours = [
                (member.contact, member.work, replace(ending, unsure=member.unsure))
                for member, ending in part
                if self._schedule.owned(member.contact)
            ]
            await self._outcomes.end_all(ours)

    def _write_alone(self, contacts: Iterable[str]) -> None:
        for contact in contacts:
            self._schedule.task(contact).alone = True

    def _doubt(self, contacts: Iterable[str], uncertain: bool) -> None:
        for contact in contacts:
            self._schedule.task(contact).uncertain = uncertain

    def _release(self, contacts: Iterable[str]) -> None:
        for contact in contacts:
            self._schedule.release(contact, None)


def _ending(row: ImportRow, lists: Sequence[int], import_id: str, status: int | None) -> Ending:
    left_out = row.member.left_out
    return Ending(
        "acknowledged",
        detail=left_out_detail(left_out),
        status=status,
        attempts=1,
        import_id=import_id,
        acknowledged=after_import(row, lists).state(row.member.wanted.awaited),
    )


def _parts(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + _MOST_AT_ONCE] for start in range(0, len(items), _MOST_AT_ONCE))
