"""The schemas are right for the records: every sample of every kind, judged by a validator that is not ours."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from ops.contracts import models_of, value_schema
from ops.samples import samples
from schemas.topic import Topic
from schemas.topics import TOPICS

SAMPLES = samples()
CASES = [(topic, name) for topic in TOPICS for name in sorted(SAMPLES[topic.name])]


def faults(topic: Topic, value: Any) -> list[str]:
    """What the validator says against a value."""
    validator = Draft202012Validator(schema_of(topic), format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(value)]


@cache
def schema_of(topic: Topic) -> dict[str, Any]:
    """Making one takes longer than all that is asked of it."""
    return value_schema(topic)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_schema_is_one_of_its_dialect(topic: Topic) -> None:
    """JSON Schema 2020-12."""
    Draft202012Validator.check_schema(schema_of(topic))


@pytest.mark.parametrize(("topic", "name"), CASES, ids=[f"{topic.name}-{name}" for topic, name in CASES])
def test_sample_is_valid(topic: Topic, name: str) -> None:
    """Samples are what readers copy from."""
    if not models_of(topic) or SAMPLES[topic.name][name].get("kind") in (None, *kinds_of(topic)):
        assert faults(topic, SAMPLES[topic.name][name]) == []


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if models_of(topic)], ids=lambda topic: topic.name)
def test_every_kind_of_a_topic_has_a_sample(topic: Topic) -> None:
    """Of every model, and of every value of its `kind`."""
    sampled = SAMPLES[topic.name].values()
    assert sampled
    assert {sample["kind"] for sample in sampled if "kind" in sample} >= kinds_of(topic)


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if models_of(topic)], ids=lambda topic: topic.name)
def test_schema_refuses_a_record_without_one_of_its_fields_or_of_an_unknown_kind(topic: Topic) -> None:
    """A schema that takes everything would be no contract."""
    sample = next(sample for sample in SAMPLES[topic.name].values() if sample.get("kind") in (None, *kinds_of(topic)))
    for field in sample:
        assert faults(topic, {name: value for name, value in sample.items() if name != field}), field
    assert faults(topic, {**sample, "schema_version": 2})
    if "kind" in sample:
        assert faults(topic, {**sample, "kind": "unheard_of"})


def kinds_of(topic: Topic) -> set[str]:
    """Every value that `kind` may have."""
    schema = schema_of(topic)
    found: set[str] = set()
    for definition in [schema, *schema.get("$defs", {}).values()]:
        kind = definition.get("properties", {}).get("kind", {})
        found |= {kind["const"]} if "const" in kind else set(kind.get("enum", ()))
    return found
