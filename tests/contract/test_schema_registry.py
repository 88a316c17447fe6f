"""`rollcall schemas register` against a registry that answers as the API is documented."""

from __future__ import annotations

import json

import pytest

from ops.schema_registry import put_schemas
from ops.schemas import schemas
from schemas.errors import ConfigurationError, RetryLaterError
from tests.support.commands import rollcall
from tests.support.schema_registry import Registry, serving

SUBJECTS = {f"lab.{name.removesuffix('.json')}-value": schema for name, schema in schemas().items()}


async def test_schemas_are_registered_once_with_the_mode_that_fits() -> None:
    """By topic, forward compatible; a second time gives the same ids and no new version."""
    registry = Registry()
    async with serving(registry) as url:
        first = await put_schemas(url, SUBJECTS)
        assert await put_schemas(url, SUBJECTS) == first
        words = ("schemas", "register", "--url", url, "--json")
        prefix = {"KAFKA_TOPIC_PREFIX": "lab."}
        assert (await rollcall(prefix, *words, "--yes"))[:2] == (0, {"url": url, "registered": first})
        code, document, said = await rollcall(prefix, *words)
    assert (code, document) == (1, {"error": "nothing was registered", "exit_code": 1})
    assert "--yes says so" in said
    assert first.keys() == registry.subjects.keys() == SUBJECTS.keys()
    assert set(registry.modes.values()) == {"FORWARD_TRANSITIVE"}
    for subject, versions in registry.subjects.items():
        assert [json.loads(version) for version in versions] == [SUBJECTS[subject]]


async def test_schema_that_breaks_readers_is_refused_with_the_next_step() -> None:
    """The registry says no; the message says which topic, and what to run."""
    subject, changed = "attendance.results.v1-value", json.loads(json.dumps(schemas()["attendance.results.v1.json"]))
    del changed["$defs"]["Result"]["properties"]["joins"]
    async with serving(Registry()) as url:
        await put_schemas(url, {subject: schemas()["attendance.results.v1.json"]})
        with pytest.raises(ConfigurationError, match=r"attendance\.results\.v1-value.*rollcall schemas check"):
            await put_schemas(url, {subject: changed})


async def test_registry_that_is_away_or_is_none_is_told_apart() -> None:
    """One may come back; the other is another address."""
    with pytest.raises(RetryLaterError, match="check --url"):
        await put_schemas("http://127.0.0.1:9", SUBJECTS)
    async with serving(Registry()) as url:
        with pytest.raises(ConfigurationError, match="answers 404"):
            await put_schemas(f"{url}/elsewhere", SUBJECTS)
