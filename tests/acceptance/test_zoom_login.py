"""A person logs in to Zoom in a real browser, and out again."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from ops.zoom.answers import said
from processors.zoom.api.client import ZoomClient
from processors.zoom.api.login_store import LoginStore
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.setup import ClientSetup
from runtime.environment import TokenStorage
from sandbox.kafka import free_port
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.endpoints import ALL_SCOPES
from sandbox.zoom.state import ZoomState
from tests.support.acts import acts
from tests.support.browser import chromium
from tests.support.processes import Process, eventually, rollcall_command, running
from tests.support.zoom_sandbox import SandboxZoom, account_of, sandbox_zoom

STATE = ZoomState.model_validate({"users": [{"id": "u1", "email": "ines@example.com", "status": "active"}]})


@pytest.fixture
async def zoom() -> AsyncIterator[SandboxZoom]:
    """A Zoom that asks people for their consent."""
    async with sandbox_zoom(STATE) as made:
        yield made


@pytest.fixture
def env(zoom: SandboxZoom, kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> dict[str, str]:
    """An installation whose account uses a person's login."""
    config = {
        "account_id": STATE.account_id,
        "client_id": STATE.client_id,
        "client_secret": STATE.client_secret,
        "oauth": "user",
    }
    (tmp_path / "rollcall.yaml").write_text(json.dumps({"connectors": {"zoom": config}}), encoding="utf-8")
    return {
        "ROLLCALL_CONFIG": str(tmp_path / "rollcall.yaml"),
        "ROLLCALL_DATA_DIR": str(tmp_path / "data"),
        "ZOOM_OAUTH_BASE_URL": zoom.url,
        "BREVO_API_KEY": "unused",
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "KAFKA_TOPIC_PREFIX": topic_prefix,
    }


async def authorize_url(process: Process) -> str:
    """The address that the command asks the person to open."""

    async def printed() -> str | None:
        found = re.search(r"^https?://\S+/oauth/authorize\?\S+$", process.output(), re.MULTILINE)
        return found[0] if found else None

    url = await eventually(printed, what="the authorize URL is printed", tell=process.describe)
    assert url
    return url


async def ended(process: Process) -> int:
    """The exit code, without holding up the sandbox in this process."""

    async def stopped() -> bool:
        return process.exit_code is not None

    await eventually(stopped, what="the command ends", tell=process.describe)
    return process.wait()


def document(log: Path) -> dict[str, Any]:
    """What the command that wrote the log last printed on stdout."""
    (line, *_) = [line for line in reversed(log.read_text(encoding="utf-8").splitlines()) if line.startswith("{")]
    found: dict[str, Any] = json.loads(line)
    return found


async def test_login_in_a_browser_stores_tokens_that_work_and_logout_revokes_them(
    zoom: SandboxZoom, env: dict[str, str], tmp_path: Path
) -> None:
    """Authorize page, consent, loopback page, exchange; then the tokens serve calls, rotate, and end."""
    log, port = tmp_path / "login.log", free_port()
    command = rollcall_command("zoom", "login", "--no-browser", "--port", str(port), "--json")
    async with chromium(tmp_path) as page:
        with running(command, log=log, env=env) as process:
            url = await authorize_url(process)
            query = parse_qs(urlsplit(url).query)
            assert query["code_challenge_method"] == ["S256"]
            assert query["redirect_uri"] == [f"http://127.0.0.1:{port}/oauth/zoom"]
            await page.open(url)
            await page.until("!!document.getElementById('allow') && document.readyState == 'complete'")
            await page.evaluate("document.getElementById('allow').click()")
            await page.until("!!document.querySelector('main#done')")
            assert "Rollcall is connected to Zoom" in await page.evaluate("document.body.innerText")
            (tmp_path / "connected.png").write_bytes(await page.picture())
            assert await ended(process) == 0, process.describe()
    (stored,) = (tmp_path / "data/zoom-logins").glob("*.login")
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE(stored.parent.stat().st_mode) == 0o700
    before = stored.read_text(encoding="utf-8")
    assert json.loads(before)["access_token"] not in log.read_text(encoding="utf-8")
    told = document(log)
    assert (told["account_id"], told["scopes"]) == (STATE.account_id, json.loads(before)["scopes"])
    assert told["logged_in_at"] < told["access_token_ends_at"]

    account = account_of(STATE).model_copy(update={"oauth": "user"})
    logins = LoginStore(TokenStorage(tmp_path / "data/zoom-logins"))
    async with aiohttp.ClientSession() as session:
        metrics = ZoomMetrics(CollectorRegistry())
        client = ZoomClient(account, ClientSetup(session, "business", zoom.url, metrics, logins=logins))
        assert [user["id"] for user in said(await client.users())] == ["u1"]
        zoom.backend.tokens.expire_all()
        assert [user["id"] for user in said(await client.users())] == ["u1"]
    assert json.loads(stored.read_text(encoding="utf-8"))["refresh_token"] != json.loads(before)["refresh_token"]

    access_token = json.loads(stored.read_text(encoding="utf-8"))["access_token"]
    with running(rollcall_command("zoom", "logout", "--json"), log=log, env=env) as process:
        assert await ended(process) == 0, process.describe()
    assert document(log) == {"account_id": STATE.account_id, "was_logged_in": True, "revoked": True}
    assert not stored.exists()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {access_token}"}) as session:
        assert (await session.get(f"{zoom.url}/v2/users")).status == 401
    noted = await acts(env["KAFKA_BOOTSTRAP_SERVERS"], env["KAFKA_TOPIC_PREFIX"])
    assert [(entry.action, entry.subject) for entry in noted] == [
        ("zoom.login", STATE.account_id),
        ("zoom.logout", STATE.account_id),
    ]


async def test_login_that_the_person_declines_stores_nothing(
    zoom: SandboxZoom, env: dict[str, str], tmp_path: Path
) -> None:
    """The page and the command say so, and the exit code is 1."""
    log, port = tmp_path / "login.log", free_port()
    command = rollcall_command("zoom", "login", "--no-browser", "--port", str(port))
    async with chromium(tmp_path) as page:
        with running(command, log=log, env=env) as process:
            await page.open(await authorize_url(process))
            await page.until("!!document.getElementById('deny') && document.readyState == 'complete'")
            await page.evaluate("document.getElementById('deny').click()")
            await page.until("!!document.querySelector('main#failed')")
            assert await ended(process) == 1, process.describe()
    assert "access_denied" in log.read_text(encoding="utf-8")
    assert not list((tmp_path / "data").rglob("*.login"))
    assert zoom.backend.requests["/oauth/token 200"] == 0


@pytest.mark.parametrize(
    ("state", "options", "said"),
    [
        (
            {"users": [{**STATE.users[0], "account_id": "another-account"}]},
            ZoomOptions(),
            f"belongs to Zoom account another-account, not to {STATE.account_id}",
        ),
        ({}, ZoomOptions(scopes=ALL_SCOPES - {"user:read:user:admin"}), "user:read:user:admin"),
    ],
    ids=["another account", "no scope to tell"],
)
async def test_login_of_somebody_who_is_not_of_the_account_stores_nothing(
    state: dict[str, Any], options: ZoomOptions, said: str, zoom: SandboxZoom, env: dict[str, str], tmp_path: Path
) -> None:
    """The page and the command say why, and the tokens are ended at Zoom."""
    zoom.backend.state = STATE.model_copy(update=state)
    zoom.backend.options = options
    log, port = tmp_path / "login.log", free_port()
    command = rollcall_command("zoom", "login", "--no-browser", "--port", str(port))
    with running(command, log=log, env=env) as process:
        async with aiohttp.ClientSession() as session:
            answer = await session.post(await authorize_url(process), data={"decision": "allow"})
            assert (answer.status, said in await answer.text()) == (400, True)
        assert await ended(process) == 1, process.describe()
    assert f"not connected: {'whoever' if 'users' in state else 'Zoom refuses'}" in process.output()
    assert said in process.output()
    assert not list((tmp_path / "data").rglob("*.login"))
    assert zoom.backend.requests["/oauth/revoke 200"] == 1


async def test_login_page_opened_by_somebody_else_is_turned_away(
    zoom: SandboxZoom, env: dict[str, str], tmp_path: Path
) -> None:
    """A code with another state is not exchanged, and the question goes on waiting."""
    log, port = tmp_path / "login.log", free_port()
    command = rollcall_command("zoom", "login", "--no-browser", "--port", str(port))
    with running(command, log=log, env=env) as process:
        url = await authorize_url(process)
        async with aiohttp.ClientSession() as session:
            forged = f"http://127.0.0.1:{port}/oauth/zoom?code=stolen&state=guessed"
            assert (await session.get(forged)).status == 400
            assert process.exit_code is None
            answer = await session.post(url, data={"decision": "allow"})
            assert answer.status == 200
            assert "Rollcall is connected" in await answer.text()
            assert await ended(process) == 0, process.describe()
    assert zoom.backend.requests["/oauth/token 200"] == 1
