"""The sink against a Brevo on a real port: upserts, events, limits, alarms."""

from __future__ import annotations

import asyncio
import itertools
import logging
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from processors.agents.sync_contact import NAME, SOURCES, TABLES
from processors.sink.budget import Pace
from schemas.brevo import AttributeValue, TrackEvent, UpsertContact
from schemas.codec import contact_id
from schemas.topics import TOPICS
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.scripted_brevo import UNRECOGNISED_IP, Call, Contact, Script, ScriptedBrevo, error
from tests.support.sink import API_KEY, QUICK, Sink, sink_beside_brevo

FIRSTNAME = AttributeValue(type="text", value="iPhone", overwrite="if_empty")
MINUTES = AttributeValue(type="float", value=47)


@pytest.fixture
async def bench() -> AsyncIterator[tuple[Sink, ScriptedBrevo]]:
    """A sink, not started, beside its Brevo."""
    async with sink_beside_brevo() as both:
        yield both


def _first(count: int, answer: web.Response | None = None, *, events: bool = False, reset: bool = False) -> Script:
    """Answer the first calls of a family so (or break their connection), the others as always."""
    numbers = itertools.count(1)

    async def script(call: Call) -> web.StreamResponse | None:
        if call.is_event is not events or next(numbers) > count:
            return None
        if reset:
            raise ConnectionResetError
        assert answer is not None
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    return script


def test_sync_contact_reads_the_topics_that_name_it_as_consumer() -> None:
    """The registry and the agent say the same."""
    assert {topic.name for topic in SOURCES} == {topic.name for topic in TOPICS if NAME in topic.consumers}
    assert TABLES == ("brevo-ledger", "brevo-pending", "brevo-suppressions")


async def test_new_contact_is_created_and_its_event_follows(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Upsert first, then the event, each with the right body and the key in the header."""
    sink, brevo = bench
    sink.start()
    sink.send(event(), upsert())
    await sink.settled()
    assert [(call.method, call.path) for call in brevo.calls] == [("POST", "/v3/contacts"), ("POST", "/v3/events")]
    assert brevo.calls[0].body == {
        "email": MAYA,
        "updateEnabled": True,
        "attributes": {"MEETING_DURATION": 47},
        "listIds": [16],
    }
    assert brevo.calls[1].body == {
        "event_name": "zoom_webinar_attended",
        "event_date": "2026-11-20T17:00:00Z",
        "identifiers": {"email_id": MAYA},
        "event_properties": {"session_uuid": "gk3lQ1mXSxyWuC2o8g9w==", "minutes": 47},
    }
    assert brevo.calls[0].headers["api-key"] == API_KEY
    assert sink.outcomes() == ["acknowledged", "intended", "acknowledged"]
    assert sink.contact().pending is None
    assert sink.metric("rollcall_brevo_freshness_seconds_sum", kind="upsert", lane="live") == 3


async def test_unchanged_contact_needs_no_call(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The ledger skips what Brevo has."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1))
    await sink.settled()
    sink.send(upsert(2))
    await sink.settled()
    assert len(brevo.calls) == 1
    assert sink.outcomes() == ["acknowledged", "unchanged"]
    assert sink.metric("rollcall_brevo_calls_saved_total") == 1


async def test_known_contact_gets_the_difference_and_leaves_lists_by_update(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Only `PUT` takes a contact off a list."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1, attributes={"A": MINUTES, "B": MINUTES}))
    await sink.settled()
    changed = {"A": MINUTES, "B": AttributeValue(type="float", value=48)}
    sink.send(upsert(2, attributes=changed, lists=(18,), lists_left=(16,)))
    await sink.settled()
    call = brevo.calls[-1]
    assert (call.method, call.path) == ("PUT", "/v3/contacts/maya.okafor%40example.com?identifierType=email_id")
    assert call.body == {"attributes": {"B": 48}, "listIds": [18], "unlinkListIds": [16]}
    assert brevo.contacts[MAYA] == Contact({"A": 47, "B": 48}, {18})


async def test_contact_deleted_at_brevo_is_not_created_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """404 to the update, and no webhook has said why: it counts as erased, for its later commands too."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1, attributes={"A": MINUTES}))
    await sink.settled()
    del brevo.contacts[MAYA]
    sink.send(upsert(2, attributes={"A": AttributeValue(type="float", value=48)}), event())
    await sink.settled()
    sink.send(upsert(3, attributes={"A": AttributeValue(type="float", value=49)}))
    await sink.engine.until(lambda: sink.outcomes().count("suppressed") == 3)
    assert [call.method for call in brevo.calls] == ["POST", "PUT"]
    assert brevo.contacts == {}
    assert brevo.events == []
    assert {"status": 404, "attempts": 1}.items() <= sink.results()[1].model_dump().items()


async def test_deleted_contact_is_found_out_after_a_crash_too(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The next worker knows less, but still that the contact was there."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1))
    await sink.settled()
    await sink.engine.crash()
    del brevo.contacts[MAYA]
    sink.send(upsert(2, lists=(17,)))
    sink.start()
    await sink.settled()
    assert sink.outcomes()[-1] == "suppressed"
    assert brevo.contacts == {}


async def test_older_revision_after_a_newer_never_overwrites_it(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Whichever lane it comes by."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(5, attributes={"A": AttributeValue(type="float", value=5)}))
    await sink.settled()
    sink.send(upsert(4, attributes={"A": AttributeValue(type="float", value=4)}), bulk=True)
    sink.send(upsert(3, attributes={"A": AttributeValue(type="float", value=3)}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 5}
    assert len(brevo.calls) == 1


async def test_revisions_that_wait_are_written_once_as_the_newest(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Coalescing: a hundred corrections are one call."""
    sink, brevo = bench
    sink.send(*(upsert(n, attributes={"A": AttributeValue(type="float", value=n)}) for n in range(1, 101)))
    sink.start()
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 100}
    assert len(brevo.calls) <= 2


async def test_newer_revision_during_a_call_is_written_after_it(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Also when it equals what was acknowledged before the call: Brevo holds something else meanwhile."""
    sink, brevo = bench
    sink.start()
    old, new = AttributeValue(type="float", value=1), AttributeValue(type="float", value=2)
    sink.send(upsert(1, attributes={"A": old}))
    await sink.settled()

    async def send_the_old_value_again(call: Call) -> web.StreamResponse | None:
        if call.method == "PUT" and call.body == {"attributes": {"A": 2}}:
            sink.send(upsert(3, attributes={"A": old}))
        return None

    brevo.script = send_the_old_value_again
    sink.send(upsert(2, attributes={"A": new}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 1}


async def test_next_revision_waits_for_the_confirmed_outcome_of_the_last(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Compared with rows that do not know the last call yet, it would look unchanged."""
    sink, brevo = bench
    sink.start()
    old, new = AttributeValue(type="float", value=1), AttributeValue(type="float", value=2)
    sink.send(upsert(1, attributes={"A": old}))
    await sink.settled()
    sink.engine.turns_held = True
    sink.send(upsert(2, attributes={"A": new}))
    await sink.engine.until(lambda: len(sink.results()) == 2)
    sink.send(upsert(3, attributes={"A": old}), upsert(email="other@example.com"))
    await sink.engine.until(lambda: len(sink.results()) == 3)
    sink.engine.turn()
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 1}
    assert [result.revision for result in sink.results()] == [1, 2, 1, 3]


async def test_event_is_not_called_before_its_intent_is_confirmed(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Published is not enough: a worker that dies then would not know of it."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert())
    await sink.settled()
    sink.engine.turns_held = True
    sink.send(event(), event(("s9",), name="zoom_webinar_registered"))
    await sink.engine.until(lambda: sink.outcomes()[-1] == "intended")
    sink.send(upsert(email="other@example.com"))
    await sink.engine.until(lambda: "other@example.com" in brevo.contacts)
    assert not brevo.event_calls
    sink.engine.turn()
    await sink.settled()
    assert [call.body["event_name"] for call in brevo.event_calls] == [
        "zoom_webinar_attended",
        "zoom_webinar_registered",
    ]


async def test_intents_without_an_outcome_are_at_most_a_second_of_the_rate(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A kill leaves no more than these in doubt."""
    sink, brevo = bench
    people = [f"p{number}@example.com" for number in range(20)]
    waiting = asyncio.Event()

    async def hold(call: Call) -> None:
        if call.is_event:
            await waiting.wait()

    brevo.script = hold
    sink.start(events_per_second=5)
    sink.send(*(upsert(email=email) for email in people), *(event(email=email) for email in people))
    await sink.engine.until(lambda: len(brevo.event_calls) == 5)
    assert sink.outcomes().count("intended") == 5
    assert list(sink.states().values()).count("intended") == 5


async def test_revision_that_was_perhaps_written_is_not_forgotten_by_the_next(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Brevo did it and answered 500: the next revision equals the ledger, and must still be written."""
    sink, brevo = bench
    old, new = AttributeValue(type="float", value=1), AttributeValue(type="float", value=2)

    async def fail_after_the_update(call: Call) -> web.StreamResponse | None:
        if call.body != {"attributes": {"A": 2}}:
            return None
        brevo.answer(call, MAYA)
        sink.send(upsert(3, attributes={"A": old}))
        return web.Response(status=500)

    brevo.script = fail_after_the_update
    sink.start()
    sink.send(upsert(1, attributes={"A": old}))
    await sink.settled()
    sink.send(upsert(2, attributes={"A": new}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 1}


async def test_revision_overtaken_while_it_waits_for_a_permit_is_never_written(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The newest is read when the permit is there."""
    sink, brevo = bench
    sink.start(contacts_per_second=4)
    sink.send(*(upsert(email=f"p{number}@example.com") for number in range(3)))
    sink.send(upsert(1, attributes={"A": AttributeValue(type="float", value=1)}))
    await sink.engine.until(lambda: bool(brevo.calls))
    sink.send(upsert(2, attributes={"A": AttributeValue(type="float", value=2)}))
    await sink.settled()
    mine = [call.body["attributes"] for call in brevo.calls if call.body["email"] == MAYA]
    assert mine == [{"A": 2}]


async def test_if_empty_attribute_is_read_for_once_and_left_alone(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """One read for a contact that nobody knew; after that the ledger knows."""
    sink, brevo = bench
    brevo.contacts[MAYA] = Contact({"FIRSTNAME": "Maya"}, {3})
    sink.start()
    for revision in (1, 2, 3):
        minutes = AttributeValue(type="float", value=revision)
        sink.send(upsert(revision, attributes={"FIRSTNAME": FIRSTNAME, "A": minutes}))
        await sink.settled()
    assert [call.method for call in brevo.calls] == ["GET", "PUT", "PUT", "PUT"]
    assert brevo.contacts[MAYA] == Contact({"FIRSTNAME": "Maya", "A": 3}, {3, 16})


async def test_if_empty_attribute_of_a_new_contact_is_written_once(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """404 to the read: everything is empty; another display name later changes nothing."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1, attributes={"FIRSTNAME": FIRSTNAME}))
    await sink.settled()
    sink.send(upsert(2, attributes={"FIRSTNAME": AttributeValue(type="text", value="M", overwrite="if_empty")}))
    await sink.settled()
    assert [call.method for call in brevo.calls] == ["GET", "POST"]
    assert brevo.contacts[MAYA].attributes == {"FIRSTNAME": "iPhone"}


async def test_value_of_a_wrong_type_is_left_out_and_named(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The rest of the contact arrives; the result says what did not."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(attributes={"A": MINUTES, "J": AttributeValue(type="date", value="20.11.2026")}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 47}
    assert sink.results()[-1].detail == "left out, not of their type: J"
    assert sink.metric("rollcall_brevo_values_left_out_total") == 1


async def test_refused_contact_and_its_events_are_dead_letters_with_reasons(
    bench: tuple[Sink, ScriptedBrevo], caplog: pytest.LogCaptureFixture
) -> None:
    """The original command goes to the dead letters; no address is in a log or a result's detail."""
    sink, brevo = bench
    brevo.script = _first(9, error(400, "invalid_parameter", f"Invalid email address {MAYA}"))
    sink.start()
    sent: list[UpsertContact | TrackEvent] = [upsert(), event()]
    sink.send(*sent)
    await sink.settled()
    letters = [each for each in sink.engine.published if each.topic == "brevo.commands.v1.dlq"]
    assert [letter.value for letter in letters] == [each.to_bytes() for each in sent]
    headers = dict(letters[0].headers)
    assert headers["rollcall-error"] == b"invalid_email"
    assert headers["rollcall-reason"] == b"Brevo does not accept the e-mail address (HTTP 400, invalid_parameter)"
    assert headers["rollcall-source"] == b"brevo.commands.v1/0/0"
    assert headers["rollcall-command-id"] == b"upsert-1"
    assert dict(letters[1].headers)["rollcall-error"] == b"contact_rejected"
    assert sink.outcomes() == ["rejected", "rejected"]
    assert not brevo.event_calls
    assert MAYA not in caplog.text
    assert all(MAYA not in result.detail for result in sink.results())


async def test_rejected_event_is_called_once_and_a_dead_letter(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A 400 will never work."""
    sink, brevo = bench
    brevo.script = _first(9, error(400, "invalid_parameter", "event_name is invalid"), events=True)
    sink.start()
    sink.send(upsert(), event(), bulk=True)
    await sink.settled()
    assert len(brevo.event_calls) == 1
    assert [each.key for each in sink.engine.published if each.topic == "brevo.commands.bulk.v1.dlq"] == [
        contact_id(MAYA).encode()
    ]


@pytest.mark.parametrize(
    "failure",
    [
        web.Response(status=500, text="<html>"),
        web.Response(status=524, text="<html>"),
        error(425, "account_in_process", ""),
        error(429, "", "", {"x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "0.01"}),
        web.Response(status=429, text="<html>"),
    ],
    ids=lambda response: str(response.status),
)
async def test_upsert_that_fails_for_now_is_repeated(bench: tuple[Sink, ScriptedBrevo], failure: web.Response) -> None:
    """Upserts may repeat: nothing is lost, whatever the body is."""
    sink, brevo = bench
    brevo.script = _first(3, failure)
    sink.start()
    sink.send(upsert())
    await sink.settled()
    assert len(brevo.calls) == 4
    assert sink.outcomes() == ["acknowledged"]


async def test_upsert_whose_connection_breaks_is_repeated(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A lost answer says nothing about a contact."""
    sink, brevo = bench
    brevo.script = _first(2, reset=True)
    sink.start()
    sink.send(upsert())
    await sink.settled()
    assert MAYA in brevo.contacts


@pytest.mark.parametrize(
    ("policy", "calls", "outcomes"),
    [
        ("hold", 1, ["intended", "in_doubt"]),
        ("drop", 1, ["intended", "rejected"]),
        ("resend", 2, ["intended", "acknowledged"]),
    ],
)
@pytest.mark.parametrize("reset", [False, True], ids=["500", "reset"])
async def test_event_whose_answer_is_lost_follows_the_policy(
    bench: tuple[Sink, ScriptedBrevo], policy: str, calls: int, outcomes: list[str], reset: bool
) -> None:
    """Brevo may have sent it: hold, drop or resend, as the operator says."""
    sink, brevo = bench
    brevo.script = _first(1, web.Response(status=500, text="<html>"), events=True, reset=reset)
    sink.start(in_doubt=policy)
    sink.send(upsert(), event())
    await sink.settled()
    assert len(brevo.event_calls) == calls
    assert sink.outcomes()[1:] == outcomes
    assert sink.metric("rollcall_brevo_in_doubt") == (policy == "hold")


@pytest.mark.parametrize("status", [425, 429])
async def test_event_surely_not_applied_is_repeated_under_one_intent(
    bench: tuple[Sink, ScriptedBrevo], status: int
) -> None:
    """Brevo said that it did nothing."""
    sink, brevo = bench
    brevo.script = _first(2, web.Response(status=status, text="<html>"), events=True)
    sink.start()
    sink.send(upsert(), event())
    await sink.settled()
    assert len(brevo.event_calls) == 3
    assert sink.outcomes() == ["acknowledged", "intended", "acknowledged"]


async def test_event_refused_connections_are_repeated_under_one_intent(
    bench: tuple[Sink, ScriptedBrevo], unused_tcp_port: int
) -> None:
    """No connection, no event: surely not applied."""
    sink, _ = bench
    sink.start()
    sink.send(upsert())
    await sink.settled()
    await sink.engine.crash()
    sink.start(url=f"http://127.0.0.1:{unused_tcp_port}/v3")
    sink.send(event())
    await sink.engine.until(
        lambda: (
            sink.registry.get_sample_value("rollcall_brevo_calls_total", {"family": "events", "outcome": "refused"})
            == 3
        )
    )
    assert sink.outcomes() == ["acknowledged", "intended"]


async def test_event_is_sent_once_for_all_its_instances(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Commands that repeat or overlap lead to one call."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(), event(("s1", "s2")), event(("s1", "s2")), event(("s2", "s3")))
    await sink.settled()
    sink.send(event(("s3",)))
    await sink.settled()
    assert len(brevo.event_calls) == 1


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


async def test_parked_lane_lets_one_call_through_per_probe(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """One asks, the others wait; a person's `resume` does not wait for the next probe."""
    sink, brevo = bench

    async def refuse(_: Call) -> web.StreamResponse:
        return web.json_response(UNRECOGNISED_IP, status=401)

    brevo.script = refuse
    effect = sink.start(Pace(probe_seconds=3_600, drain_seconds=0), contacts_per_second=1)
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
    """No credit for events leaves contacts alone; the event stays under its intent until a probe succeeds."""
    sink, brevo = bench
    brevo.script = _first(2, error(status, "permission_denied", "no"), events=True)
    effect = sink.start()
    sink.send(upsert(), event())
    await sink.engine.until(lambda: bool(effect.reasons))
    assert effect.reasons[0].startswith("brevo events: ")
    assert sink.metric("rollcall_brevo_parked", family="contacts") == 0
    await sink.settled()
    assert sink.outcomes() == ["acknowledged", "intended", "acknowledged"]
    assert len(brevo.event_calls) == 3
    assert "nothing is lost" in caplog.text


async def test_rate_limit_used_up_for_long_is_a_reason(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """An hourly budget: the family waits as long as Brevo says, and says so."""
    sink, brevo = bench
    brevo.script = _first(1, error(429, "", "", {"x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "1200"}))
    effect = sink.start()
    sink.send(upsert())
    await sink.engine.until(lambda: bool(effect.reasons))
    assert effect.reasons[0].startswith("brevo contacts: the rate limit is used up for another 1")
    assert len(brevo.calls) == 1


async def test_last_call_of_the_window_pauses_before_brevo_refuses(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Others share the budget: `remaining` 0 on a success is respected."""
    sink, brevo = bench
    brevo.script = _first(
        1, web.Response(status=201, headers={"x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "900"})
    )
    effect = sink.start()
    sink.send(upsert())
    await sink.settled()
    assert effect.reasons[0].startswith("brevo contacts: ")


async def test_live_work_goes_before_bulk_work(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A registration during a back-fill of hundreds does not wait for it."""
    sink, brevo = bench
    sink.send(*(upsert(email=f"bulk{number}@example.com") for number in range(300)), bulk=True)
    sink.start(bulk_threshold=1_000)
    await sink.engine.until(lambda: len(brevo.contacts) >= 10)
    sink.send(upsert(), event())
    await sink.engine.until(lambda: bool(brevo.event_calls))
    before = len(brevo.contacts)
    await sink.settled()
    assert before < 200
    assert len(brevo.contacts) == 301


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


async def test_revoked_partition_gets_no_new_call_and_the_one_under_way_posts(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The next owner goes on; what was called is told."""
    sink, brevo = bench
    called, answer = asyncio.Event(), asyncio.Event()

    async def hold(_: Call) -> None:
        called.set()
        await answer.wait()

    brevo.script = hold
    effect = sink.start()
    sink.send(upsert(), event())
    await called.wait()
    effect.revoke(0)
    sink.send(upsert(email="other@example.com"))
    answer.set()
    await sink.engine.until(lambda: bool(sink.results()))
    assert sink.outcomes() == ["acknowledged"]
    await sink.engine.crash()
    assert len(brevo.calls) == 1
    sink.start()
    await sink.settled()
    assert len(brevo.event_calls) == 1
    assert set(brevo.contacts) == {MAYA, "other@example.com"}


async def test_revoked_while_waiting_for_a_permit_is_given_up(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A worker without partitions gives no permits: nothing may hang on them, and a new load begins anew."""
    sink, brevo = bench
    sink.send(*(upsert(email=f"p{number}@example.com") for number in range(40)))
    effect = sink.start(contacts_per_second=1)
    await sink.engine.until(lambda: bool(brevo.calls))
    effect.revoke(0)
    effect.load(0, sink.engine.stores(0))
    effect.revoke(0)
    sink.engine.start(sink.build())
    await sink.settled()
    assert len(brevo.contacts) == 40


async def test_bulk_work_that_hangs_leaves_places_for_live_work(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Some places are for the live lane alone."""
    sink, brevo = bench
    released = asyncio.Event()

    async def hang(call: Call) -> None:
        if call.body.get("email", "").startswith("bulk"):
            await released.wait()

    brevo.script = hang
    sink.start()
    sink.send(*(upsert(email=f"bulk{number}@example.com") for number in range(60)), bulk=True)
    await sink.engine.until(lambda: len(brevo.calls) == QUICK.bulk_in_parallel)
    sink.send(upsert())
    await sink.engine.until(lambda: MAYA in brevo.contacts)
    released.set()
    await sink.settled()


def _people_of(partition: int, partitions: int) -> list[str]:
    people = [f"p{number}@example.com" for number in range(20)]
    return [each for each in people if zlib.crc32(contact_id(each).encode()) % partitions == partition]


async def test_revoked_partition_gives_its_places_among_the_intents_back() -> None:
    """An intent that will never be confirmed here does not hold up the others."""
    async with sink_beside_brevo(partitions=2) as (sink, brevo):
        gone, kept = _people_of(0, 2)[0], _people_of(1, 2)[0]
        effect = sink.start(events_per_second=2, contacts_per_second=1_000)
        sink.send(upsert(email=gone), upsert(email=kept))
        await sink.settled()
        effect.revoke(0)
        effect.load(0, sink.engine.stores(0))
        sink.engine.turns_held = True
        sink.send(event(("a",), gone), event(("b",), gone, name="zoom_webinar_registered"))
        await sink.engine.until(lambda: "intended" in sink.outcomes())
        effect.revoke(0)
        sink.engine.turn()
        sink.send(event(("c",), kept))
        await sink.engine.until(lambda: bool(brevo.events))
        assert [each["identifiers"]["email_id"] for each in brevo.events] == [kept]


async def test_revoked_event_is_not_called_again_whatever_its_first_answer_was() -> None:
    """The next owner decides."""
    async with sink_beside_brevo(partitions=2) as (sink, brevo):
        gone, kept = _people_of(0, 2)[0], _people_of(1, 2)[0]
        called, answer = asyncio.Event(), asyncio.Event()

        async def too_early(call: Call) -> web.StreamResponse | None:
            if not call.is_event or call.body["identifiers"]["email_id"] != gone:
                return None
            called.set()
            await answer.wait()
            return web.Response(status=425)

        brevo.script = too_early
        effect = sink.start()
        sink.send(upsert(email=gone), upsert(email=kept), event(("a",), gone))
        await called.wait()
        effect.revoke(0)
        answer.set()
        sink.send(event(("c",), kept))
        await sink.engine.until(lambda: bool(brevo.events))
        calls = sink.registry.get_sample_value
        labels = {"family": "events", "outcome": "too_early"}
        await sink.engine.until(lambda: calls("rollcall_brevo_calls_total", labels) == 1)
        await sink.engine.until(lambda: not effect._pump._tasks)
        assert len([call for call in brevo.event_calls if call.body["identifiers"]["email_id"] == gone]) == 1
