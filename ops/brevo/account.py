"""What the commands that speak to Brevo share: the configuration, a client that is closed, and answers that must be."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.answers import classify, refused_address
from runtime.calls import Answer
from runtime.configuration import load_worker
from runtime.environment import WorkerEnvironment
from runtime.models import Configuration
from runtime.outcome import Outcome
from schemas.errors import ConfigurationError, RetryLaterError

_WRITTEN = (201, 202, 204)
_PAUSES = 3
"""How often a command waits for Brevo's limit before it gives up."""


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Configuration, BrevoClient]]:
    """The worker's configuration and a client with its key.

    Raises:
        ConfigurationError: what is missing or wrong.
    """
    environment = WorkerEnvironment.read(os.environ)
    configuration = load_worker(environment.config_path, os.environ)
    assert configuration.brevo.api_key is not None  # load_worker has seen to it
    client = BrevoClient(configuration.brevo.api_key, environment.brevo_api_base_url)
    try:
        yield configuration, client
    finally:
        await client.close()


async def answered(
    client: BrevoClient,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    holds: Collection[str] = (),
    **query: str | int,
) -> Answer:
    """An answer that Brevo means: done, or to a question that there is no such thing.

    A used-up limit is waited for a few times. `holds`: fields of which the answer has at least one.

    Raises:
        ConfigurationError: the key, the address or the request is refused.
        RetryLaterError: Brevo does not answer, or its limit is used up.
    """
    call = partial(client.request, method, path, body, holds=holds, **query)
    answer = await _patiently(call, f"{method} {path}", may_be_missing=method == "GET")
    if method != "GET" and answer.status not in _WRITTEN:
        raise ConfigurationError(
            f"Brevo, {method} {path}: HTTP {answer.status} says of no write that it was done: something else answers, "
            "check BREVO_API_BASE_URL and what is in between"
        )
    return answer


async def _patiently(call: Callable[[], Awaitable[Answer]], what: str, *, may_be_missing: bool) -> Answer:
    for _ in range(_PAUSES):
        answer = await call()
        verdict = classify(answer)
        if verdict.outcome is Outcome.DONE or (verdict.outcome is Outcome.MISSING and may_be_missing):
            return answer
        if verdict.outcome is not Outcome.PAUSE or (answer.reset_seconds or 0) > 60:
            break
        await asyncio.sleep(answer.reset_seconds or 1)
    address = refused_address(answer)
    status = f" (HTTP {answer.status}{f', address {address}' if address else ''})" if answer.status else ""
    told = f"Brevo, {what}: {verdict.says}{status}"
    if verdict.outcome in (Outcome.RETRY, Outcome.PAUSE):
        raise RetryLaterError(f"{told}; try again later")
    raise ConfigurationError(told)


async def contact(client: BrevoClient, email: str) -> dict[str, Any] | None:
    """One contact, ``None`` when Brevo has none. Raises as `answered`."""
    return _contact(await _patiently(lambda: client.read_contact(email), "a contact", may_be_missing=True))


async def delete_contact(client: BrevoClient, email: str) -> None:
    """Delete one contact; one that Brevo does not have is no error. Raises as `answered`."""
    await _patiently(lambda: client.delete_contact(email), "the deletion of a contact", may_be_missing=True)


def _contact(answer: Answer) -> dict[str, Any] | None:
    return answer.body if answer.status == 200 and isinstance(answer.body, dict) else None


async def rows(client: BrevoClient, path: str, field: str, limit: int) -> list[dict[str, Any]]:
    """All rows of a listing, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await answered(client, "GET", path, holds=(field, "count"), limit=limit, offset=len(found))
        page = answer.body.get(field) if isinstance(answer.body, dict) else None
        found += [row for row in page or () if isinstance(row, dict)]
        if not page or len(page) < limit:
            return found
