"""One AsyncAPI document of all topics: whole here, and read by its own parser in tests/contract/node."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from ops.contracts import models_of
from ops.schemas import documents
from schemas.topics import QUARANTINE, RAW_EVENTS, TOPICS, all_topics

FILES = documents()
DOCUMENT = FILES["asyncapi.json"]
CHANNELS: dict[str, Any] = DOCUMENT["channels"]


def schema_of(message: dict[str, Any]) -> dict[str, Any]:
    """The payload's schema with its reference followed into the topic's file."""
    schema: dict[str, Any] = message["payload"]["schema"]
    if "$ref" not in schema:
        return schema
    file, _, pointer = schema["$ref"].removeprefix("./").partition("#")
    whole = FILES[file]
    return {**whole, "$ref": f"#{pointer}", "oneOf": [{}]} if pointer else whole


def test_every_topic_is_a_channel_dead_letters_too() -> None:
    """The registry and the document name the same."""
    assert list(CHANNELS) == [topic.name for topic in all_topics()]
    assert {"zoom.events.raw.v1.dlq", "attendance.results.v1.dlq"} <= set(CHANNELS)


def test_operations_refer_to_channels_and_messages_that_are_there() -> None:
    """And every channel is sent to by somebody."""
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"].removeprefix("#/channels/")
        names = [message["$ref"].removeprefix(f"#/channels/{channel}/messages/") for message in operation["messages"]]
        assert names == list(CHANNELS[channel]["messages"])
    sent = {
        operation["channel"]["$ref"] for operation in DOCUMENT["operations"].values() if operation["action"] == "send"
    }
    assert sent == {f"#/channels/{name}" for name in CHANNELS}


def test_every_model_is_a_message_whose_type_is_in_its_headers() -> None:
    """A consumer sees which `ce_type` to wait for."""
    for topic in TOPICS:
        messages = CHANNELS[topic.name]["messages"]
        for model in models_of(topic):
            headers = messages[model.__name__]["headers"]
            assert headers["properties"]["ce_type"]["const"] == messages[model.__name__]["name"]
            assert {"ce_id", "ce_type", "content-type", "ce_dataschema"} <= set(headers["required"])


def test_every_message_with_a_value_of_ours_has_examples_that_its_schema_takes() -> None:
    """On every topic, of every kind, the tombstone among them."""
    seen = 0
    for name, channel in CHANNELS.items():
        for title, message in channel["messages"].items():
            if name.endswith(".dlq"):
                continue
            assert message["examples"], (name, title)
            validator = Draft202012Validator(schema_of(message))
            for example in message["examples"]:
                assert [error.message for error in validator.iter_errors(example["payload"])] == [], (name, title)
                seen += 1
    assert seen > 100


def test_conditional_headers_are_told_and_not_required() -> None:
    """`origin` is on records of a command alone, the reason on quarantined ones alone."""
    raw = CHANNELS[RAW_EVENTS.name]["messages"]["ZoomEvent"]["headers"]
    stale = CHANNELS[QUARANTINE.name]["messages"]["ZoomEvent"]["headers"]
    dead = CHANNELS["brevo.commands.v1.dlq"]["messages"]["DeadLetter"]["headers"]
    assert {"origin", "zoom-request-id"} <= set(raw["properties"]) - set(raw["required"])
    assert "quarantine-reason" in stale["required"]
    assert "quarantine-reason" not in raw["properties"]
    assert "rollcall-reason" in dead["required"]
    assert "rollcall-command-id" in set(dead["properties"]) - set(dead["required"])


def test_tombstone_of_the_scores_is_told() -> None:
    """Null is a value of that topic."""
    assert CHANNELS["engagement.scores.v1"]["messages"]["Tombstone"]["payload"]["schema"] == {"type": "null"}
