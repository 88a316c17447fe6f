"""User-level OAuth against the sandbox's token service: tokens rotate, and are on disk before they are used."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from ops.zoom.answers import said
from processors.zoom.api.client import ZoomClient
from processors.zoom.api.login_store import Login, LoginStore
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.oauth import Token
from processors.zoom.api.setup import ClientSetup
from runtime.environment import TokenStorage
from sandbox.zoom.faults import ZoomFault
from sandbox.zoom.state import ZoomState
from schemas.errors import ConfigurationError, RetryLaterError
from tests.support.zoom_sandbox import SandboxZoom, account_of, sandbox_zoom

STATE = ZoomState.model_validate({"users": [{"id": "u1", "email": "ines@example.com", "status": "active"}]})
ACCOUNT = account_of(STATE).model_copy(update={"oauth": "user"})


@pytest.fixture
async def zoom() -> AsyncIterator[SandboxZoom]:
    """A Zoom."""
    async with sandbox_zoom(STATE) as made:
        yield made


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session as the composition root makes it."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def logins(tmp_path: Path, zoom: SandboxZoom) -> LoginStore:
    """A login whose access token has ended, so that the next call renews it."""
    access_token = zoom.backend.tokens.issue(0.0)
    refresh_token = zoom.backend.authorizations.issue(access_token)
    made = LoginStore(TokenStorage(tmp_path / "logins"))
    made.write(Login.of(STATE.account_id, Token(access_token, 0.0, frozenset(), zoom.url), refresh_token, 1_000.0))
    return made


def stored(logins: LoginStore) -> Login:
    """What is on disk."""
    found = logins.read(STATE.account_id)
    assert found is not None
    return found


def client(zoom: SandboxZoom, session: aiohttp.ClientSession, logins: LoginStore) -> ZoomClient:
    """A client of the account, as one process has it."""
    metrics = ZoomMetrics(CollectorRegistry())
    return ZoomClient(ACCOUNT, ClientSetup(session, "business", zoom.url, metrics, logins=logins))


async def test_login_that_ended_is_renewed_once_and_kept(
    zoom: SandboxZoom, session: aiohttp.ClientSession, logins: LoginStore
) -> None:
    """Many calls wait for one renewal; the new refresh token is on disk."""
    before = stored(logins)
    one = client(zoom, session, logins)
    found = await asyncio.gather(*(one.users() for _ in range(5)))
    assert [[row["id"] for row in rows] for rows in map(said, found)] == [["u1"]] * 5
    assert zoom.backend.requests["/oauth/token 200"] == 1
    assert stored(logins).refresh_token != before.refresh_token
    assert stored(logins).ends_at > time.time()
    assert stored(logins).logged_in_at == before.logged_in_at


async def test_two_processes_that_renew_at_once_do_not_lose_the_login(
    zoom: SandboxZoom, session: aiohttp.ClientSession, logins: LoginStore, tmp_path: Path
) -> None:
    """The second finds what the first stored, instead of a refresh token that is dead."""
    stores = [LoginStore(TokenStorage(tmp_path / "logins")) for _ in range(4)]
    rows = await asyncio.gather(*(client(zoom, session, store).users() for store in stores))
    assert [len(said(row)) for row in rows] == [1] * 4
    assert zoom.backend.requests["/oauth/token 200"] == 1


async def test_access_token_that_zoom_refuses_is_renewed(
    zoom: SandboxZoom, session: aiohttp.ClientSession, logins: LoginStore
) -> None:
    """Code 124 although it should be good for an hour."""
    one = client(zoom, session, logins)
    said(await one.users())
    zoom.backend.tokens.expire_all()
    assert len(said(await one.users())) == 1
    assert zoom.backend.requests["/oauth/token 200"] == 2


async def test_refresh_token_that_is_dead_ends_the_login_and_asks_for_a_person(
    zoom: SandboxZoom, session: aiohttp.ClientSession, logins: LoginStore
) -> None:
    """Zoom is asked once; after that nothing is called."""
    zoom.backend.authorizations.revoke(stored(logins).refresh_token.get_secret_value())
    one = client(zoom, session, logins)
    for _ in range(2):
        with pytest.raises(RetryLaterError, match="rollcall zoom login"):
            said(await one.users())
    assert logins.read(STATE.account_id) is None
    assert zoom.backend.requests["/oauth/token 400"] == 1
    assert zoom.backend.requests["/users 200"] == 0


async def test_token_service_that_is_away_keeps_the_login(
    zoom: SandboxZoom, session: aiohttp.ClientSession, logins: LoginStore
) -> None:
    """For later, with the same refresh token."""
    before = stored(logins)
    zoom.backend.faults.add(ZoomFault(endpoint="/oauth/token", status=503))
    one = client(zoom, session, logins)
    with pytest.raises(RetryLaterError):
        said(await one.users())
    assert stored(logins) == before
    assert len(said(await one.users())) == 1


async def test_new_tokens_that_cannot_be_stored_are_not_used_and_not_lost(
    zoom: SandboxZoom,
    session: aiohttp.ClientSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    logins: LoginStore,
) -> None:
    """A disk that is full for a while: no call with them before they are on it, and no second renewal after."""

    def full(_self: LoginStore, _login: Login) -> None:
        raise ConfigurationError("no space left")

    one = client(zoom, session, logins)
    with monkeypatch.context() as patch:
        patch.setattr(LoginStore, "write", full)
        with pytest.raises(RetryLaterError, match="no space left"):
            said(await one.users())
    assert zoom.backend.requests["/users 200"] == 0
    assert len(said(await one.users())) == 1
    assert zoom.backend.requests["/oauth/token 200"] == 1


async def test_login_of_nobody_is_for_later_without_a_call(
    zoom: SandboxZoom, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """A person has to act."""
    with pytest.raises(RetryLaterError, match="nobody is logged in"):
        said(await client(zoom, session, LoginStore(TokenStorage(tmp_path))).users())
    assert not zoom.backend.requests


async def test_login_of_before_a_deauthorization_is_dropped_and_a_later_one_stays(
    zoom: SandboxZoom, session: aiohttp.ClientSession, logins: LoginStore
) -> None:
    """A replay of the old event does not end a new consent."""
    one = client(zoom, session, logins)
    said(await one.users())
    assert one.drop_login(999.0) is False
    assert len(said(await one.users())) == 1
    assert one.drop_login(1_001.0) is True
    calls = zoom.backend.requests.total()
    with pytest.raises(RetryLaterError, match="nobody is logged in"):
        said(await one.users())
    assert zoom.backend.requests.total() == calls
