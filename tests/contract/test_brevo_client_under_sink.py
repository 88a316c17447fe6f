"""The sink against the sandbox Brevo with faults: what Brevo holds in the end is the truth, and no event came twice."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.brevo import Options, RunningBrevo, serving
from sandbox.brevo.faults import Fault
from schemas.brevo import AttributeValue
from schemas.codec import contact_id
from tests.support.brevo_commands import event, upsert
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
    contacts = {each.email: each for each in brevo.state.store.contacts.all()}
    assert set(contacts) == set(PEOPLE)
    for number, email in enumerate(PEOPLE):
        assert contacts[email].attributes["MEETING_DURATION"] == number
        assert contacts[email].attributes["FIRSTNAME"] == "iPhone"
        assert set(contacts[email].list_ids) == {16, 17}
    assert not brevo.state.calls.refused


def _received(brevo: RunningBrevo) -> Counter[str]:
    return Counter(each.identifiers["email_id"] for each in brevo.state.store.events.received)


@pytest.mark.parametrize("policy", ["hold", "drop"])
async def test_sink_with_a_failing_brevo_ends_at_the_truth_and_sends_no_event_twice(policy: str) -> None:
    """Contacts are complete; an event is there once, or in doubt (hold) or given up (drop) if its answer was lost."""
    options = Options(api_key=API_KEY, limit_factor=100).with_demo()
    async with serving(options) as brevo:
        for seed, kind in enumerate(("425", "html_524", "reset_after", "reset_before"), 1):
            brevo.state.faults.add(Fault.model_validate({"kind": kind, "probability": 0.05, "seed": seed}))
        brevo.state.faults.add(Fault(kind="429", count=2))
        brevo.state.faults.add(Fault(kind="html_524", probability=0.1, seed=9, applied=True))
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
