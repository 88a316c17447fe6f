"""The sink against the sandbox Brevo with faults: what Brevo holds in the end is the truth, and no event came twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from pydantic import SecretStr

from processors.brevo.api.client import BrevoClient
from processors.brevo.writer.bootstrap import check_templates
from runtime.brevo_models import Brevo
from sandbox.brevo import Options, RunningBrevo, serving
from sandbox.brevo.contacts import ContactChange
from sandbox.brevo.faults import BrevoFault
from schemas.brevo import AttributeValue, ConfirmList
from schemas.codec import contact_id
from schemas.errors import ConfigurationError
from tests.support.brevo_commands import OCCURRED_AT, event, upsert
from tests.support.sink import API_KEY, Sink

PEOPLE = [f"person{number}+zoom@example.com" for number in range(60)]


def _minutes(value: int) -> dict[str, AttributeValue]:
    return {
        "MEETING_DURATION": AttributeValue(type="float", value=value),
        "FIRSTNAME": AttributeValue(type="text", value="iPhone", overwrite="if_empty"),
    }


def _send_all(sink: Sink) -> None:
    for number, email in enumerate(PEOPLE):
        sink.send(
            upsert(1, email, attributes=_minutes(0), lists=(17, 18)),
            upsert(2, email, attributes=_minutes(number), lists=(16, 17), lists_left=(18,)),
            event((f"s{number}",), email),
        )


def _check_contacts(brevo: RunningBrevo) -> None:
    contacts = {contact.email: contact for contact in brevo.state.store.contacts.all()}
    assert set(contacts) == set(PEOPLE)
    for number, email in enumerate(PEOPLE):
        assert contacts[email].attributes["MEETING_DURATION"] == number
        assert contacts[email].attributes["FIRSTNAME"] == "iPhone"
        assert set(contacts[email].list_ids) == {16, 17}
    assert not brevo.state.calls.refused


def _received(brevo: RunningBrevo) -> Counter[str]:
    return Counter(received.identifiers["email_id"] for received in brevo.state.store.events.received)


@pytest.mark.parametrize("policy", ["hold", "drop"])
async def test_sink_with_a_failing_brevo_ends_at_the_truth_and_sends_no_event_twice(policy: str) -> None:
    """Contacts are complete; an event is there once, or in doubt (hold) or given up (drop) if its answer was lost."""
    options = Options(api_key=API_KEY, limit_factor=100).with_demo()
    async with serving(options) as brevo:
        for seed, kind in enumerate(("425", "html", "reset_after", "reset_before"), 1):
            brevo.state.faults.add(BrevoFault.model_validate({"kind": kind, "probability": 0.05, "seed": seed}))
        brevo.state.faults.add(BrevoFault(kind="429", count=2))
        brevo.state.faults.add(BrevoFault(kind="html", probability=0.1, seed=9, applied=True))
        sink = Sink(brevo.url, partitions=3)
        sink.start(in_doubt=policy, contacts_per_second=800, events_per_second=800)
        _send_all(sink)
        await sink.settled()
        await sink.close()
        _check_contacts(brevo)
        received, states = _received(brevo), sink.states()
        assert max(received.values()) == 1
        for number, email in enumerate(PEOPLE):
            state = states[f"{contact_id(email)}/zoom_webinar_attended/s{number}"]
            lost = "in_doubt" if policy == "hold" else "rejected"
            assert state in ("acknowledged", lost)
            assert received[email] == 1 or state == lost
        assert len(received) > 30


async def test_sink_repeated_run_needs_no_call() -> None:
    """A replay of everything is all skipped by the ledger."""
    async with serving(Options(api_key=API_KEY, limit_factor=1_000).with_demo()) as brevo:
        sink = Sink(brevo.url, partitions=3)
        sink.start()
        _send_all(sink)
        await sink.settled()
        before = sum(brevo.state.calls.families.values())
        _send_all(sink)
        await sink.settled()
        await sink.close()
        _check_contacts(brevo)
        assert sum(brevo.state.calls.families.values()) == before
        assert sink.outcomes().count("unchanged") == len(PEOPLE)
        assert set(_received(brevo).values()) == {1}


def _confirm(email: str) -> ConfirmList:
    return ConfirmList(
        command_id=f"confirm-{email}",
        contact_id=contact_id(email),
        email=email,
        revision=2,
        reason="registration",
        occurred_at=OCCURRED_AT,
        event_date=OCCURRED_AT,
        once_keys=("list|17",),
        list_id=17,
    )


async def test_sink_asks_to_confirm_a_list_and_the_person_joins_it() -> None:
    """Nobody is on the list before the click; afterwards the contact is left there."""
    async with serving(Options(api_key=API_KEY, limit_factor=100).with_demo()) as brevo:
        sink = Sink(brevo.url, partitions=1)
        rule = {"rule": "doi", "template_id": 5, "redirect_url": "https://www.example.com/thanks"}
        sink.start(list_rules={17: rule})
        sink.send(upsert(email=PEOPLE[0], attributes={}), _confirm(PEOPLE[0]), event(email=PEOPLE[0]))
        await sink.settled()
        store = brevo.state.store
        contact = store.contacts.get(PEOPLE[0], "email_id")
        assert (contact.list_ids, len(store.mails.confirmations)) == ({16}, 1)
        store.mails.confirm(PEOPLE[0], brevo.state.now())
        sink.send(upsert(3, PEOPLE[0], attributes={}, lists=(16,), lists_left=(18,)), _confirm(PEOPLE[0]))
        await sink.settled()
        await sink.close()
        assert contact.list_ids == {16, 17}
        assert len(store.mails.confirmations) == 1
        assert not brevo.state.calls.refused


async def test_sink_puts_only_older_contacts_on_a_list_for_existing_ones() -> None:
    """By the dates that Brevo itself gives its contacts."""
    async with serving(Options(api_key=API_KEY, limit_factor=100).with_demo()) as brevo:
        old, ours, unknown = PEOPLE[:3]
        now = brevo.state.now()
        brevo.state.store.contacts.upsert(ContactChange(old), now - timedelta(days=300), update=False)
        sink = Sink(brevo.url, partitions=1)
        sink.engine.timestamp_ms = int(now.timestamp() * 1_000)
        sink.start()
        sink.send(upsert(email=ours, attributes={}, lists=(17,)))
        await sink.settled()
        for email in (old, ours, unknown):
            sink.send(upsert(2, email, attributes={}, lists=(), lists_for_existing=(16,), creates=False))
        await sink.settled()
        await sink.close()
        held = {contact.email: contact.list_ids for contact in brevo.state.store.contacts.all()}
        assert held == {old: {16}, ours: {17}}


@pytest.mark.parametrize(("template", "problem"), [(5, None), (6, "template 6 does not exist")])
async def test_templates_of_double_opt_in_are_checked(template: int, problem: str | None) -> None:
    """A worker with a wrong one would let everybody wait."""
    rule = {"rule": "doi", "template_id": template, "redirect_url": "https://www.example.com/thanks"}
    settings = Brevo.model_validate({"list_rules": {17: rule, 18: "existing_contact_only"}})
    async with serving(Options(api_key=API_KEY)) as brevo:
        client = BrevoClient(SecretStr(API_KEY), brevo.url)
        try:
            if problem is None:
                await check_templates(client, settings)
            else:
                with pytest.raises(ConfigurationError, match=rf"brevo.list_rules.17.template_id: {problem}"):
                    await check_templates(client, settings)
        finally:
            await client.close()
