"""`/contacts/lists` and `/contacts/folders`. PURE."""

from __future__ import annotations

from typing import Any

from sandbox.brevo import bodies, queries
from sandbox.brevo.answers import BrevoAnswer, invalid
from sandbox.brevo.contacts import BrevoContact
from sandbox.brevo.routing import ReceivedCall, Route

_MOST_MEMBERS = 150


def page(call: ReceivedCall) -> BrevoAnswer:
    """Lists, at most 50 a page."""
    shown = [contact_list.shown() for contact_list in call.store.lists.all()]
    return BrevoAnswer(200, {"count": len(shown), "lists": _cut(shown, call.query)})


def create(call: ReceivedCall) -> BrevoAnswer:
    """Add a list to a folder."""
    return BrevoAnswer(201, {"id": call.store.lists.create(call.body.name, call.body.folder_id, now=call.now)})


def read(call: ReceivedCall) -> BrevoAnswer:
    """One list."""
    return BrevoAnswer(200, call.store.lists.get(call.number("list_id")).details())


def change(call: ReceivedCall) -> BrevoAnswer:
    """Rename or move a list."""
    call.store.lists.change(call.number("list_id"), name=call.body.name, folder_id=call.body.folder_id)
    return BrevoAnswer(204)


def remove(call: ReceivedCall) -> BrevoAnswer:
    """Forget a list; its contacts stay."""
    call.store.contacts.forget_list(call.number("list_id"))
    return BrevoAnswer(204)


def add(call: ReceivedCall) -> BrevoAnswer:
    """Put existing contacts on a list; 400 when that changed nothing."""
    wanted = _named(call, call.body)
    list_id = call.number("list_id")
    members = call.store.lists.get(list_id).members
    joining = {key: who for key, who in wanted.items() if who is not None and who.id not in members}
    if not joining:
        raise invalid("Contact already in list and/or does not exist")
    for contact in joining.values():
        call.store.contacts.join(contact, [list_id])
    return _outcome(wanted, joining)


def take_off(call: ReceivedCall) -> BrevoAnswer:
    """Take contacts off a list, or all of them in a process."""
    body: bodies.LeavingMembers = call.body
    list_id = call.number("list_id")
    members = call.store.lists.get(list_id).members
    if body.all:
        for contact_id in list(members):
            call.store.contacts.leave(call.store.contacts.member(contact_id), [list_id])
        process = call.store.processes.start("EMPTYLIST")
        call.store.processes.apply(process, call.now)
        return BrevoAnswer(201, {"contacts": {"processId": process.id}})
    wanted = _named(call, body)
    leaving = {key: who for key, who in wanted.items() if who is not None and who.id in members}
    if not leaving:
        raise invalid("Contact already removed from list and/or does not exist")
    for contact in leaving.values():
        call.store.contacts.leave(contact, [list_id])
    return _outcome(wanted, leaving)


def folders(call: ReceivedCall) -> BrevoAnswer:
    """Folders, at most 50 a page."""
    shown = [_folder(call, folder_id) for folder_id in sorted(call.store.lists.folders)]
    return BrevoAnswer(200, {"count": len(shown), "folders": _cut(shown, call.query)})


def create_folder(call: ReceivedCall) -> BrevoAnswer:
    """Add a folder."""
    return BrevoAnswer(201, {"id": call.store.lists.create_folder(call.body.name)})


def read_folder(call: ReceivedCall) -> BrevoAnswer:
    """One folder."""
    folder_id = call.number("folder_id")
    call.store.lists.check_folder(folder_id)
    return BrevoAnswer(200, _folder(call, folder_id))


def rename_folder(call: ReceivedCall) -> BrevoAnswer:
    """Give a folder another name."""
    call.store.lists.rename_folder(call.number("folder_id"), call.body.name)
    return BrevoAnswer(204)


def remove_folder(call: ReceivedCall) -> BrevoAnswer:
    """Forget a folder with its lists."""
    call.store.contacts.forget_folder(call.number("folder_id"))
    return BrevoAnswer(204)


def lists_of_folder(call: ReceivedCall) -> BrevoAnswer:
    """Lists in one folder."""
    folder_id = call.number("folder_id")
    call.store.lists.check_folder(folder_id)
    shown = [contact_list.shown() for contact_list in call.store.lists.all(folder_id)]
    return BrevoAnswer(200, {"count": len(shown), "lists": _cut(shown, call.query)})


def _named(call: ReceivedCall, body: bodies.Members) -> dict[str | int, BrevoContact | None]:
    """Whom the call names, in its order; ``None``: nobody."""
    given = [("email_id", body.emails), ("contact_id", body.ids), ("ext_id", body.ext_ids)]
    chosen = [(kind, keys) for kind, keys in given if keys is not None]
    if len(chosen) != 1:
        raise invalid("Exactly one of emails, ids and extIds is needed")
    kind, keys = chosen[0]
    if not 1 <= len(keys) <= _MOST_MEMBERS:
        raise invalid(f"A call takes 1 to {_MOST_MEMBERS} contacts")
    return {key: call.store.contacts.find(str(key), kind) for key in keys}


def _outcome(wanted: dict[str | int, BrevoContact | None], done: dict[str | int, BrevoContact]) -> BrevoAnswer:
    failed = [key for key in wanted if key not in done]
    return BrevoAnswer(201, {"contacts": {"success": list(done), "failure": failed}})


def _folder(call: ReceivedCall, folder_id: int) -> dict[str, Any]:
    subscribers = {member for contact_list in call.store.lists.all(folder_id) for member in contact_list.members}
    return {
        "id": folder_id,
        "name": call.store.lists.folders[folder_id],
        "uniqueSubscribers": len(subscribers),
        "totalSubscribers": 0,
        "totalBlacklisted": 0,
    }


def _cut(shown: list[dict[str, Any]], query: queries.PageQuery) -> list[dict[str, Any]]:
    ordered = shown[::-1] if query.sort == "desc" else shown
    return ordered[query.offset : query.offset + query.limit]


ROUTES = (
    Route("GET", "/contacts/lists", page, query=queries.PageQuery),
    Route("POST", "/contacts/lists", create, bodies.ListBody),
    Route("GET", "/contacts/lists/{list_id}", read),
    Route("PUT", "/contacts/lists/{list_id}", change, bodies.ListChange),
    Route("DELETE", "/contacts/lists/{list_id}", remove),
    Route("POST", "/contacts/lists/{list_id}/contacts/add", add, bodies.Members),
    Route("POST", "/contacts/lists/{list_id}/contacts/remove", take_off, bodies.LeavingMembers),
    Route("GET", "/contacts/folders", folders, query=queries.PageQuery),
    Route("POST", "/contacts/folders", create_folder, bodies.FolderBody),
    Route("GET", "/contacts/folders/{folder_id}", read_folder),
    Route("PUT", "/contacts/folders/{folder_id}", rename_folder, bodies.FolderBody),
    Route("DELETE", "/contacts/folders/{folder_id}", remove_folder),
    Route("GET", "/contacts/folders/{folder_id}/lists", lists_of_folder, query=queries.PageQuery),
)
"""To be registered before `/contacts/{identifier}`."""
