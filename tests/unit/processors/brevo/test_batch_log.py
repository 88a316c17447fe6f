from __future__ import annotations

import asyncio
import logging
from collections import deque

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from processors.brevo.decisions.budget import WriterFigures
from processors.brevo.decisions.families import FAMILIES, Family
from processors.brevo.writer.access import Access
from processors.brevo.writer.metrics import CallMetrics
from runtime.calls import Answer
from tests.support.brevo_commands import event, upsert
from tests.support.log_lines import told
from tests.support.scripted_brevo import Call, ScriptedBrevo, error
from tests.support.sink import Sink


def lines(caplog: pytest.LogCaptureFixture, name: str) -> list[dict[str, object]]:
    """The facts of each line of an event."""
    return [facts for event, facts in told(caplog) if event == name]


async def test_batch_one_line_tells_of_all_that_came_together(
    bench: tuple[Sink, ScriptedBrevo], caplog: pytest.LogCaptureFixture
) -> None:
    """What was written, what was sent, what was refused; the refused one has a line of its own with the next step."""
    caplog.set_level(logging.INFO)
    sink, brevo = bench

    async def refuse(call: Call) -> web.StreamResponse | None:
        if call.body is None or call.body.get("email") != "bo@example.com":
            return None
        return web.json_response({"code": "invalid_parameter", "message": "Invalid email"}, status=400)

    brevo.script = refuse
    sink.start(WriterFigures(drain_seconds=0))
    sink.send(upsert(session="s-1"), event(session="s-1"), upsert(email="bo@example.com", session="s-2"))
    await sink.settled()
    await sink.engine.stop()  # or after two quiet seconds
    (found,) = lines(caplog, "brevo written")
    assert found.pop("seconds") is not None
    assert found == {"contacts": 1, "events": 1, "rejected": 1, "sessions": "s-1,s-2"}
    (refused,) = lines(caplog, "refused by brevo")
    assert refused["next"] == f"rollcall trace delivery {refused['command']}"
    assert "@example.com" not in caplog.text


async def test_outage_of_brevo_is_told_once_and_so_is_its_end(
    bench: tuple[Sink, ScriptedBrevo], caplog: pytest.LogCaptureFixture
) -> None:
    """However many calls meet it."""
    caplog.set_level(logging.INFO)
    sink, brevo = bench
    answers = deque([503] * 30)

    async def fail(_call: Call) -> web.StreamResponse | None:
        return web.json_response({"code": "x", "message": "down"}, status=answers.popleft()) if answers else None

    brevo.script = fail
    sink.start()
    sink.send(*(upsert(email=f"p{number}@example.com") for number in range(6)))
    await sink.settled()
    (lost,) = lines(caplog, "brevo lost")
    assert (lost["reason"], str(lost["next"]).partition(",")[0]) == ("Brevo failed", "nothing is lost")
    (back,) = lines(caplog, "brevo reached again")
    assert back["away_seconds"] is not None


def test_calls_that_fail_together_are_one_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A line that broke once is nothing that people can do about, however many calls were under way."""
    now = [0.0]
    rates: dict[Family, float] = dict.fromkeys(FAMILIES, 8.0)
    access = Access(rates, 60, 6, WriterFigures(), CallMetrics(CollectorRegistry()), lambda: now[0])
    for _ in range(8):
        access.judge("contacts", Answer(None, failure="reset"), 1)
    assert not lines(caplog, "brevo lost")
    for now[0] in (1.0, 3.0):
        access.judge("events", Answer(503), 1)
    assert len(lines(caplog, "brevo lost")) == 1


async def test_resume_before_the_cure_does_not_claim_that_brevo_answers(
    bench: tuple[Sink, ScriptedBrevo], caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again because a person asked; that it answers is said once it does."""
    caplog.set_level(logging.INFO)
    sink, brevo = bench
    parked = asyncio.Event()

    async def refuse(_call: Call) -> web.StreamResponse | None:
        return None if parked.is_set() else error(402, "not_enough_credits", "no")

    brevo.script = refuse
    effect = sink.start(WriterFigures(probe_seconds=3_600, drain_seconds=0))
    sink.send(upsert())
    await sink.engine.until(lambda: bool(effect.reasons))
    effect.resume()
    await sink.engine.until(lambda: len(lines(caplog, "brevo parked")) == 2)
    assert not lines(caplog, "brevo answers again")
    parked.set()
    effect.resume()
    await sink.settled()
    assert len(lines(caplog, "brevo tried again")) == 2
