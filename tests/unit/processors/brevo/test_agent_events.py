"""Events of the sink: one call, ever, and what becomes of a lost answer."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from schemas.codec import contact_id
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.scripted_brevo import Call, ScriptedBrevo, error, first_calls
from tests.support.sink import Sink


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


async def test_intents_without_an_outcome_are_two_until_answers_are_slow(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A kill leaves no more than these in doubt: what waits for a permit has no intent yet."""
    sink, brevo = bench
    people = [f"p{number}@example.com" for number in range(20)]
    waiting = asyncio.Event()

    async def hold(call: Call) -> None:
        if call.is_event:
            await waiting.wait()

    brevo.script = hold
    sink.start(events_per_second=50)
    sink.send(*(upsert(email=email) for email in people), *(event(email=email) for email in people))
    await sink.engine.until(lambda: len(brevo.event_calls) == 2)
    await asyncio.sleep(0.2)
    assert sink.outcomes().count("intended") == 2
    assert list(sink.states().values()).count("intended") == 2
    waiting.set()
    await sink.settled()
    assert len(brevo.event_calls) == len(people)


async def test_rejected_event_is_called_once_and_a_dead_letter(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A 400 will never work."""
    sink, brevo = bench
    brevo.script = first_calls(9, error(400, "invalid_parameter", "event_name is invalid"), events=True)
    sink.start()
    sink.send(upsert(), event(), bulk=True)
    await sink.settled()
    assert len(brevo.event_calls) == 1
    assert [output.key for output in sink.engine.published if output.topic == "brevo.commands.bulk.v1.dlq"] == [
        contact_id(MAYA).encode()
    ]


@pytest.mark.parametrize(
    ("policy", "calls", "outcomes"),
    [
        ("hold", 1, ["intended", "in_doubt"]),
        ("drop", 1, ["intended", "rejected"]),
        ("resend", 2, ["intended", "withdrawn", "intended", "acknowledged"]),
    ],
)
@pytest.mark.parametrize("reset", [False, True], ids=["500", "reset"])
async def test_event_whose_answer_is_lost_follows_the_policy(
    bench: tuple[Sink, ScriptedBrevo], policy: str, calls: int, outcomes: list[str], reset: bool
) -> None:
    """Brevo may have sent it: hold, drop or resend, as the operator says."""
    sink, brevo = bench
    brevo.script = first_calls(1, web.Response(status=500, text="<html>"), events=True, reset=reset)
    sink.start(in_doubt=policy)
    sink.send(upsert(), event())
    await sink.settled()
    assert len(brevo.event_calls) == calls
    assert sink.outcomes()[1:] == outcomes
    assert sink.metric("rollcall_brevo_in_doubt") == (policy == "hold")


@pytest.mark.parametrize("status", [425, 429])
async def test_event_surely_not_applied_has_its_intent_withdrawn_and_is_repeated(
    bench: tuple[Sink, ScriptedBrevo], status: int
) -> None:
    """Brevo said that it did nothing: a worker that dies before the next try leaves nothing in doubt."""
    sink, brevo = bench
    brevo.script = first_calls(2, web.Response(status=status, text="<html>"), events=True)
    sink.start()
    sink.send(upsert(), event())
    await sink.settled()
    assert len(brevo.event_calls) == 3
    assert sink.outcomes() == ["acknowledged", *2 * ["intended", "withdrawn"], "intended", "acknowledged"]


async def test_event_of_a_refused_connection_is_not_in_doubt_after_a_restart(
    bench: tuple[Sink, ScriptedBrevo], unused_tcp_port: int
) -> None:
    """No connection, no event: surely not applied."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert())
    await sink.settled()
    await sink.engine.crash()
    sink.start(url=f"http://127.0.0.1:{unused_tcp_port}/v3")
    sink.send(event())
    await sink.engine.until(
        lambda: (
            (
                sink.registry.get_sample_value("rollcall_brevo_calls_total", {"family": "events", "outcome": "refused"})
                == 3
            )
            and sink.outcomes()[-1] == "withdrawn"
        )
    )
    await sink.engine.crash()
    sink.start()
    await sink.settled()
    assert len(brevo.event_calls) == 1
    assert set(sink.states().values()) == {"acknowledged"}


async def test_event_is_sent_once_for_all_its_instances(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Commands that repeat or overlap lead to one call."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(), event(("s1", "s2")), event(("s1", "s2")), event(("s2", "s3")))
    await sink.settled()
    sink.send(event(("s3",)))
    await sink.settled()
    assert len(brevo.event_calls) == 1


async def test_rejected_event_is_sent_when_its_dead_letter_is_sent_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """It was never sent, so once its cause is mended it is, once; what repeats a record does nothing."""
    sink, brevo = bench
    brevo.script = first_calls(1, error(400, "invalid_parameter", "event_name is invalid"), events=True)
    sink.start()
    sink.send(upsert(), event())
    await sink.settled()
    assert set(sink.states().values()) == {"rejected"}
    sink.send(event())
    await sink.settled()
    sink.send(event())
    await sink.settled()
    assert len(brevo.events) == 1
    assert len(brevo.event_calls) == 2
    assert set(sink.states().values()) == {"acknowledged"}


async def test_event_given_up_in_doubt_is_never_sent_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """It is rejected too, but it may have been sent."""
    sink, brevo = bench
    brevo.script = first_calls(1, web.Response(status=500), events=True)
    sink.start(in_doubt="drop")
    sink.send(upsert(), event())
    await sink.settled()
    sink.send(event())
    await sink.settled()
    assert len(brevo.event_calls) == 1
    assert set(sink.states().values()) == {"rejected"}
