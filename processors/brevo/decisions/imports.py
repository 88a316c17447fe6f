"""What an import can say of many contacts at once, and what holds after it. PURE.

An import only adds and overwrites: it cannot take anybody off a list, cannot write "only if empty", and does not get
`false` through (github.com/sendinblue/APIv3-python-library/issues/95, open, checked 2026-11-21). So what depends on
Brevo's own state is written only where that is known, and contacts with a boolean to write are left to single calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from processors.brevo.decisions.identifiers import IDENTIFIER_TYPES
from processors.brevo.decisions.open_work import UpsertWork
from processors.brevo.decisions.upsert import Claim, Create, Read, Update, must_read, next_step
from processors.brevo.decisions.values import AttributeContent
from processors.brevo.decisions.wanted import Known, Wanted
from schemas.brevo import UpsertContact
from schemas.codec import pack

PIECE_BYTES = 8_000_000
"""Of one import's rows: bodies have at most 10 MB, about 8 are advised (Brevo's importContacts, checked 2026-11-21)."""
PAGE_CONTACTS = 1_000
"""The most that `GET /contacts` gives at once."""
CONTACTS_PER_PAGE_READ = 10
"""A page of all contacts is worth its call where it answers for at least so many of ours: it takes a second or so, in
which four contacts can be written alone, and each that nobody read for is written alone afterwards."""
REMOVE_AT_ONCE = 150
"""The most addresses that `POST /contacts/lists/{id}/contacts/remove` takes."""
UNFINISHED = frozenset({"queued", "in_process", "processing"})
"""Statuses of a process that goes on; `in_process` is a legacy value that is still sent."""

Shape = tuple[tuple[int, ...], tuple[str, ...]]
"""The lists of an import, and the names of the attributes that its contacts want."""


@dataclass(frozen=True, slots=True)
class Member:
    """One contact of an import."""

    contact: str
    work: UpsertWork
    wanted: Wanted
    known: Known
    left_out: tuple[str, ...] = ()
    """Names of values that are not of their type."""
    was_read: bool = False
    """`known` is what Brevo itself has just said."""
    unsure: bool = False
    """Another worker may still overwrite what is written now."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A member with what the import says of it."""

    member: Member
    attributes: Mapping[str, AttributeContent]

    def body(self) -> dict[str, Any]:
        """As `jsonBody` has it."""
        return {"email": self.member.wanted.email, "attributes": dict(self.attributes)}


def shape_of(command: UpsertContact, technical_list: int | None, missing: Collection[int] = ()) -> Shape | None:
    """What a contact has in common with those it may be imported with; ``None``: only single calls can say it.

    `missing` lists do not exist at Brevo. An identifier needs a question of its own.
    """
    lists = tuple(sorted(set(command.lists) - set(missing)))
    if not lists and technical_list is not None and technical_list not in missing:
        lists = (technical_list,)
    if (
        not lists
        or command.lists_for_existing
        or any(attribute.type == "boolean" for attribute in command.attributes.values())
    ):
        return None
    if any(name.upper() in IDENTIFIER_TYPES for name in command.attributes):
        return None
    return lists, tuple(sorted(command.attributes))


def asks_brevo(member: Member) -> bool:
    """Whether something of the contact depends on what Brevo holds and nobody knows."""
    wanted, known = member.wanted, member.known
    return must_read(wanted, known) or bool(_lists_to_leave(wanted, known))


def may_be_deleted(member: Member, *, deletions_told: bool) -> bool:
    """Whether an import could create anew whom somebody has deleted at Brevo: only a single update finds that out.

    Args:
        member: of an import.
        deletions_told: Brevo tells of deletions by its webhook, so the ledger's word is good.
    """
    if member.work.state is None:
        return False
    return member.known.exists is False if member.was_read else not deletions_told


def worth_reading(asking: int, total: int) -> bool:
    """Whether reading all `total` contacts of the account is cheap beside the `asking` that need it."""
    return -(-total // PAGE_CONTACTS) <= max(1, asking // CONTACTS_PER_PAGE_READ)


def lacks(member: Member) -> bool:
    """Whether an import cannot say all that is wanted, since nobody knows what Brevo holds."""
    return must_read(member.wanted, member.known)


def row_of(member: Member) -> ImportRow | None:
    """What the import says of a contact; ``None`` when Brevo holds all of it already.

    What only Brevo could answer is left out: whoever `lacks` it is asked about and completed alone afterwards.
    """
    wanted, known = member.wanted, member.known
    if lacks(member):
        answered = {name: attribute for name, attribute in wanted.attributes.items() if attribute.overwrite == "always"}
        wanted = replace(wanted, attributes=answered)
    match next_step(wanted, known):
        case Create(attributes):
            return ImportRow(member, attributes)
        case Update(attributes, join, leave) if attributes or join or leave:
            return ImportRow(member, attributes)
        case Read():
            raise AssertionError("nothing is left that only Brevo could answer")
        case Claim():
            raise AssertionError("identifiers have no shape")
    return None


def pieces(rows: Iterable[ImportRow], limit_bytes: int = PIECE_BYTES) -> Iterator[list[ImportRow]]:
    """The rows in order, as many at a time as fit into one import."""
    piece: list[ImportRow] = []
    size = 0
    for row in rows:
        weight = len(pack(row.body())) + 1
        if piece and size + weight > limit_bytes:
            yield piece
            piece, size = [], 0
        piece.append(row)
        size += weight
    if piece:
        yield piece


def import_body(rows: Sequence[ImportRow], lists: Sequence[int], notify_url: str | None) -> dict[str, Any]:
    """Body of `POST /contacts/import`. Nothing in it speaks of blocklists: they are Brevo's alone."""
    body: dict[str, Any] = {
        "jsonBody": [row.body() for row in rows],
        "listIds": sorted(lists),
        "updateExistingContacts": True,
        "emptyContactsAttributes": False,
        # Otherwise the account's owner gets a mail for each import.
        "disableNotification": True,
    }
    return body | ({"notifyUrl": notify_url} if notify_url else {})


def removals(rows: Iterable[ImportRow]) -> dict[int, list[str]]:
    """Addresses by the list that they may still be on and shall not be."""
    found: dict[int, list[str]] = {}
    for row in rows:
        for list_id in sorted(_lists_to_leave(row.member.wanted, row.member.known)):
            found.setdefault(list_id, []).append(row.member.wanted.email)
    return found


def after_import(row: ImportRow, lists: Iterable[int]) -> Known:
    """What holds once an import to `lists` is complete and its contacts are off the lists of `removals`."""
    wanted, known, sent = row.member.wanted, row.member.known, frozenset(lists)
    return replace(
        known,
        exists=True,
        attributes={**known.attributes, **row.attributes},
        lists=(known.lists - wanted.lists_left) | sent,
        lists_left=(known.lists_left - sent) | wanted.lists_left,
    )


def _lists_to_leave(wanted: Wanted, known: Known) -> frozenset[int]:
    return frozenset() if known.exists is False else wanted.lists_left - known.lists_left
