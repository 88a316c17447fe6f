"""The sandbox's user-level OAuth refuses what Zoom refuses."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from processors.zoom.api.authorization import challenge_of
from sandbox.zoom.authorization import CODE_SECONDS
from sandbox.zoom.state import ZoomState
from tests.support.zoom_sandbox import SandboxZoom, sandbox_zoom

STATE = ZoomState()
REDIRECT, VERIFIER = "http://127.0.0.1:8083/oauth/zoom", "v" * 64
ASKED = {
    "response_type": "code",
    "client_id": STATE.client_id,
    "redirect_uri": REDIRECT,
    "state": "s",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
EXCHANGE = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER}


@pytest.fixture
async def zoom() -> AsyncIterator[SandboxZoom]:
    """A Zoom."""
    async with sandbox_zoom(STATE) as made:
        yield made


class Browser:
    """A person who consents, and an app that exchanges."""

    def __init__(self, zoom: SandboxZoom, session: aiohttp.ClientSession) -> None:
        self.zoom = zoom
        self.session = session

    async def consent(self, decision: str = "allow") -> dict[str, list[str]]:
        """What comes back to the redirect URL."""
        url = f"{self.zoom.url}/oauth/authorize"
        async with self.session.post(url, params=ASKED, data={"decision": decision}, allow_redirects=False) as answer:
            assert answer.status == 302
            return parse_qs(urlsplit(answer.headers["Location"]).query)

    async def token(self, **form: str) -> tuple[int, dict[str, Any]]:
        """`POST /oauth/token`."""
        pair = f"{STATE.client_id}:{STATE.client_secret}"
        headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        async with self.session.post(f"{self.zoom.url}/oauth/token", data=form, headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def browser(zoom: SandboxZoom) -> AsyncIterator[Browser]:
    """Of a person."""
    async with aiohttp.ClientSession() as session:
        yield Browser(zoom, session)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "another"}, 4702),
        ({"redirect_uri": "https://evil.example.com/"}, 4709),
        ({"response_type": "token"}, 4706),
        ({"code_challenge_method": "S512"}, 4706),
    ],
)
async def test_authorize_request_that_is_wrong_shows_no_consent_page(
    browser: Browser, changes: dict[str, str], code: int
) -> None:
    """HTTP 400 with Zoom's code, and nobody is sent anywhere."""
    async with browser.session.get(f"{browser.zoom.url}/oauth/authorize", params=ASKED | changes) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, code)


async def test_consent_that_is_declined_comes_back_with_the_state_and_no_code(browser: Browser) -> None:
    """`error=access_denied`."""
    assert await browser.consent("deny") == {"error": ["access_denied"], "state": ["s"]}


async def test_code_works_once_and_with_its_verifier_alone(browser: Browser) -> None:
    """A wrong verifier or redirect URL uses the code up, too."""
    (code,) = (await browser.consent())["code"]
    assert (await browser.token(**EXCHANGE, code=code))[0] == 200
    assert await browser.token(**EXCHANGE, code=code) == (400, {"reason": "Invalid Token!", "error": "invalid_grant"})
    for wrong in ({"code_verifier": "w" * 64}, {"redirect_uri": REDIRECT + "/"}):
        (code,) = (await browser.consent())["code"]
        assert (await browser.token(**{**EXCHANGE, **wrong}, code=code))[0] == 400
        assert (await browser.token(**EXCHANGE, code=code))[0] == 400


async def test_code_that_is_older_than_five_minutes_is_refused(browser: Browser) -> None:
    """Zoom's code 4733."""
    (code,) = (await browser.consent())["code"]
    clock = browser.zoom.backend.clock
    browser.zoom.backend.clock = lambda: clock() + CODE_SECONDS
    assert (await browser.token(**EXCHANGE, code=code))[0] == 400


async def test_refresh_token_changes_with_each_use_and_the_old_one_is_dead(browser: Browser) -> None:
    """As Zoom's do."""
    (code,) = (await browser.consent())["code"]
    _, first = await browser.token(**EXCHANGE, code=code)
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    status, second = await browser.token(**refresh)
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert (await browser.token(**refresh))[1]["error"] == "invalid_grant"
