"""Somebody else than Brevo answers an operator's command with JSON of their own: nothing of it is believed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from ops.brevo.account import answered, rows
from processors.brevo.api.client import BrevoClient
from processors.brevo.writer.bootstrap import missing_lists
from runtime.models import Configuration
from schemas.errors import ConfigurationError

STRANGE: list[Any] = [[], {}, {"status": "ok"}, {"message": "please sign in"}, 7, "ok"]


@pytest.fixture
async def stranger(request: pytest.FixtureRequest) -> AsyncIterator[BrevoClient]:
    """Brevo's client at a server that answers everything with HTTP 200 and the same JSON."""

    async def handle(_request: web.Request) -> web.Response:
        return web.json_response(request.param)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with TestServer(app) as server:
        client = BrevoClient(SecretStr("xkeysib-invented"), str(server.make_url("/v3")))
        yield client
        await client.close()


@pytest.mark.parametrize("stranger", STRANGE, indirect=True, ids=repr)
async def test_write_that_a_stranger_answers_was_not_done(stranger: BrevoClient) -> None:
    """`rollcall brevo apply` says "created" of nothing that Brevo has not confirmed."""
    with pytest.raises(ConfigurationError, match=r"(something else answers|than Brevo's).* check BREVO_API_BASE_URL"):
        await answered(stranger, "POST", "/contacts/attributes/normal/NO_SHOWS", {"type": "float"})


@pytest.mark.parametrize("stranger", STRANGE, indirect=True, ids=repr)
async def test_listing_of_a_stranger_is_no_empty_account(stranger: BrevoClient) -> None:
    """`rollcall brevo plan` says "missing" of nothing that it could not ask for."""
    with pytest.raises(ConfigurationError, match="something else than Brevo answers"):
        await rows(stranger, "/contacts/lists", "lists", 50)


@pytest.mark.parametrize("stranger", STRANGE, indirect=True, ids=repr)
async def test_list_of_which_a_stranger_speaks_is_not_missing(
    stranger: BrevoClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor is it there: the worker starts, says so and looks when it needs the list."""
    configuration = Configuration.model_validate({"connectors": {"zoom": []}, "brevo": {"technical_list": 16}})
    assert await missing_lists(stranger, configuration) == frozenset()
    assert [record.getMessage() for record in caplog.records] == ["list not checked"]
