"""Somebody takes the app out of their Zoom account: from the signed webhook to a worker that leaves it alone."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from sandbox.kafka import free_port
from sandbox.zoom.state import ZoomState
from tests.support.acts import acts
from tests.support.ingress import as_zoom_writes, example, signed_headers
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.processes import eventually, rollcall_command, running

ACCOUNT = ZoomState().account_id


def configure(home: Installation) -> None:
    """The account uses a person's login."""
    file = home.directory / "rollcall.yaml"
    text = file.read_text(encoding="utf-8").replace("    enabled: true\n", "    enabled: true\n    oauth: user\n")
    file.write_text(text, encoding="utf-8")


async def log_in(home: Installation, worker: str) -> Path:
    """A person lets the app in; the file that keeps the login for the worker of this name."""
    command = rollcall_command("zoom", "login", "--no-browser", "--port", str(free_port()))
    with running(command, log=home.directory / "login.log", env=home.wiring.worker(worker)) as process:

        async def asked() -> str | None:
            found = re.search(r"^http\S+/oauth/authorize\?\S+$", process.output(), re.MULTILINE)
            return found[0] if found else None

        url = await eventually(asked, what="the authorize URL is printed", tell=process.describe)
        assert url is not None
        async with aiohttp.ClientSession() as session:
            assert (await session.post(url, data={"decision": "allow"})).status == 200
        assert await asyncio.to_thread(process.wait) == 0, process.describe()
    (stored,) = (home.directory / worker).rglob("*.login")
    return stored


async def calls_of_zoom(home: Installation) -> dict[str, int]:
    """The answered requests of Zoom's API, by endpoint and status."""
    async with aiohttp.ClientSession() as session, session.get(f"{home.wiring.zoom_url}/_sandbox/requests") as answer:
        counted: dict[str, int] = await answer.json()
    return counted


async def send_deauthorized(home: Installation, secret: str) -> int:
    """The notification as Zoom signs it; the ingress's answer."""
    event = example("app_deauthorized__plain")
    event["payload"] |= {
        "account_id": ACCOUNT,
        "client_id": ZoomState().client_id,
        "deauthorization_time": datetime.fromtimestamp(time.time() + 1, UTC).strftime("%Y-%m-%dT%H:%M:%S.632Z"),
    }
    body = as_zoom_writes(event)
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{home.port}/webhooks/zoom"
        headers = signed_headers(body, secret=secret.encode(), request_id="deauthorized-1")
        async with session.post(url, data=body, headers=headers) as answer:
            return answer.status


async def test_account_that_removes_the_app_is_left_alone_and_its_tokens_are_gone(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Nothing on a forged notice; on a signed one no more calls, no login, an audit entry; what comes later waits."""
    before, after = webinar(12, seed=7), webinar(12, seed=8)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        configure(home)
        await home.enlist(before, after)
        login = await log_in(home, "worker")
        ingress, worker = home.start_ingress(), home.start_worker("worker")
        await asyncio.gather(ingress.until_ready(), worker.until_ready())
        await home.send(before)
        assert await home.until_true(await truth_about(before)) == []

        assert await send_deauthorized(home, "somebody else's secret") == 401
        assert await send_deauthorized(home, home.wiring.webhook_secret) == 200

        async def left() -> bool:
            return not login.exists()

        await eventually(left, what="the login is deleted", tell=home.last_words)
        noted = await acts(kafka_bootstrap, topic_prefix)
        (audited,) = [entry for entry in noted if entry.action != "zoom.login"]
        assert (audited.action, audited.subject) == ("zoom.deauthorized", ACCOUNT)
        assert audited.operator == "zoom:kR3vQpZlTN6wYb1mUxE0dA"

        calls, contacts = await calls_of_zoom(home), home.held()["contacts"]
        await home.send(after)

        async def waiting() -> float:
            return await worker.figure("rollcall_zoom_lookups_total", outcome="delayed")

        await eventually(waiting, what="look-ups wait for the next login", tell=home.last_words)
        await home.until_idle(worker)
        assert await calls_of_zoom(home) == calls
        assert await worker.figure("rollcall_zoom_lookups_pending") > 0
        assert home.held()["contacts"] == contacts
        assert "rollcall zoom login" in (home.directory / "worker.log").read_text(encoding="utf-8")
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
