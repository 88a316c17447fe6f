"""A person's word about parked call families and events in doubt, and values that Brevo drops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from schemas.brevo import CommandResult, Decision, Resume, Verdict
from schemas.topics import BREVO_COMMANDS, BREVO_RESULTS
from tests.support.brevo_commands import OCCURRED_AT, event, upsert
from tests.support.scripted_brevo import UNRECOGNISED_IP, Call, ScriptedBrevo
from tests.support.sink import FINISHED, QUICK, Sink


async def _in_doubt(sink: Sink, brevo: ScriptedBrevo) -> None:
    async def fail(call: Call) -> web.StreamResponse | None:
        return web.Response(status=500) if call.is_event else None

    brevo.script = fail
    sink.start()
    sink.send(upsert(), event(("s1", "s1b")))
    await sink.settled()
    assert list(sink.states().values()).count("in_doubt") == 2
    brevo.script = None


def _decide(sink: Sink, verdict: Verdict, decision_id: str = "d1") -> None:
    command = event(("s1", "s1b"))
    outcomes: dict[Verdict, Any] = {"sent": "acknowledged", "resend": "intended", "drop": "rejected"}
    result = CommandResult(
        command_id=command.command_id,
        contact_id=command.contact_id,
        kind="event",
        revision=1,
        outcome=outcomes[verdict],
        name=command.name,
        once_keys=command.once_keys,
        decision=Decision(decision_id=decision_id, verdict=verdict, operator="maya"),
        occurred_at=OCCURRED_AT,
        finished_at=FINISHED,
    )
    sink.engine.send(BREVO_RESULTS.name, command.contact_id, result.to_bytes())


@pytest.mark.parametrize(("verdict", "state"), [("sent", "acknowledged"), ("drop", "rejected")])
async def test_decision_ends_the_doubt_without_a_call(
    bench: tuple[Sink, ScriptedBrevo], verdict: Verdict, state: str
) -> None:
    """For all instances that the event stands for."""
    sink, brevo = bench
    await _in_doubt(sink, brevo)
    _decide(sink, verdict)
    await sink.engine.until(lambda: set(sink.states().values()) == {state})
    assert len(brevo.event_calls) == 1
    assert sink.metric("rollcall_brevo_in_doubt") == 0


async def test_decision_to_resend_sends_once_however_often_it_is_read(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A restart may read the decision again."""
    sink, brevo = bench
    await _in_doubt(sink, brevo)
    _decide(sink, "resend")
    await sink.settled()
    _decide(sink, "resend")
    await sink.settled()
    assert len(brevo.event_calls) == 2
    assert set(sink.states().values()) == {"acknowledged"}


async def test_decision_read_again_after_a_second_doubt_sends_nothing(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """It was about the first one."""
    sink, brevo = bench
    await _in_doubt(sink, brevo)

    async def fail(call: Call) -> web.StreamResponse | None:
        return web.Response(status=500) if call.is_event else None

    brevo.script = fail
    _decide(sink, "resend")
    await sink.settled()
    brevo.script = None
    _decide(sink, "resend")
    await sink.settled()
    assert len(brevo.event_calls) == 2
    _decide(sink, "resend", "d2")
    await sink.settled()
    assert len(brevo.event_calls) == 3


async def test_order_to_go_on_ends_the_parking(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Without waiting for the next probe."""
    sink, brevo = bench

    async def park(call: Call) -> web.StreamResponse | None:
        return web.json_response(UNRECOGNISED_IP, status=401)

    brevo.script = park
    effect = sink.start(replace(QUICK, probe_seconds=3_600))
    sink.send(upsert())
    await sink.engine.until(lambda: bool(effect.reasons))
    brevo.script = None
    order = Resume(operator="maya", at=FINISHED)
    sink.engine.send(BREVO_RESULTS.name, None, order.to_bytes())
    await sink.settled()
    assert effect.reasons == ()


async def test_dropped_values_raise_the_alarm(
    bench: tuple[Sink, ScriptedBrevo], caplog: pytest.LogCaptureFixture
) -> None:
    """Brevo takes an attribute that does not exist, and forgets it."""
    sink, brevo = bench

    async def forget(call: Call) -> None:
        if call.method == "GET":
            next(iter(brevo.contacts.values())).attributes.clear()

    brevo.script = forget
    sink.start(sample=1)
    sink.send(upsert())
    await sink.settled()
    await sink.engine.until(lambda: sink.metric("rollcall_brevo_values_dropped_total") == 1)
    assert "MEETING_DURATION" in caplog.text
    assert "@" not in caplog.text


async def test_values_that_brevo_holds_raise_none(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The sample is read and equal."""
    sink, _ = bench
    sink.start(sample=1)
    sink.send(upsert())
    await sink.engine.until(lambda: sink.metric("rollcall_brevo_sampled_total") == 1)
    assert sink.metric("rollcall_brevo_values_dropped_total") == 0


async def test_event_whose_contact_never_comes_is_counted_until_it_does(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """It waits, since nobody says what Brevo does with an event of a contact that it does not know; but not unseen."""
    sink, brevo = bench
    sink.start()
    sink.send(event())
    assert sink.metric("rollcall_brevo_events_without_contact") == 1
    await sink.engine.stop()
    sink.start()
    assert sink.metric("rollcall_brevo_events_without_contact") == 1
    sink.send(upsert())
    assert sink.metric("rollcall_brevo_events_without_contact") == 0
    await sink.settled()
    assert len(brevo.event_calls) == 1


async def test_event_dropped_by_policy_is_a_dead_letter(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Nobody is asked about it, so it must be found somewhere."""
    sink, brevo = bench

    async def fail(call: Call) -> web.StreamResponse | None:
        return web.Response(status=500) if call.is_event else None

    brevo.script = fail
    sink.start(in_doubt="drop")
    sink.send(upsert(), event())
    await sink.settled()
    (letter,) = [output for output in sink.engine.published if output.topic == BREVO_COMMANDS.dead_letter.name]
    assert letter.value == event().to_bytes()
    assert dict(letter.headers)["rollcall-label"] == b"dropped"
