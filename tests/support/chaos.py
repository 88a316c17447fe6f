"""Plays simulated webinars through the rules in memory and compares what Brevo would hold with the truth.

`python -m tests.support.chaos --seeds 20 --attendees 200` plays every kind of chaos, live and final.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from random import Random
from typing import Any, get_args

import orjson

from sandbox.simulator.simulation import simulate_webinar
from sandbox.simulator.world import REPORT_CHAOS, Chaos, World
from sandbox.truth import Rules, truth_of
from sandbox.truth.comparison import Mismatch, compare
from schemas.brevo import UpsertContact
from tests.support.tracking import Pipeline, configuration

STARTS_AT = 1_786_543_200
CHECKS = ["5m", "15m", "60m", "4h"]
KINDS: tuple[Chaos, ...] = get_args(Chaos)


def differences(world: World, *, reports: bool, shuffle: int | None = None, restart_every: int = 0) -> list[Mismatch]:
    """What differs from the truth once everything that is due is done.

    Args:
        world: to play.
        reports: Zoom's report is read.
        shuffle: seed of an order other than Zoom's, with repeats; ``None``: Zoom's.
        restart_every: deliveries after which the worker begins anew; 0: never.
    """
    bodies = [delivery.body for delivery in world.deliveries]
    truth = truth_of(bodies, world.zoom, Rules(use_report=reports))
    random = None if shuffle is None else Random(shuffle)
    if random is not None:
        bodies = [*bodies, *random.sample(bodies, len(bodies) // 5)]
        random.shuffle(bodies)
    pipeline = Pipeline(configuration(sessions={"report_checks": CHECKS if reports else []}), world.zoom, random)
    # Soon after the last event: a report that is read a day later is taken as it is.
    pipeline.now_ms = max(orjson.loads(body)["event_ts"] for body in bodies) + 1_000
    step = restart_every or len(bodies)
    for start in range(0, len(bodies), step):
        pipeline.feed(bodies[start : start + step])
        pipeline.restart()
    pipeline.settle()
    found = compare(truth, held_by_brevo(pipeline))
    if random is None:
        return found
    # An event is sent when its fact comes: that a registration was of after the end may be known only afterwards.
    early = ("event zoom_webinar_registered", "once more than wanted")
    return [mismatch for mismatch in found if (mismatch.field, mismatch.actual) != early]


def held_by_brevo(pipeline: Pipeline) -> dict[str, Any]:
    """What the commands of a pipeline leave at Brevo, as the sandbox's Brevo shows it."""
    contacts: dict[str, dict[str, Any]] = {}
    for command in pipeline.commands:
        if isinstance(command, UpsertContact):
            held = contacts.setdefault(
                command.email, {"id": len(contacts) + 1, "email": command.email, "attributes": {}, "listIds": []}
            )
            for name, value in command.attributes.items():
                if value.overwrite != "if_empty" or name not in held["attributes"]:
                    held["attributes"][name] = value.value
            held["listIds"] = list(command.lists)
    events = {
        (event.email, event.once_keys[0]): {
            "contact_id": 0,
            "identifiers": {"email_id": event.email},
            "event_name": event.name,
            "event_date": event.event_date.isoformat(),
            "event_properties": event.properties,
        }
        for event in reversed(pipeline.events)
    }
    return {"contacts": list(contacts.values()), "events": list(events.values())}


def main(arguments: Sequence[str]) -> int:
    """Plays; the exit code: 0 all equal, 1 something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--attendees", type=int, default=50)
    parser.add_argument("--kinds", nargs="*", default=[*KINDS, "all"])
    parser.add_argument("--shuffled", action="store_true", help="in another order, with repeats and restarts")
    chosen = parser.parse_args(arguments)
    wrong = 0
    for kind in chosen.kinds:
        kinds = frozenset(KINDS if kind == "all" else [kind])
        for reports in (False, True):
            if not reports and kinds & REPORT_CHAOS:
                continue
            begun, found = time.monotonic(), []
            for seed in range(chosen.seeds):
                world = simulate_webinar(chosen.attendees, seed, kinds, starts_at=STARTS_AT)
                disturbed = {"shuffle": seed, "restart_every": 37} if chosen.shuffled else {}
                found += [(seed, difference) for difference in differences(world, reports=reports, **disturbed)]
            wrong += len(found)
            what = "final" if reports else "live"
            seconds = time.monotonic() - begun
            sys.stdout.write(f"{kind} {what}: {chosen.seeds} seeds, {len(found)} different ({seconds:.0f} s)\n")
            sys.stdout.flush()
            for seed, difference in found[:6]:
                is_so, should_be = repr(difference.actual), repr(difference.wanted)
                line = f"  seed {seed}: {difference.email}: {difference.field} is {is_so}, should be {should_be}"
                sys.stdout.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
