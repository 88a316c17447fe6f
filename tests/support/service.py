"""An ingress or a worker under test, as its admin port shows it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.support.processes import Process


@dataclass(frozen=True)
class Service:
    """A started ingress or worker."""

    process: Process
    admin_url: str

    async def until_ready(self, timeout_seconds: float = 60) -> None:
        """Wait for its readiness."""
        await self.process.until_http(f"{self.admin_url}/health/ready", timeout_seconds=timeout_seconds)

    async def until_unready(self, timeout_seconds: float = 60) -> None:
        """Wait until its readiness is 503."""
        await self.process.until_http(f"{self.admin_url}/health/ready", status=503, timeout_seconds=timeout_seconds)

    async def is_ready(self) -> bool:
        """Whether it says so now; false while it does not answer."""
        url = f"{self.admin_url}/health/ready"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def reasons(self) -> str:
        """What its readiness says, in one text."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.admin_url}/health/ready") as answer:
            return "; ".join((await answer.json())["reasons"])

    async def figure(self, name: str, **labels: str) -> float:
        """A metric, summed over the labels that are not given; 0 when there is no such sample."""
        samples = (sample for sample in await self._samples(name) if sample.name == name)
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    async def figures(self, *names: str) -> tuple[float, ...]:
        """As `figure`, several of one moment."""
        sums: defaultdict[str, float] = defaultdict(float)
        for sample in await self._samples(*names):
            sums[sample.name] += sample.value
        return tuple(sums[name] for name in names)

    async def _samples(self, *names: str) -> list[Sample]:
        """Of the lines that begin so: a worker has hundreds, and who waits asks for two of them again and again."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.admin_url}/metrics") as answer:
            lines = [line for line in (await answer.text()).splitlines() if line.startswith(names)]
        families = text_string_to_metric_families("\n".join(lines) + "\n")
        return [sample for family in families for sample in family.samples]

    async def stop(self) -> int:
        """SIGTERM, and the exit code; what is inside the test goes on answering meanwhile."""
        return await asyncio.to_thread(self.process.terminate)
