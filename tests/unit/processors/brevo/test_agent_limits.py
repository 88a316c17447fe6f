"""What the sink may call: parked call families, alarms, rate limits and its share of them."""

from __future__ import annotations

import logging

import pytest
from aiohttp import web

from processors.brevo.decisions.budget import WriterFigures
from schemas.brevo import AttributeValue
from tests.support.brevo_commands import event, upsert
from tests.support.scripted_brevo import UNRECOGNISED_IP, Call, ScriptedBrevo, error, first_calls
from tests.support.sink import Sink, sink_beside_brevo


async def test_unrecognised_address_parks_everything_until_it_is_authorised(
    bench: tuple[Sink, ScriptedBrevo], caplog: pytest.LogCaptureFixture
) -> None:
    """The address is shown, probes go on, and nothing is lost or sent twice."""
    sink, brevo = bench

    async def refuse(_: Call) -> web.StreamResponse:
        return web.json_response(UNRECOGNISED_IP, status=401)

    brevo.script = refuse
    effect = sink.start()
    people = [f"p{number}@example.com" for number in range(20)]
    with caplog.at_level(logging.ERROR):
        sink.send(*(upsert(email=email) for email in people), *(event(email=email) for email in people))
        await sink.engine.until(lambda: bool(effect.reasons) and len(brevo.calls) > 20)
    (reason,) = effect.reasons
    assert "address 203.0.113.10" in reason
    assert "203.0.113.10" in caplog.text
    assert sink.metric("rollcall_brevo_parked", family="contacts") == 1
    assert sink.metric("rollcall_brevo_parked", family="events") == 1
    assert not sink.results()
    brevo.script = None
    await sink.settled()
    assert not effect.reasons
    assert sink.metric("rollcall_brevo_parked", family="contacts") == 0
    assert sorted(call.body["identifiers"]["email_id"] for call in brevo.event_calls) == sorted(people)


async def test_parked_family_lets_one_call_through_per_probe(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """One asks, the others wait; a person's `resume` does not wait for the next probe."""
    sink, brevo = bench

    async def refuse(_: Call) -> web.StreamResponse:
        return web.json_response(UNRECOGNISED_IP, status=401)

    brevo.script = refuse
    effect = sink.start(WriterFigures(probe_seconds=3_600, drain_seconds=0), contacts_per_second=1)
    sink.send(*(upsert(email=f"p{number}@example.com") for number in range(2)))
    await sink.engine.until(lambda: bool(effect.reasons))
    refused = len(brevo.calls)
    brevo.script = None
    effect.resume()
    await sink.settled()
    assert refused == 1
    assert len(brevo.contacts) == 2


@pytest.mark.parametrize("status", [402, 403])
async def test_family_that_may_not_go_on_stops_alone_and_alarms(
    bench: tuple[Sink, ScriptedBrevo], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """No credit for events leaves contacts alone; the event waits, without an intent, until a probe succeeds."""
    sink, brevo = bench
    brevo.script = first_calls(2, error(status, "permission_denied", "no"), events=True)
    effect = sink.start()
    sink.send(upsert(), event())
    await sink.engine.until(lambda: bool(effect.reasons))
    assert effect.reasons[0].startswith("brevo events: ")
    assert sink.metric("rollcall_brevo_parked", family="contacts") == 0
    await sink.settled()
    assert sink.outcomes() == ["acknowledged", *2 * ["intended", "withdrawn"], "intended", "acknowledged"]
    assert len(brevo.event_calls) == 3
    assert "nothing is lost" in caplog.text


async def test_contact_is_written_while_its_event_waits_for_parked_events(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """No credit for events may last for days: what is newer of a contact does not wait behind its event."""
    sink, brevo = bench
    people = [f"p{number}@example.com" for number in range(4)]
    brevo.script = first_calls(1_000, error(402, "not_enough_credits", "no"), events=True)
    effect = sink.start(WriterFigures(probe_seconds=3_600, drain_seconds=0))
    sink.send(*(upsert(email=email) for email in people), *(event(email=email) for email in people))
    await sink.engine.until(lambda: bool(effect.reasons) and len(brevo.contacts) == len(people) == len(effect.busy()))
    newer = {"MEETING_DURATION": AttributeValue(type="float", value=55)}
    sink.send(*(upsert(2, email=email, attributes=newer) for email in people))
    await sink.engine.until(
        lambda: all(contact.attributes["MEETING_DURATION"] == 55 for contact in brevo.contacts.values())
    )
    assert not brevo.events
    brevo.script = None
    effect.resume()
    await sink.settled()
    assert sorted(call["identifiers"]["email_id"] for call in brevo.events) == sorted(people)


async def test_rate_limit_used_up_for_long_is_a_reason(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """An hourly budget: the family waits as long as Brevo says, and says so."""
    sink, brevo = bench
    brevo.script = first_calls(
        1, error(429, "", "", {"x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "1200"})
    )
    effect = sink.start()
    sink.send(upsert())
    await sink.engine.until(lambda: bool(effect.reasons))
    assert effect.reasons[0].startswith("brevo contacts: the rate limit is used up for another 1")
    assert len(brevo.calls) == 1


async def test_last_call_of_the_window_pauses_before_brevo_refuses(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Others share the budget: `remaining` 0 on a success is respected."""
    sink, brevo = bench
    brevo.script = first_calls(
        1, web.Response(status=201, headers={"x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "900"})
    )
    effect = sink.start()
    sink.send(upsert())
    await sink.settled()
    assert effect.reasons[0].startswith("brevo contacts: ")


async def test_share_of_the_budget_follows_the_partitions() -> None:
    """Assigned over all partitions, changed by load and revoke."""
    async with sink_beside_brevo(partitions=4) as (sink, _):
        effect = sink.build(contacts_per_second=8, events_per_second=4)
        sink.engine.start(effect, partitions=[0, 1, 2])

        def allowed() -> tuple[float, float]:
            name = "rollcall_brevo_allowed_per_second"
            return sink.metric(name, family="contacts"), sink.metric(name, family="events")

        assert allowed() == (6, 3)
        effect.revoke(1)
        assert allowed() == (4, 2)
        effect.load(3, sink.engine.stores(3))
        assert allowed() == (6, 3)
