"""An installation that grows: another number of partitions under another prefix, with all that it knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ops.demo.wiring import DemoPace
from tests.support.acts import acts
from tests.support.commands import rollcall
from tests.support.installation import Installation, installation, truth_about, webinar

PARTITIONS = 10


def _wider(home: Installation, directory: Path) -> str:
    """The installation under another prefix; its old one."""
    old, kafka = home.wiring.kafka["KAFKA_TOPIC_PREFIX"], dict(home.wiring.kafka)
    directory.mkdir()
    home.wiring = replace(
        home.wiring, directory=directory, kafka={**kafka, "KAFKA_TOPIC_PREFIX": f"{old}wide-"}
    )  # fmt: skip
    home.write_configuration(DemoPace(), PARTITIONS)
    return old


async def test_installation_grows_with_its_tables_and_ledger_and_no_event_comes_twice(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """What came before and after counts for one score; what was registered before is attended after."""
    async with installation(kafka_bootstrap, topic_prefix, tmp_path, partitions=6) as home:
        first, second = webinar(30, seed=5), webinar(30, seed=6)
        await home.enlist(first, second)
        ingress, worker = home.start_ingress(), home.start_worker()
        await ingress.until_ready()
        await home.send(first)
        await home.until_true(await truth_about(first))
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
        await home.until_nobody()
        old = _wider(home, tmp_path / "wide")
        ingress = home.start_ingress()
        await ingress.until_ready()
        half = len(second.deliveries) // 2
        await home.send(replace(second, deliveries=second.deliveries[:half]))

        variables = home.wiring.worker()
        code, grown, problem = await rollcall(
            variables, "rebuild", "grow", old, "--yes", "--json", "--reason", "more workers"
        )
        assert code == 0, problem
        assert (grown["from"], grown["to"]) == (6, PARTITIONS)
        home.start_worker()
        await home.send(replace(second, deliveries=second.deliveries[half:]))
        # The truth knows of no event that is there twice.
        await home.until_true(await truth_about(first, second))
        (entry,) = await acts(kafka_bootstrap, f"{topic_prefix}wide-")
        assert (entry.action, entry.reason) == ("rebuild.grow", "more workers")
        code, _, problem = await rollcall(variables, "rebuild", "grow", old, "--yes")
        assert (code, "run, or may not be seen" in problem) == (2, True), problem
