"""What Brevo refuses of a contact is left out, named and made good; the rest is written and the events go."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from schemas.brevo import AttributeValue
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.scripted_brevo import Contact, ScriptedBrevo
from tests.support.sink import QUICK, Sink

OWNER = "olga@example.com"
PHONE = "33612345678"


def _text(value: str) -> AttributeValue:
    return AttributeValue(type="text", value=value)


ATTRIBUTES = {
    "MEETING_DURATION": AttributeValue(type="float", value=47),
    "COMPANY": _text("Granit"),
    "MOBILE": _text("n/a"),
    "WEBINAR_NAME": _text("Floors"),
}


@pytest.mark.parametrize("known", [False, True], ids=["new contact", "known contact"])
@pytest.mark.parametrize("refusal", ["Invalid phone number", "Attribute MOBILE is invalid", "invalid value"])
async def test_value_that_brevo_refuses_is_left_out_alone(
    bench: tuple[Sink, ScriptedBrevo], refusal: str, known: bool
) -> None:
    """Whether the message names it or not: all else is written, and the contact's events are sent."""
    sink, brevo = bench
    brevo.refused_values, brevo.refusal = {"MOBILE": "n/a"}, refusal
    sink.start()
    if known:
        sink.send(upsert(attributes={}))
        await sink.settled()
    sink.send(upsert(2, attributes=ATTRIBUTES, lists=(16, 17)), event())
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 47, "COMPANY": "Granit", "WEBINAR_NAME": "Floors"}
    assert brevo.contacts[MAYA].lists == {16, 17}
    assert len(brevo.events) == 1
    result = next(result for result in sink.results() if result.kind == "upsert" and result.revision == 2)
    assert result.outcome == "acknowledged"
    assert result.detail == f"left out: attribute MOBILE ({refusal})"
    assert sink.metric("rollcall_brevo_values_left_out_total") == 1


async def test_refused_value_is_not_tried_again_until_it_changes(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The ledger remembers it, so a later command needs one call; another value is tried."""
    sink, brevo = bench
    brevo.refused_values = {"MOBILE": "n/a"}
    sink.start()
    sink.send(upsert(attributes=ATTRIBUTES))
    await sink.settled()
    calls = len(brevo.calls)
    sink.send(upsert(2, attributes=ATTRIBUTES | {"COMPANY": _text("Quartz")}))
    await sink.settled()
    assert len(brevo.calls) == calls + 1
    assert brevo.contacts[MAYA].attributes["COMPANY"] == "Quartz"
    sink.send(upsert(3, attributes=ATTRIBUTES | {"MOBILE": _text("+33612345678")}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes["MOBILE"] == "+33612345678"


async def test_contact_whose_address_brevo_refuses_needs_two_calls_to_be_rejected(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Nothing but the contact is asked for before its parts are tried one by one."""
    sink, brevo = bench
    sink.start()
    brevo.refuse_contacts = True
    sink.send(upsert(attributes=ATTRIBUTES, lists=(16, 17)), event())
    await sink.settled()
    assert len(brevo.contact_calls) == 2
    assert sink.outcomes() == ["rejected", "rejected"]


async def test_list_that_does_not_exist_parks_that_list_alone(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Readiness names it; everything else is written, and who belongs on it joins once it is there."""
    sink, brevo = bench
    brevo.missing_lists = {99}
    effect = sink.start(list_keys={99: "connectors.zoom.lists.webinar_attendees"})
    people = [f"p{number}@example.com" for number in range(3)]
    sink.send(*(upsert(email=email, lists=(17, 99)) for email in people), *(event(email=email) for email in people))
    await sink.engine.until(lambda: len(brevo.events) == len(people))
    assert all(brevo.contacts[email].lists == {17} for email in people)
    assert "list 99 (connectors.zoom.lists.webinar_attendees) does not exist" in effect.reasons[0]
    assert sink.metric("rollcall_brevo_lists_missing") == 1
    assert "rejected" not in sink.outcomes()
    brevo.missing_lists = set()
    await sink.settled()
    assert all(brevo.contacts[email].lists == {17, 99} for email in people)
    assert len(brevo.events) == len(people)
    assert not effect.reasons


async def test_list_that_the_configuration_does_not_name_is_missing_without_an_alarm(
    bench: tuple[Sink, ScriptedBrevo], caplog: pytest.LogCaptureFixture
) -> None:
    """Its id was corrected, and commands from before still name it: nobody has to do anything about that."""
    sink, brevo = bench
    brevo.missing_lists = {98, 99}
    caplog.set_level(logging.INFO, "processors.brevo.writer.lists")
    sink.start(list_keys={17: "brevo.lists.registered", 98: "brevo.lists.attended"})
    sink.send(upsert(lists=(17, 98, 99)))
    await sink.engine.until(lambda: MAYA in brevo.contacts and sink.metric("rollcall_brevo_lists_missing") == 2)
    told = {record.getMessage(): (record.levelname, vars(record)) for record in caplog.records}
    level, facts = told["lists missing at brevo"]
    assert (level, facts["lists"]) == ("ERROR", "98")
    assert "list 98 (brevo.lists.attended) does not exist" in facts["next"]
    level, facts = told["other lists missing at brevo"]
    assert (level, facts["lists"]) == ("INFO", "99")


async def test_list_that_returns_while_no_worker_runs_is_joined_by_the_next_one(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """What is awaited stands in the ledger."""
    sink, brevo = bench
    brevo.missing_lists = {99}
    sink.start(replace(QUICK, probe_seconds=3_600), missing_lists={99})
    sink.send(upsert(lists=(17, 99)), event())
    await sink.engine.until(lambda: len(brevo.events) == 1)
    assert not any(call.path.endswith("/lists/99") for call in brevo.calls)
    await sink.engine.crash()
    brevo.missing_lists = set()
    sink.start()
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {17, 99}
    assert len(brevo.events) == 1


async def test_import_to_a_list_that_does_not_exist_is_made_again_without_it(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """One missing list must not turn an import into single calls."""
    sink, brevo = bench
    brevo.missing_lists = {99}
    people = [f"p{number:02}@example.com" for number in range(20)]
    sink.send(*(upsert(email=email, lists=(17, 99)) for email in people))
    sink.start(replace(QUICK, gather_seconds=0.1), bulk_threshold=5)
    await sink.engine.until(lambda: len(brevo.contacts) == len(people))
    await sink.engine.until(lambda: sink.outcomes().count("acknowledged") == len(people))
    assert all(brevo.contacts[email].lists == {17} for email in people)
    assert not [call for call in brevo.calls if call.method == "PUT" or call.path == "/v3/contacts"]
    brevo.missing_lists = set()
    await sink.settled()
    assert all(brevo.contacts[email].lists == {17, 99} for email in people)


async def test_identifier_of_another_contact_is_never_sent(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Brevo is asked whose it is; the owner's contact is not touched, ours is written without it."""
    sink, brevo = bench
    brevo.contacts[OWNER] = Contact({"SMS": PHONE}, {3}, {"emailBlacklisted": True})
    sink.start()
    sink.send(upsert(attributes=ATTRIBUTES | {"SMS": _text("+33 6 12 34 56 78")}), event())
    await sink.settled()
    assert brevo.contacts[OWNER] == Contact({"SMS": PHONE}, {3}, {"emailBlacklisted": True})
    assert "SMS" not in brevo.contacts[MAYA].attributes
    assert not any(PHONE in str(call.body) for call in brevo.calls)
    assert len(brevo.events) == 1
    assert "left out: attribute SMS (another contact has it)" in sink.results()[0].detail


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [("+33 6 12 34 56 78", None, PHONE), ("06 12 34 56 78", "FR", PHONE), ("06 12 34 56 78", None, None)],
)
async def test_identifier_that_nobody_has_is_written_as_brevo_keeps_it(
    bench: tuple[Sink, ScriptedBrevo], typed: str, region: str | None, kept: str | None
) -> None:
    """Digits with the country code; what is no number is left out."""
    sink, brevo = bench
    sink.start(phone_region=region)
    sink.send(upsert(attributes={"SMS": _text(typed)}), event())
    await sink.settled()
    assert brevo.contacts[MAYA].attributes.get("SMS") == kept
    assert len(brevo.events) == 1


async def test_identifier_taken_between_question_and_write_is_left_out(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """`duplicate_parameter` names what is another's: the rest is written at once."""
    sink, brevo = bench

    async def script(call: object) -> None:
        if len(brevo.calls) == 2:
            brevo.contacts[OWNER] = Contact({"SMS": PHONE})

    brevo.script = script
    sink.start()
    sink.send(upsert(attributes={"SMS": _text(f"+{PHONE}"), "COMPANY": _text("Granit")}), event())
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"COMPANY": "Granit"}
    assert brevo.contacts[OWNER].attributes == {"SMS": PHONE}
    assert len(brevo.events) == 1
