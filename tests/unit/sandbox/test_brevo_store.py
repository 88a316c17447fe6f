"""The account's books on values: types, identifiers, keys and pages that HTTP tests do not reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.brevo.answers import RefusedError
from sandbox.brevo.attributes import Attribute
from sandbox.brevo.bodies import Mail
from sandbox.brevo.contacts import ContactChange, phone, valid_email
from sandbox.brevo.routing import Route, Router
from sandbox.brevo.store import Options, Store
from sandbox.brevo.validation import parse

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "fits", "dropped"),
    [
        ("text", ["", "x"], [1, True, None, ["x"]]),
        ("float", [0, 1.5, -3], ["1", True, None]),
        ("boolean", [True, False], [0, 1, "true"]),
        ("date", ["2026-11-20"], ["2026-11-31", "20-11-2026", "20261120", "2026-11-20T10:00:00Z", 20261120]),
        ("multiple-choice", [["a"], []], ["a", ["c"], None]),
        ("category", ["a", "1", 1], ["c", 3, None]),
    ],
)
def test_attribute_accepts_exactly_its_type(kind: str, fits: list[object], dropped: list[object]) -> None:
    """A value of another type, or an option that does not exist, does not stick."""
    attribute = Attribute("A", "normal", kind, {"1": "a", "2": "b"})
    assert [attribute.accepts(value) for value in fits] == [True] * len(fits)
    assert [attribute.accepts(value) for value in dropped] == [False] * len(dropped)


def test_attribute_options_show_zero_for_a_value_that_is_no_number() -> None:
    """Since 2026-05-01 `valueStr` holds the truth."""
    shown = Attribute("A", "category", "category", {"1": "one", "x": "other"}).shown()
    assert shown["enumeration"] == [
        {"value": 1, "valueStr": "1", "label": "one"},
        {"value": 0, "valueStr": "x", "label": "other"},
    ]


@pytest.mark.parametrize(
    ("category", "name", "kind"),
    [("normal", "A", "id"), ("nothing", "A", "text"), ("normal", "A-B", "text"), ("normal", "EMAIL", "text")],
)
def test_attribute_that_does_not_fit_is_not_created(category: str, name: str, kind: str) -> None:
    """Category, name and type must go together."""
    with pytest.raises(RefusedError, match=r"(?i)attribute|category"):
        Store(Options()).attributes.create(category, name, kind)


@pytest.mark.parametrize("text", ["33612345678", "+33612345678", "0033612345678"])
def test_phone_is_the_same_in_all_its_spellings(text: str) -> None:
    """`91…`, `+91…` and `0091…` are one number."""
    assert phone(text) == "33612345678"


@pytest.mark.parametrize("text", ["", "a", "a@b", "a b@example.com", "a@@example.com"])
def test_email_that_is_none_is_not_valid(text: str) -> None:
    """An address has one @, no blanks and a dot in its domain."""
    assert not valid_email(text)


def test_contact_with_a_phone_alone_shows_a_made_up_address() -> None:
    """Brevo shows `<digits>@mailin-sms.com` for who has no e-mail."""
    store = Store(Options())
    contact, created = store.contacts.upsert(ContactChange(attributes={"SMS": "+33612345678"}), NOW, update=True)
    assert created
    assert contact.shown()["email"] == "33612345678@mailin-sms.com"
    assert store.contacts.find("0033612345678", "phone_id") is contact


def test_contact_renamed_is_found_under_the_new_identifiers_alone() -> None:
    """The old address is free again for somebody else."""
    store = Store(Options())
    contact, _ = store.contacts.upsert(ContactChange("old@example.com", ext_id="1"), NOW, update=True)
    store.contacts.update(contact, ContactChange(ext_id="2", attributes={"EMAIL": "New@example.com"}), NOW)
    assert store.contacts.find("new@example.com") is contact
    assert store.contacts.find("old@example.com") is None
    assert store.contacts.find("1", "ext_id") is None
    other, created = store.contacts.upsert(ContactChange("old@example.com"), NOW, update=False)
    assert created
    assert other.id != contact.id


def test_contact_refused_for_a_list_is_not_changed() -> None:
    """A refused call leaves nothing half done."""
    store = Store(Options(lists={15: "fifteen"}))
    contact, _ = store.contacts.upsert(ContactChange("a@example.com"), NOW, update=True)
    with pytest.raises(RefusedError, match="99"):
        store.contacts.update(contact, ContactChange(attributes={"FIRSTNAME": "A"}, list_ids=(15, 99)), NOW)
    assert (contact.attributes, contact.list_ids) == ({}, set())


def test_mail_with_a_used_key_is_refused_until_half_an_hour_has_passed() -> None:
    """The idempotency key lives 30 minutes; a dry run is not recorded."""
    store = Store(Options())
    headers = {"idempotencyKey": "5f0b9a1e-6d0e-4e0a-9d43-2a9f0b6d8a11"}
    body = {"templateId": 41, "to": [{"email": "a@example.com"}], "headers": headers}
    assert store.mails.send(parse(Mail, body), NOW).status == 201
    with pytest.raises(RefusedError) as refused:
        store.mails.send(parse(Mail, body), NOW + timedelta(minutes=29))
    assert refused.value.code == "duplicate_parameter"
    assert store.mails.send(parse(Mail, body), NOW + timedelta(minutes=30)).status == 201
    dry = {**body, "headers": {"X-Sib-Sandbox": "drop"}}
    assert store.mails.send(parse(Mail, dry), NOW).status == 201
    assert len(store.mails.sent) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"to": None}, "to is missing"),
        ({"templateId": None}, "sender is missing"),
        ({"to": [{"email": "a@example.com"}] * 100}, "to is not valid"),
        ({"to": [{"email": "a@example.com", "name": "n" * 71}]}, "name is not valid"),
        ({"headers": {"idempotencyKey": "1"}}, "must be a UUID"),
    ],
)
def test_mail_outside_the_limits_is_refused(change: dict[str, object], message: str) -> None:
    """Recipients, names and keys have limits, and without a template the content is needed."""
    body = {"templateId": 41, "to": [{"email": "a@example.com"}], **change}
    with pytest.raises(RefusedError, match=message):
        Store(Options()).mails.send(parse(Mail, body), NOW)


def test_router_takes_the_first_route_and_decodes_parts_of_the_path() -> None:
    """A fixed path stands before one with parts; an encoded slash does not split."""
    fixed = Route("GET", "/a/fixed", lambda call: pytest.fail("not called"))
    part = Route("GET", "/a/{name}", lambda call: pytest.fail("not called"))
    router = Router((fixed, part))
    assert router.find("GET", "/a/fixed") == (fixed, {})
    assert router.find("GET", "/a/x%2Fy%40z") == (part, {"name": "x/y@z"})
    for method, path, status in (("POST", "/a/x", 405), ("GET", "/a/x/y", 404), ("GET", "/a", 404)):
        with pytest.raises(RefusedError) as refused:
            router.find(method, path)
        assert (refused.value.status, refused.value.unknown) == (status, True)
