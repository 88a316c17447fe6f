"""The drills: each hurts the installation, waits for its alert, and mends it by the runbook's commands alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson

from ops.demo.story import Scene
from ops.gameday.ground import Ground, NotMendedError
from ops.posting import NewRecord, posting
from runtime.kafka import KafkaConnection
from schemas.topics import RAW_EVENTS

_POISON = 120
"""Records of garbage: more than the breaker lets pass in a row."""


@dataclass(frozen=True, slots=True)
class Drill:
    """One thing that goes wrong."""

    name: str
    section: str
    """Of docs/runbook.md, which has its commands."""
    about: str
    play: Callable[[Ground, Scene], Awaitable[None]]


async def outage(ground: Ground, scene: Scene) -> None:
    """Brevo lets nobody of this machine in while a webinar is held; nothing is lost, and it goes on when told."""
    await ground.fault_at_brevo("401_ip")
    await ground.hold(scene)

    async def parked() -> bool:
        return await ground.metric("rollcall_brevo_parked") >= 1

    await ground.until("the alert `Brevo parked` fires: rollcall_brevo_parked is 1", parked)

    await ground.until_ill("IP address")
    ground.say("the address is authorised at Brevo")
    await ground.fault_at_brevo(None)
    await ground.rollcall("brevo resume --reason 'the address is authorised'")
    await ground.equal(scene)
    await ground.until_well()


async def poison(ground: Ground, scene: Scene) -> None:
    """A release of others writes what nobody can read: the worker stops itself, is told to go on, and loses nothing."""
    await ground.hold(scene)
    await ground.equal(scene)
    await _write_garbage(ground)
    code = await ground.worker.process.wait()
    ground.say(f"the worker has ended with {code}; its supervisor starts it again")
    await ground.start_worker()
    await ground.until_ill("stopped at")
    await ground.rollcall("dlq list")
    listed = orjson.loads(await ground.rollcall("dlq list label=unreadable from=1h --json"))
    await ground.rollcall("dlq show {letter}", letter=listed["letters"][0]["letter_id"][:12])
    await ground.rollcall("worker --resume")

    async def handled() -> bool:
        return await ground.metric("rollcall_worker_partitions") > 0 and not await ground.metric(_LAG)

    await ground.until("the rest is handled: rollcall_worker_lag_records is 0", handled)
    await ground.rollcall("dlq drop label=unreadable --reason 'a release of theirs wrote it' --yes")
    await ground.until_well()
    await ground.equal(scene)


async def replay(ground: Ground, scene: Scene) -> None:
    """The session's events are worked on once more: what is known changes nothing, nobody is told anything twice."""
    await ground.hold(scene)
    await ground.equal(scene)
    before = await ground.held()
    planned = orjson.loads(_last_line(await ground.rollcall("replay plan session=latest --json")))
    apply = "replay apply session=latest --reason 'a rule was mended' --yes --expect {count} --json"
    done = orjson.loads(_last_line(await ground.rollcall(apply, count=str(planned["selected"]))))
    if done["report"]["read"] != planned["selected"] or done["report"]["events_sent"]:
        raise NotMendedError(f"the replay's report says {done['report']}")
    await ground.equal(scene)
    if await ground.held() != before:
        raise NotMendedError("Brevo holds something else than before the replay")


async def rebuild(ground: Ground, scene: Scene) -> None:
    """The tables are computed anew beside the live ones, compared, switched to, and that is taken back."""
    await ground.hold(scene)
    await ground.equal(scene)
    await ground.rollcall("rebuild start anew --reason 'a rule was changed'")
    await ground.rollcall("rebuild diff anew")
    await ground.stop_worker()
    await ground.rollcall("rebuild start anew")
    await ground.rollcall("rebuild switch anew --reason 'nothing differs' --yes")
    await ground.start_worker()
    await ground.until_well()
    await ground.equal(scene)
    await ground.stop_worker()
    await ground.rollcall("rebuild switch --undo --reason 'a drill' --yes")
    await ground.start_worker()
    await ground.rollcall("rebuild drop anew --reason 'a drill' --yes")
    await ground.until_well()
    await ground.equal(scene)


async def erasure(ground: Ground, scene: Scene) -> None:
    """Somebody asks what is known of them, and then to be forgotten: nothing in force says anything of them."""
    await ground.hold(scene)
    await ground.equal(scene)
    who = next(iter(scene.truth.contacts))
    await ground.rollcall("export {who}", who=who)
    await ground.rollcall("forget {who} --dry-run", who=who)
    await ground.rollcall("forget {who} --brevo --reason DSR-17 --yes", who=who)
    await ground.rollcall("explain {who}", code=1, who=who)
    if who in str((await ground.held())["contacts"]):
        raise NotMendedError("Brevo still has the contact")
    await ground.until_well()


_LAG = "rollcall_worker_lag_records"
DRILLS = (
    Drill("outage", "Brevo parked", "Brevo refuses this machine while a webinar is held", outage),
    Drill("poison", "dead letters", "somebody writes what nobody can read, and the worker stops itself", poison),
    Drill("replay", "Replay", "a session's events are worked on once more", replay),
    Drill("rebuild", "Rebuild", "the tables are computed anew, switched to, and that is taken back", rebuild),
    Drill("erasure", "Erasure", "somebody asks to be forgotten", erasure),
)
"""In the order in which they are played: who is forgotten is no part of the truth any more."""


def _last_line(told: str) -> str:
    """Where progress is told before the document."""
    return told.splitlines()[-1]


async def _write_garbage(ground: Ground) -> None:
    garbage: list[NewRecord] = [
        (b"garbage", orjson.dumps({"event": "webinar.ended", "event_ts": 1_786_543_411_000 + number}), [], None)
        for number in range(_POISON)
    ]
    async with posting(KafkaConnection.from_environment(ground.home.variables)) as to_kafka:
        await to_kafka.publish(RAW_EVENTS.name, garbage)
    ground.say(f"{_POISON} records of garbage are in {RAW_EVENTS.name}")
