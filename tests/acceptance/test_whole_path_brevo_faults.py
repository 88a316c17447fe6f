"""A Brevo that refuses, fails, hangs and breaks connections while a webinar's results arrive."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandbox.brevo.faults import BrevoFault
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.processes import eventually
from tests.support.service import Service

CONTACTS, EVENTS = "/v3/contacts", "/v3/events"
FAULTS = (
    BrevoFault(kind="429", path_prefix=CONTACTS, count=2),
    BrevoFault(kind="429", path_prefix=EVENTS, count=2),
    BrevoFault(kind="425", path_prefix=CONTACTS, count=2),
    BrevoFault(kind="500", path_prefix=CONTACTS, probability=0.05, seed=1),
    BrevoFault(kind="500", path_prefix=CONTACTS, probability=0.05, seed=2, applied=True),
    BrevoFault(kind="reset_before", path_prefix=CONTACTS, probability=0.03, seed=3),
    BrevoFault(kind="reset_after", path_prefix=CONTACTS, probability=0.03, seed=4),
    BrevoFault(kind="timeout", path_prefix=CONTACTS, count=2, delay_seconds=1, applied=True),
    BrevoFault(kind="500", path_prefix=EVENTS, probability=0.03, seed=5),
    BrevoFault(kind="500", path_prefix=EVENTS, probability=0.03, seed=6, applied=True),
    BrevoFault(kind="html", path_prefix=EVENTS, count=2, applied=True),
    BrevoFault(kind="reset_before", path_prefix=EVENTS, count=2),
    BrevoFault(kind="reset_after", path_prefix=EVENTS, count=2),
    BrevoFault(kind="timeout", path_prefix=EVENTS, count=2, delay_seconds=1, applied=True),
)
UNRECOGNISED = BrevoFault(kind="401_ip")


async def until_parked(worker: Service) -> None:
    """Wait until readiness tells that Brevo does not accept the address."""

    async def told() -> bool:
        return "authorised_ips" in await worker.reasons()

    await eventually(told, timeout_seconds=60, what="readiness names the address", tell=worker.process.describe)


async def started(home: Installation) -> tuple[Service, Service]:
    """Ingress and worker, ready."""
    ingress, worker = home.start_ingress(), home.start_worker()
    await asyncio.gather(ingress.until_ready(), worker.until_ready())
    return ingress, worker


async def test_brevo_faults_during_a_run_contacts_are_true_and_no_event_is_there_twice(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """What may have been sent is in doubt and listed, everything else arrives; an IP block ends with a restart."""
    world = webinar(80, seed=31)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        await home.enlist(world)
        _ingress, worker = await started(home)
        faults = home.brevo.state.faults
        faults.add(UNRECOGNISED)
        await home.send(world)
        await until_parked(worker)
        assert home.held()["contacts"] == []
        faults.clear()
        for fault in FAULTS:
            faults.add(fault)
        assert await worker.stop() == 0, worker.process.describe()
        worker = home.start_worker()

        doubtful = await home.until_true(await truth_about(world))
        assert [fault for fault in faults.shown() if not fault["hits"]] == [], "a fault that never struck"
        missing = [result for result in doubtful if result.http_status is None]
        assert missing, "no event was lost on the way"
        await home.check_nothing_lost(world)
        await home.until_doubts_are_counted(worker)
        assert await worker.stop() == 0, worker.process.describe()


@pytest.mark.torture
async def test_brevo_refuses_the_address_for_a_while_one_probe_a_minute_finds_the_way_back(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Without anybody's help, and with everything that waited; nothing was called but probes."""
    world = webinar(40, seed=32)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        await home.enlist(world)
        _ingress, worker = await started(home)
        home.brevo.state.faults.add(UNRECOGNISED)
        await home.send(world)
        await until_parked(worker)
        await home.until_idle(worker)
        refused = home.brevo.state.calls.paths.total()
        home.brevo.state.faults.clear()
        assert refused < len(world.people), "calls went on although they were refused"
        assert await home.until_true(await truth_about(world), timeout_seconds=120) == []
        assert await worker.stop() == 0, worker.process.describe()
