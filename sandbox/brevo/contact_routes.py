"""`/contacts`, its attributes, import, batch and double opt-in. PURE."""

from __future__ import annotations

import re

from sandbox.brevo import bodies, queries
from sandbox.brevo.answers import BrevoAnswer, RefusedError, invalid, not_found
from sandbox.brevo.contacts import BrevoContact, ContactBook, ContactChange
from sandbox.brevo.events import parse_instant
from sandbox.brevo.routing import ReceivedCall, Route

_FILTER = re.compile(r'equals\((\w+),"([^"]*)"\)')


def create(call: ReceivedCall) -> BrevoAnswer:
    """Upsert: 201 with the id when created, 204 without a body when updated."""
    body: bodies.NewContact = call.body
    contact, created = call.store.contacts.upsert(_change(body, email=body.email), call.now, update=body.update_enabled)
    return BrevoAnswer(201, {"id": contact.id}) if created else BrevoAnswer(204)


def read(call: ReceivedCall) -> BrevoAnswer:
    """One contact with its (empty) statistics."""
    contact = _named(call)
    return BrevoAnswer(200, {**contact.shown(), "consentGroups": [], "statistics": {}})


def update(call: ReceivedCall) -> BrevoAnswer:
    """Change one contact."""
    body: bodies.ContactUpdate = call.body
    call.store.contacts.update(_named(call), _change(body, unlink=body.unlink_list_ids), call.now)
    return BrevoAnswer(204)


def remove(call: ReceivedCall) -> BrevoAnswer:
    """Forget one contact; the account's own address stays."""
    contact = _named(call)
    if contact.email == call.store.options.account_email:
        raise RefusedError(405, "method_not_allowed", "The contact of the account itself cannot be deleted")
    call.store.contacts.remove(contact)
    if contact.email:
        call.store.webhooks.tell("contactDeleted", contact.email, call.now)
    return BrevoAnswer(204)


def page(call: ReceivedCall) -> BrevoAnswer:
    """Contacts, newest first unless asked otherwise."""
    query: queries.ContactsPage = call.query
    chosen = call.store.contacts.all()
    if query.list_ids:
        chosen = [contact for contact in chosen if not contact.list_ids.isdisjoint(query.list_ids)]
    if query.modified_since:
        since = parse_instant(query.modified_since, "modifiedSince")
        chosen = [contact for contact in chosen if contact.modified_at >= since]
    if query.created_since:
        since = parse_instant(query.created_since, "createdSince")
        chosen = [contact for contact in chosen if contact.created_at >= since]
    if query.filter:
        match = _FILTER.fullmatch(query.filter)
        if not match:
            raise invalid('filter must be equals(ATTRIBUTE,"value")')
        chosen = [contact for contact in chosen if str(contact.attributes.get(match[1])) == match[2]]
    return BrevoAnswer(200, {"contacts": _cut(chosen, query), "count": len(chosen)})


def members(call: ReceivedCall) -> BrevoAnswer:
    """Contacts of one list."""
    query: queries.MembersPage = call.query
    contacts = call.store.contacts
    chosen = [contacts.member(member) for member in call.store.lists.get(call.number("list_id")).members]
    if query.modified_since:
        since = parse_instant(query.modified_since, "modifiedSince")
        chosen = [contact for contact in chosen if contact.modified_at >= since]
    return BrevoAnswer(200, {"contacts": _cut(chosen, query), "count": len(chosen)})


def batch(call: ReceivedCall) -> BrevoAnswer:
    """Update only, all or nothing."""
    body: bodies.ContactBatch = call.body
    found = [_batch_contact(call.store.contacts, named) for named in body.contacts]
    unknown = [str(index) for index, contact in enumerate(found) if contact is None]
    if unknown:
        raise not_found(f"No contact found for indexes {','.join(unknown)}")
    for contact, change in zip(found, body.contacts, strict=True):
        assert contact is not None
        call.store.contacts.update(contact, _change(change, unlink=change.unlink_list_ids), call.now)
    return BrevoAnswer(204)


def start_import(call: ReceivedCall) -> BrevoAnswer:
    """Queue an import; the server applies it later."""
    return BrevoAnswer(202, {"processId": call.store.processes.accept(call.body).id})


def process(call: ReceivedCall) -> BrevoAnswer:
    """How far one process is."""
    return BrevoAnswer(200, call.store.processes.get(call.number("process_id")).shown(call.base_url))


def processes(call: ReceivedCall) -> BrevoAnswer:
    """All processes."""
    query: queries.PageQuery = call.query
    everything = call.store.processes.all()
    if query.sort == "desc":
        everything.reverse()
    shown = [process.shown(call.base_url) for process in everything[query.offset : query.offset + query.limit]]
    return BrevoAnswer(200, {"processes": shown, "count": len(everything)})


def double_opt_in(call: ReceivedCall) -> BrevoAnswer:
    """Send a confirmation mail."""
    return call.store.mails.ask_to_confirm(call.body)


def consent_groups(_call: ReceivedCall) -> BrevoAnswer:
    """A feature that this account does not have."""
    raise RefusedError(403, "CONSENT_GROUP_NOT_ENABLED", "SendingRules groups are not enabled")


def attributes(call: ReceivedCall) -> BrevoAnswer:
    """All attributes, on one page."""
    return BrevoAnswer(200, {"attributes": call.store.attributes.shown()})


def create_attribute(call: ReceivedCall) -> BrevoAnswer:
    """Add an attribute: 201 without a body."""
    body: bodies.AttributeBody = call.body
    category, name = call.params["category"], call.params["name"]
    # A category's type goes without saying.
    kind = "category" if category == "category" and body.type is None else body.type
    call.store.attributes.create(category, name, kind, options=body.options(), formula=body.value)
    return BrevoAnswer(201)


def change_attribute(call: ReceivedCall) -> BrevoAnswer:
    """Options or formula, never the type."""
    body: bodies.AttributeBody = call.body
    if body.type is not None:
        raise invalid("The type of an attribute cannot be changed")
    category, name = call.params["category"], call.params["name"]
    call.store.attributes.change(category, name, options=body.options(), formula=body.value)
    return BrevoAnswer(204)


def remove_attribute(call: ReceivedCall) -> BrevoAnswer:
    """Forget an attribute."""
    call.store.attributes.remove(call.params["category"], call.params["name"])
    return BrevoAnswer(204)


def _named(call: ReceivedCall) -> BrevoContact:
    return call.store.contacts.get(call.params["identifier"], call.query.identifier_type)


def _change(
    body: bodies.NewContact | bodies.ContactUpdate | bodies.BatchContact,
    *,
    email: str | None = None,
    unlink: list[int] | None = None,
) -> ContactChange:
    return ContactChange(
        email,
        body.ext_id,
        body.attributes,
        tuple(body.list_ids),
        tuple(unlink or ()),
        body.email_blacklisted,
        body.sms_blacklisted,
    )


def _batch_contact(contacts: ContactBook, entry: bodies.BatchContact) -> BrevoContact | None:
    given = {"email_id": entry.email, "contact_id": entry.id, "phone_id": entry.sms}
    named = [(str(value), kind) for kind, value in given.items() if value is not None]
    if len(named) != 1:
        raise invalid("Exactly one of email, id and sms is needed for each contact")
    return contacts.find(*named[0])


def _cut(chosen: list[BrevoContact], query: queries.ContactsPage | queries.MembersPage) -> list[dict[str, object]]:
    ordered = chosen[::-1] if query.sort == "desc" else chosen
    return [contact.shown() for contact in ordered[query.offset : query.offset + query.limit]]


ROUTES = (
    Route("POST", "/contacts", create, bodies.NewContact),
    Route("GET", "/contacts", page, query=queries.ContactsPage),
    Route("POST", "/contacts/batch", batch, bodies.ContactBatch),
    Route("POST", "/contacts/import", start_import, bodies.Import),
    Route("POST", "/contacts/doubleOptinConfirmation", double_opt_in, bodies.DoubleOptIn),
    Route("GET", "/contacts/consent-groups", consent_groups),
    Route("GET", "/contacts/attributes", attributes),
    Route("POST", "/contacts/attributes/{category}/{name}", create_attribute, bodies.AttributeBody),
    Route("PUT", "/contacts/attributes/{category}/{name}", change_attribute, bodies.AttributeBody),
    Route("DELETE", "/contacts/attributes/{category}/{name}", remove_attribute),
    Route("GET", "/contacts/lists/{list_id}/contacts", members, query=queries.MembersPage),
    Route("GET", "/contacts/{identifier}", read, query=queries.ReadContact),
    Route("PUT", "/contacts/{identifier}", update, bodies.ContactUpdate, queries.WhichContact),
    Route("DELETE", "/contacts/{identifier}", remove, query=queries.WhichContact),
    Route("GET", "/processes", processes, query=queries.PageQuery),
    Route("GET", "/processes/{process_id}", process),
)
"""Fixed paths stand before `{identifier}`: the first that matches is taken."""
