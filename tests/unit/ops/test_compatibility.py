"""What breaks who reads a topic: each kind of change is found, in unions and behind references too."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ops.compatibility import breaks
from ops.contracts import models_of, value_schema
from schemas.topic import Topic
from schemas.topics import ATTENDANCE_RESULTS, ATTENDANCE_SESSIONS, TOPICS

Document = dict[str, Any]
RESULTS, SESSIONS = value_schema(ATTENDANCE_RESULTS), value_schema(ATTENDANCE_SESSIONS)


def result(schema: Document) -> Document:
    """One kind of the union, where the union refers to it."""
    definition: Document = schema["$defs"]["Result"]
    return definition


def field(schema: Document, name: str) -> Document:
    """A field of a result."""
    found: Document = result(schema)["properties"][name]
    return found


def _rename(schema: Document) -> None:
    properties = result(schema)["properties"]
    properties["present_seconds"] = properties.pop("attended_seconds")
    required = result(schema)["required"]
    required[required.index("attended_seconds")] = "present_seconds"


def _new_required(schema: Document) -> None:
    result(schema)["properties"]["more"] = {"type": "string"}
    result(schema)["required"].append("more")


def _new_kind(schema: Document) -> None:
    other = copy.deepcopy(result(schema))
    other["properties"]["kind"]["const"] = "other"
    schema["$defs"]["Other"] = other
    schema["oneOf"].append({"$ref": "#/$defs/Other"})


BREAKING: list[tuple[str, Callable[[Document], object], str]] = [
    ("removed field", lambda s: (result(s)["properties"].pop("joins"), result(s)["required"].remove("joins")),
     "<result>.joins: field gone"),
    ("renamed field", _rename, "<result>.attended_seconds: field gone"),
    ("new required", _new_required, "<result>.more: new required field"),
    ("no longer there in every record", lambda s: result(s)["required"].remove("joins"),
     "<result>.joins: field may be missing"),
    ("new value", lambda s: field(s, "attendance_status")["enum"].append("present"),
     "<result>.attendance_status: new value ('present')"),
    ("value gone", lambda s: field(s, "attendance_status")["enum"].remove("no_show"),
     "<result>.attendance_status: value gone ('no_show')"),
    ("any value", lambda s: field(s, "attendance_status").pop("enum"),
     "<result>.attendance_status: new value (any)"),
    ("new null", lambda s: result(s)["properties"].update(topic={"anyOf": [{"type": "string"}, {"type": "null"}]}),
     "<result>.topic: new null (null)"),
    ("null gone", lambda s: field(s, "first_join_at")["anyOf"].pop(),
     "<result>.first_join_at: null gone (null)"),
    ("narrower type", lambda s: result(s)["properties"].update(joins={"type": "string"}),
     "<result>.joins: kind or type gone (integer)"),
    ("whole number to fraction", lambda s: field(s, "joins").update(type="number"),
     "<result>.joins: new kind or type (number)"),
    ("other format", lambda s: field(s, "occurred_at").update(format="date"),
     "<result>.occurred_at: other constraint (format: date-time -> date)"),
    ("type of a list's items", lambda s: field(s, "instances")["items"].update(type="integer"),
     "<result>.instances[]: kind or type gone (string)"),
    ("type inside a pair", lambda s: field(s, "intervals")["items"]["prefixItems"][1].update(type="number"),
     "<result>.intervals[][1]: kind or type gone (integer)"),
    ("behind a reference in a union", lambda s: s["$defs"]["Identity"]["properties"].pop("rule"),
     "<result>.identity.rule: field gone"),
    ("new kind", _new_kind, "the value: new kind or type (kind other)"),
    ("kind gone", lambda s: s["oneOf"].pop(0), "the value: kind or type gone (kind "),
    ("other version", lambda s: field(s, "schema_version").update(const=2),
     "<result>.schema_version: new value (2)"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "said"), BREAKING, ids=[case[0] for case in BREAKING])
def test_breaking_change_is_found_where_it_is(what: str, change: Callable[[Document], object], said: str) -> None:
    """Inside a union, behind references, in lists and pairs."""
    assert what
    changed = copy.deepcopy(RESULTS)
    change(changed)
    assert any(str(sentence).startswith(said) for sentence in breaks(RESULTS, changed)), [
        *map(str, breaks(RESULTS, changed))
    ]


def test_optional_field_breaks_nobody() -> None:
    """The one change that keeps a topic's version."""
    changed = copy.deepcopy(SESSIONS)
    changed["properties"]["weather"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    changed["$defs"]["SessionCounts"]["properties"]["outside"] = {"type": "integer", "default": 0}
    assert breaks(SESSIONS, changed) == []


def test_words_and_order_break_nobody() -> None:
    """Titles, descriptions and the order of kinds, fields and values are for people."""
    changed = copy.deepcopy(RESULTS)
    changed["oneOf"].reverse()
    field(changed, "attendance_status")["enum"].reverse()
    field(changed, "joins")["description"] = "How often."
    changed["$id"] = "urn:else"
    assert breaks(RESULTS, changed) == []


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if models_of(topic)], ids=lambda topic: topic.name)
def test_schema_is_compatible_with_itself_and_not_without_any_of_its_fields(topic: Topic) -> None:
    """Wherever a field is, its removal is seen."""
    schema = value_schema(topic)
    assert breaks(schema, schema) == []
    for place in [schema, *schema.get("$defs", {}).values()]:
        for name in list(place.get("properties", {})):
            gone = copy.deepcopy(schema)
            where = next(schema for schema in [gone, *gone.get("$defs", {}).values()] if schema == place)
            del where["properties"][name]
            assert breaks(schema, gone), (place.get("title"), name)
