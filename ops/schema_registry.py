"""Puts schemas into a Schema Registry by the API that Confluent's, Karapace and Redpanda share.

https://docs.confluent.io/platform/current/schema-registry/develop/api.html, checked 2026-11-27. The mode is FORWARD:
an added optional field is what a topic's version allows, and for JSON Schemas that allow more fields BACKWARD refuses
just that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from ops.contracts import Document
from schemas.errors import ConfigurationError, RetryLaterError

MODE = "FORWARD_TRANSITIVE"
_CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_SECONDS = 30
_INCOMPATIBLE = 409


async def put_schemas(url: str, subjects: Mapping[str, Document]) -> dict[str, int]:
    """Register each schema under its subject; the registry's ids. The same schema again has the same id.

    Raises:
        ConfigurationError: the registry refuses one; those before it are registered.
        RetryLaterError: it does not answer.
    """
    import aiohttp  # noqa: PLC0415  (a help page answers at once)

    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    found: dict[str, int] = {}
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for subject, schema in subjects.items():
                name = quote(subject, safe="")
                await _call(session, "PUT", f"{url}/config/{name}", {"compatibility": MODE}, subject)
                body = {"schemaType": "JSON", "schema": orjson.dumps(schema).decode()}
                answer = await _call(session, "POST", f"{url}/subjects/{name}/versions", body, subject)
                found[subject] = int(answer["id"])
    except (aiohttp.ClientConnectionError, TimeoutError) as error:
        raise RetryLaterError(f"the registry at {url} does not answer ({type(error).__name__}); check --url") from error
    except (aiohttp.InvalidURL, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{url} does not answer as a Schema Registry does; check --url") from error
    return found


async def _call(session: Any, method: str, url: str, body: dict[str, str], subject: str) -> dict[str, Any]:
    headers = {"Content-Type": _CONTENT_TYPE, "Accept": _CONTENT_TYPE}
    async with session.request(method, url, data=orjson.dumps(body), headers=headers) as response:
        content = await response.read()
    if response.status == _INCOMPATIBLE:
        raise ConfigurationError(
            f"{subject}: what is registered there does not take this schema; compare with `rollcall schemas check`"
        )
    if response.status != 200:
        raise ConfigurationError(f"{subject}: the registry answers {response.status}; check --url and its log")
    answer: dict[str, Any] = orjson.loads(content)
    return answer
