"""Zoom's worst days with real processes: a wrong secret, a stranger in its place, and commands beside the worker."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.endpoints import ALL_SCOPES
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.processes import eventually, rollcall_command, running
from tests.support.service import Service

PAGE = "<html><body>Please log in</body></html>"
STRANGERS: tuple[Callable[[], web.Response], ...] = (
    lambda: web.Response(status=404, text=PAGE, content_type="text/html"),
    lambda: web.Response(status=200, text=PAGE, content_type="text/html"),
    lambda: web.Response(status=302, headers={"Location": "https://login.example.com/"}),
    lambda: web.json_response({"code": 404, "message": "Not Found"}, status=404),
    lambda: web.json_response({"error": "no route"}, status=403),
    lambda: web.json_response({"status": "ok"}),
    lambda: web.Response(status=401),
)


@asynccontextmanager
async def strangers() -> AsyncIterator[str]:
    """A proxy that answers in Zoom's place, each time in another way; its address."""
    turns = itertools.cycle(STRANGERS)

    async def answer(_: web.Request) -> web.Response:
        return next(turns)()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def until_says(worker: Service, words: str) -> None:
    """Wait until readiness says it."""

    async def told() -> bool:
        return words in await worker.reasons()

    await eventually(told, what=f"readiness says {words!r}", tell=worker.process.describe)


async def until_delayed(worker: Service, times: int) -> None:
    """Wait until so many answers were not believed, or not had."""

    async def delayed() -> bool:
        return await worker.figure("rollcall_zoom_lookups_total", outcome="delayed") >= times

    await eventually(delayed, what=f"{times} look-ups wait", tell=worker.process.describe)


def lines_of(service: Service, words: str) -> list[str]:
    """Of its log."""
    return [line for line in service.process.output().splitlines() if words in line]


def nobody_is_told_of(home: Installation) -> bool:
    """Whether no colleague became a contact and nobody was told to have stayed away."""
    contacts, events = home.held()["contacts"], json.dumps(home.held().get("events", []))
    return not any("staff.example.com" in json.dumps(contact) for contact in contacts) and "no_show" not in events


async def test_wrong_secret_is_told_at_the_start_and_nothing_is_decided_without_zoom(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """In readiness and one line of the log, before and while questions wait; after the correction all is true."""
    world = webinar(12, seed=8)
    truth = await truth_about(world)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        await home.enlist(world)
        worker = home.start_worker(environment={"ZOOM_CLIENT_SECRET": "mistyped-client-secret"})
        await worker.until_ready()
        await until_says(worker, "check account_id, client_id and client_secret")
        ingress = home.start_ingress()
        await ingress.until_ready()
        await home.send(world)
        await until_delayed(worker, 1)
        assert nobody_is_told_of(home)
        assert await worker.figure("rollcall_zoom_troubles") == 1
        assert await worker.figure("rollcall_zoom_tokens_total", outcome="refused") == 1
        assert await worker.stop() == 0
        assert len(lines_of(worker, "check account_id, client_id and client_secret")) == 1
        worker = home.start_worker()
        await worker.until_ready()
        assert await home.until_true(truth) == []
        assert "zoom" not in await worker.reasons()


async def test_stranger_in_zooms_place_is_believed_in_nothing(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """No session becomes final on the strength of a proxy's 404, whatever form it has; later all is true."""
    worlds = [webinar(4, seed) for seed in range(9, 9 + len(STRANGERS))]  # a question at once for each kind of answer
    truth = await truth_about(*worlds)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home, strangers() as address:
        await home.enlist(*worlds)
        worker = home.start_worker(environment={"ZOOM_API_BASE_URL": f"{address}/v2"})
        ingress = home.start_ingress()
        await worker.until_ready()
        await ingress.until_ready()
        for world in worlds:
            await home.send(world)
        await until_delayed(worker, len(STRANGERS))
        assert "and not from Zoom" in await worker.reasons()
        assert nobody_is_told_of(home)
        told = await worker.figure("rollcall_zoom_lookups_total", outcome="missing")
        assert told + await worker.figure("rollcall_zoom_lookups_total", outcome="unavailable") == 0
        assert await worker.stop() == 0
        assert len(lines_of(worker, "and not from Zoom")) == 1, worker.process.describe()
        worker = home.start_worker()
        await worker.until_ready()
        assert await home.until_true(truth) == []


async def test_scopes_that_are_missing_and_calls_of_commands_are_told_by_the_worker(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """The scope's name is in readiness; what `rollcall check` asks counts for the worker's limits, too."""
    lacking = frozenset(scope for scope in ALL_SCOPES if not scope.startswith("report:"))
    zoom = ZoomOptions(plan="free", scopes=lacking)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path, zoom=zoom) as home:
        file = home.directory / "rollcall.yaml"
        text = file.read_text(encoding="utf-8").replace("report_checks: []", "report_checks: [1s]")
        file.write_text(f"{text}zoom_api: {{plan: free}}\n", encoding="utf-8")
        worker, world = home.start_worker(), webinar(12, seed=7)
        await home.enlist(world)
        await worker.until_ready()
        await until_says(worker, "report:read:list_webinar_participants:admin (sessions.report_checks (webinars))")
        ingress = home.start_ingress()
        await ingress.until_ready()
        environment = home.wiring.worker("worker")
        with running(rollcall_command("check"), log=home.directory / "check.log", env=environment) as check:
            assert await asyncio.to_thread(check.wait) == 1, check.describe()
        counted = await worker.figure("rollcall_zoom_daily_calls", pool="medium")
        await home.send(world)

        async def counts() -> bool:
            return await worker.figure("rollcall_zoom_daily_calls", pool="medium") > 0

        await eventually(counts, what="the worker asks", tell=worker.process.describe)
        assert counted == 0  # it has not looked since
        own = await worker.figure("rollcall_zoom_requests_total")
        pools = [await worker.figure("rollcall_zoom_daily_calls", pool=pool) for pool in ("light", "medium", "heavy")]
        assert sum(pools) > own
