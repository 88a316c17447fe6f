"""Who goes first, and what becomes of work whose partition goes away."""

from __future__ import annotations

import asyncio
import zlib

from aiohttp import web

from processors.brevo.agent import SyncContact
from schemas.codec import contact_id
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.scripted_brevo import Call, ScriptedBrevo
from tests.support.sink import QUICK, Sink, sink_beside_brevo


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


async def _revoked_in_a_call(sink: Sink, brevo: ScriptedBrevo) -> tuple[SyncContact, asyncio.Event]:
    """The effect whose partition went while a call was under way, and what lets Brevo answer that."""
    called, answer = asyncio.Event(), asyncio.Event()

    async def hold(_: Call) -> None:
        called.set()
        await answer.wait()

    brevo.script = hold
    effect = sink.start()
    sink.send(upsert(), event())
    await called.wait()
    effect.revoke(0)
    return effect, answer


async def test_revoked_partition_gets_no_new_call_and_the_one_under_way_posts(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The next owner goes on; what was called is told."""
    sink, brevo = bench
    _, answer = await _revoked_in_a_call(sink, brevo)
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
    """Some places are for live work alone."""
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
    return [person for person in people if zlib.crc32(contact_id(person).encode()) % partitions == partition]


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
        assert [event["identifiers"]["email_id"] for event in brevo.events] == [kept]


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
        await sink.engine.until(lambda: not effect.busy())
        assert len([call for call in brevo.event_calls if call.body["identifiers"]["email_id"] == gone]) == 1


async def test_partition_that_comes_back_while_its_call_is_under_way_goes_on(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The call's outcome is taken in, the contact is written for sure, and nothing breaks."""
    sink, brevo = bench
    effect, answer = await _revoked_in_a_call(sink, brevo)
    effect.load(0, sink.engine.stores(0))
    answer.set()
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {16}
    assert len(brevo.events) == 1
