"""`rollcall zoom login` and `logout`: a person lets Rollcall into a Zoom account, or takes that back."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import aiohttp
import orjson
import typer

from ops.audit import audit_entry, note_done
from ops.failure import found_wrong
from ops.options import Json, Reason
from ops.zoom.accounts import AccountId, choose, client_of, load, setup_of
from ops.zoom.answers import ZoomRefusedError, said
from ops.zoom.callback import CALLBACK_PATH, Callback
from processors.zoom.api import requests
from processors.zoom.api.authorization import CallbackRefusedError, LoginAttempt
from processors.zoom.api.login_store import Login, LoginStore
from processors.zoom.api.oauth import OneToken
from processors.zoom.api.token_service import TokenService
from runtime.environment import ZoomEnvironment
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.models import Configuration, ZoomAccount
from schemas.errors import ConfigurationError, RetryLaterError, RollcallError
from schemas.instants import format_instant
from schemas.lookups import ZoomRow

VERIFIER_BYTES = 48
"""64 characters: RFC 7636, 4.1 wants 43 to 128."""
HOST, PORT = "127.0.0.1", 8083


def login(
    account: AccountId = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where the browser comes back to.")] = PORT,
    host: Annotated[
        str, typer.Option(help="Address that is listened on: 0.0.0.0 in a container whose port is published.")
    ] = HOST,
    redirect_uri: Annotated[
        str | None,
        typer.Option(help="Redirect URL of the Zoom app.", show_default=f"http://{HOST}:{PORT}{CALLBACK_PATH}"),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the consent.")] = 300.0,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Let Rollcall into a Zoom account with `oauth: user`, in a browser on this machine.

    The login is kept in ZOOM_TOKEN_DIR (ROLLCALL_DATA_DIR/zoom-logins), readable by this user alone, encrypted when
    ZOOM_TOKEN_KEY is set. The redirect URL must be allowed in the Zoom app. Whoever lets it in must be a user of the
    configured account; the app needs the scope user:read:user to tell. Noted in the audit topic. Exit code 1: no
    consent, somebody else's, or it could not be noted.
    """
    configuration = load()
    chosen = choose(configuration, account)
    if chosen.oauth != "user":
        raise ConfigurationError(
            f"account {chosen.account_id} uses server-to-server OAuth, which needs no login; "
            "set connectors.zoom.oauth to user for a General app"
        )
    attempt = _attempt(redirect_uri or f"http://{HOST}:{port}{CALLBACK_PATH}")
    connection = KafkaConnection.from_environment(os.environ)
    try:
        made = asyncio.run(_log_in(chosen, configuration, attempt, (host, port), timeout, browser=browser))
    except (CallbackRefusedError, ZoomRefusedError, RetryLaterError) as error:
        raise found_wrong(f"not connected: {error}", as_json=as_json) from None
    _tell_connected(made, as_json=as_json)
    _note(connection, configuration, "zoom.login", chosen, reason)


def logout(account: AccountId = None, reason: Reason = "", as_json: Json = False) -> None:
    """Take the consent back: revoke the tokens at Zoom and delete them here.

    Noted in the audit topic. Exit code 1: Zoom did not answer, or it could not be noted.
    """
    configuration = load()
    chosen = choose(configuration, account)
    connection = KafkaConnection.from_environment(os.environ)
    try:
        was_known = asyncio.run(_log_out(chosen, configuration))
    except RetryLaterError as error:
        text = f"still connected: {error}; try again, or remove the app in Zoom's Marketplace"
        raise found_wrong(text, as_json=as_json) from None
    was_logged_in = was_known is not None
    if as_json:
        _print_json(account_id=chosen.account_id, was_logged_in=was_logged_in, revoked=bool(was_known))
    elif was_logged_in:
        end = "revoked and deleted" if was_known else "deleted; Zoom did not know the tokens any more"
        typer.echo(f"Login to Zoom account {chosen.account_id}: {end}.")
    else:
        typer.echo(f"Nobody was logged in to Zoom account {chosen.account_id}.")
    if was_logged_in:
        _note(connection, configuration, "zoom.logout", chosen, reason)


def _tell_connected(made: Login, *, as_json: bool) -> None:
    if not as_json:
        typer.echo(f"Zoom account {made.account_id} is connected.")
        return
    _print_json(
        account_id=made.account_id,
        scopes=made.scopes,
        access_token_ends_at=format_instant(round(made.ends_at)),
        logged_in_at=format_instant(round(made.logged_in_at)),
    )


def _print_json(**facts: object) -> None:
    typer.echo(orjson.dumps(facts).decode())


def _attempt(redirect_uri: str) -> LoginAttempt:
    """A question with secrets of its own."""
    return LoginAttempt(redirect_uri, secrets.token_urlsafe(VERIFIER_BYTES), secrets.token_urlsafe(VERIFIER_BYTES))


def _note(
    connection: KafkaConnection, configuration: Configuration, action: str, account: ZoomAccount, reason: str
) -> None:
    entry = audit_entry(action, account.account_id, {}, reason)
    if not asyncio.run(note_done(connection, configuration.kafka, entry)):
        raise typer.Exit(FOUND_WRONG)


async def _log_in(
    account: ZoomAccount,
    configuration: Configuration,
    attempt: LoginAttempt,
    address: tuple[str, int],
    seconds: float,
    *,
    browser: bool,
) -> Login:
    """The login, which is stored."""
    environment = ZoomEnvironment.read(os.environ)
    logins = LoginStore(environment.tokens)
    made: list[Login] = []
    async with _service(account, configuration, environment) as service:

        async def exchange(code: str) -> None:
            token, fields = said(await service.grant(attempt.form(code)))
            refresh_token = fields.get("refresh_token")
            if not isinstance(refresh_token, str):
                raise CallbackRefusedError("Zoom sent no refresh token; is the app a General app?")
            try:
                async with client_of(account, configuration, environment, OneToken(token)) as client:
                    check_account(said(await client.one(requests.user())), account.account_id)
            except RollcallError:
                await service.revoke(token.secret)
                raise
            login = Login.of(account.account_id, token, refresh_token, time.time())
            with logins.locked(account.account_id):
                logins.write(login)
            made.append(login)

        callback = Callback(attempt, exchange)
        async with callback.listening(*address):
            url = attempt.authorize_url(environment.oauth_base_url, service.client_id)
            typer.echo(f"Open this page and let Rollcall in:\n{url}", err=True)
            if browser:
                await asyncio.to_thread(webbrowser.open, url)
            await callback.wait(seconds)
    return made[-1]


def check_account(person: ZoomRow, account_id: str) -> None:
    """Whether whoever let us in is a user of the account: another one's data must not be taken for it.

    Args:
        person: as Zoom describes them.
        account_id: of the configuration.

    Raises:
        CallbackRefusedError: they are not, or Zoom does not say.
    """
    theirs = str(person.get("account_id") or "")
    if not theirs:
        raise CallbackRefusedError("Zoom does not tell which account the person belongs to")
    if theirs != account_id:
        raise CallbackRefusedError(
            f"whoever let Rollcall in belongs to Zoom account {theirs}, not to {account_id}: log in to Zoom as a user "
            "of that account, or correct connectors.zoom.account_id"
        )


async def _log_out(account: ZoomAccount, configuration: Configuration) -> bool | None:
    environment = ZoomEnvironment.read(os.environ)
    logins = LoginStore(environment.tokens)
    async with _service(account, configuration, environment) as service:
        with logins.locked(account.account_id):
            stored = logins.read(account.account_id)
            if stored is None:
                return None
            was_known = said(await service.revoke(stored.access_token.get_secret_value()))
            was_known |= said(await service.revoke(stored.refresh_token.get_secret_value()))
            logins.delete(account.account_id)
            return was_known


@asynccontextmanager
async def _service(
    account: ZoomAccount, configuration: Configuration, environment: ZoomEnvironment
) -> AsyncIterator[TokenService]:
    async with aiohttp.ClientSession() as session:
        yield TokenService(account, setup_of(session, configuration, environment))
