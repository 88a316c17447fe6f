"""Which Zoom account a command is about, and a client of it for as long as the command runs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import aiohttp
import typer
from prometheus_client import CollectorRegistry

from processors.zoom.api.client import ZoomClient
from processors.zoom.api.login_store import LoginStore
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.oauth import Grant
from processors.zoom.api.setup import ClientSetup
from runtime.configuration import load_for_display
from runtime.environment import ZoomEnvironment, config_path
from runtime.logs import configure_command_logging
from runtime.models import Configuration, ZoomAccount
from runtime.references import has_reference
from schemas.errors import ConfigurationError

AccountId = Annotated[
    str | None, typer.Option("--account", help="Zoom account id; needed where several are configured.")
]


def load() -> Configuration:
    """The configuration with everything that is set; what a command needs and lacks it says itself."""
    configure_command_logging("ERROR")
    return load_for_display(config_path(os.environ), os.environ)


def choose(configuration: Configuration, account_id: str | None) -> ZoomAccount:
    """The account that is named, or the only one.

    Raises:
        ConfigurationError: none fits, or several do.
    """
    accounts: Sequence[ZoomAccount] = configuration.accounts
    fitting = [account for account in accounts if account_id in (None, account.account_id)]
    known = ", ".join(account.account_id for account in accounts) or "none"
    if not fitting:
        raise ConfigurationError(f"--account {account_id or '...'}: not configured or not enabled; there is {known}")
    if len(fitting) > 1:
        raise ConfigurationError(f"several Zoom accounts are configured; choose one with --account: {known}")
    if has_reference(fitting[0].account_id):
        raise ConfigurationError(f"connectors.zoom.account_id: the variable of {fitting[0].account_id} is not set")
    return fitting[0]


@asynccontextmanager
async def client_of(
    account: ZoomAccount, configuration: Configuration, environment: ZoomEnvironment, grant: Grant | None = None
) -> AsyncIterator[ZoomClient]:
    """A client of one account, with the tokens of `grant` if not its own.

    Raises:
        ConfigurationError: it lacks credentials.
    """
    async with aiohttp.ClientSession() as session:
        setup = setup_of(session, configuration, environment)
        yield ZoomClient(account, setup, grant=grant, priority="bulk")


def setup_of(session: aiohttp.ClientSession, configuration: Configuration, environment: ZoomEnvironment) -> ClientSetup:
    """What calls to Zoom of a command are made with; its figures are shown to nobody."""
    return ClientSetup(
        session,
        configuration.zoom_api.plan,
        environment.oauth_base_url,
        ZoomMetrics(CollectorRegistry()),
        api_base_url=environment.api_base_url,
        logins=LoginStore(environment.tokens),
        allowances=environment.budget_dir,
    )


@asynccontextmanager
async def opened(account_id: str | None) -> AsyncIterator[tuple[ZoomAccount, Configuration, ZoomClient]]:
    """The account of a command line with its configuration and a client."""
    configuration = load()
    account = choose(configuration, account_id)
    async with client_of(account, configuration, ZoomEnvironment.read(os.environ)) as client:
        yield account, configuration, client
