"""All topics as one AsyncAPI document: channels, messages, their headers and examples, who sends and receives. PURE.

https://www.asyncapi.com/docs/reference/specification/v3.1.0, checked 2026-11-27. Its own parser reads it in the tests
(tests/contract/node).
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.contracts import Document, models_of, schema_file
from schemas.cloud_events import event_type, schema_name
from schemas.engagement import CandidateScores, ContactScore
from schemas.model import Message
from schemas.topic import Topic
from schemas.topics import ENGAGEMENT_CANDIDATES, ENGAGEMENT_SCORES, QUARANTINE, all_topics

ASYNCAPI_FILE = "asyncapi.json"
Samples = Mapping[str, Mapping[str, Document]]
"""Values by topic and name (`<kind>__<variant>`)."""

_ASYNCAPI_VERSION = "3.1.0"
_BINDING_VERSION = "0.5.0"
_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_TOMBSTONES: Mapping[Topic, type[Message]] = {ENGAGEMENT_SCORES: ContactScore, ENGAGEMENT_CANDIDATES: CandidateScores}
"""Topics that have them, and of which kind."""
_ZOOM_MESSAGE = "ZoomEvent"
_DEAD_LETTER = "DeadLetter"
_TOMBSTONE = "Tombstone"

_ZOOM_HEADERS = {
    "ce_specversion": "`1.0`",
    "ce_id": "Zoom's request id, else the SHA-256 of the body",
    "ce_type": "Zoom's event name",
    "ce_source": "`/zoom/<account id>`",
    "ce_time": "when it happened, RFC 3339; when it was received where Zoom does not say",
    "content-type": "`application/json`",
    "received-at": "when the ingress received it, RFC 3339 with milliseconds",
    "body-sha256": "of the bytes received, before secrets were removed",
    "dedupe-key": "equal for deliveries of one fact",
}
_ZOOM_CONDITIONAL = {
    "zoom-request-id": "Zoom's request id, where it has the form of one",
    "origin": "`backfill` or `backfill_with_events`: on records of a back-fill",
    "replay-of": "`<topic>/<partition>/<offset>` of the original: on records that a replay publishes",
    "replay-count": "how often the original was published again, this time included: on the same",
    "replay-id": "of the replay: on the same, and on all that follows from them",
    "replay-effects": "`all`: the same, of a replay with `--re-emit`",
}
_QUARANTINE_REASON = {"quarantine-reason": "`stale` or `account`"}
_DEAD_HEADERS = {
    "rollcall-letter-id": "32 hex digits, equal for equal records of one topic",
    "rollcall-label": "class of fault: `unreadable`, `too_large`, `defect` (ours), or the class of Brevo's answer",
    "rollcall-reason": "for people; nothing of the record's content",
    "rollcall-stage": "which agent gave up",
    "rollcall-source": "`<topic>/<partition>/<offset>`",
    "rollcall-record-time-ms": "Kafka's record time of the original",
    "rollcall-first-at": "when it became a dead letter for the first time, RFC 3339",
    "rollcall-last-at": "when it did this time, RFC 3339",
    "rollcall-version": "of Rollcall",
    "rollcall-attempts": "how often this record became a dead letter, this time included",
}
_DEAD_CONDITIONAL = {"rollcall-command-id": "of dead commands to Brevo"}


def asyncapi(version: str, samples: Samples) -> Document:
    """What Rollcall publishes and reads: `send` is what it writes.

    Args:
        version: of Rollcall.
        samples: of each topic at least one record of every kind.
    """
    return {
        "asyncapi": _ASYNCAPI_VERSION,
        "id": "urn:rollcall:topics",
        "info": {
            "title": "Rollcall's topics",
            "version": version,
            "description": "Addresses are logical names: KAFKA_TOPIC_PREFIX, if it is set, comes before them.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": {
            "kafka": {
                "host": "{brokers}",
                "protocol": "kafka",
                "description": "The installation's own Kafka.",
                "variables": {"brokers": {"description": "KAFKA_BOOTSTRAP_SERVERS", "default": "localhost:9092"}},
            }
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, samples.get(topic.name, {})) for topic in all_topics()},
        "operations": {
            f"{action}-{topic.name}": _operation(action, topic, by)
            for topic in all_topics()
            for action, by in (("send", topic.producers), ("receive", topic.consumers))
            if by
        },
    }


def _channel(topic: Topic, samples: Mapping[str, Document]) -> Document:
    configuration: Document = {"cleanup.policy": [topic.cleanup], "max.message.bytes": topic.max_message_bytes}
    if topic.retention_days is not None:
        configuration["retention.ms"] = int(topic.config()["retention.ms"])
    kafka = {"topicConfiguration": configuration, "bindingVersion": _BINDING_VERSION}
    return {"address": topic.name, "messages": _messages(topic, samples), "bindings": {"kafka": kafka}}


def _messages(topic: Topic, samples: Mapping[str, Document]) -> dict[str, Document]:
    """By kind, tombstones among them."""
    key = {"type": "string", "description": topic.key}
    bindings = {"bindings": {"kafka": {"key": key, "bindingVersion": _BINDING_VERSION}}}
    models = models_of(topic)
    if topic.name.endswith(".dlq"):
        return {_DEAD_LETTER: _dead_letter() | bindings}
    if not models:
        return {_ZOOM_MESSAGE: _zoom_event(topic, samples) | bindings}
    messages = {model.__name__: _message(topic, model, len(models) == 1, samples) | bindings for model in models}
    if topic in _TOMBSTONES:
        messages[_TOMBSTONE] = _tombstone(_TOMBSTONES[topic]) | bindings
    return messages


def _message(topic: Topic, model: type[Message], alone: bool, samples: Mapping[str, Document]) -> Document:
    said = " ".join((model.__doc__ or "").split())
    definition = "" if alone else f"#/$defs/{model.__name__}"
    constants = {
        "ce_specversion": "1.0",
        "ce_type": event_type(model),
        "ce_source": f"/rollcall/{model.cloud_event.name.partition('.')[0]}",
        "ce_dataschema": schema_name(topic.name),
        "content-type": "application/json",
    }
    headers = {name: {"const": value} for name, value in constants.items()}
    texts = {"ce_id": "equal for a record that is published again, byte for byte and for the same cause"}
    timed = {"ce_time": f"`{model.cloud_event.time}` as RFC 3339"} if model.cloud_event.time else {}
    kinds = _kinds(model)
    return {
        "name": event_type(model),
        "title": model.__name__,
        "summary": said,
        "contentType": "application/json",
        "headers": _headers({**headers, **_texts(texts)}, _texts(timed)),
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{schema_file(topic)}{definition}"}},
        "examples": [
            {"name": name, "payload": value}
            for name, value in sorted(samples.items())
            if kinds is None or value.get("kind") in kinds
        ],
    }


def _kinds(model: type[Message]) -> tuple[str, ...] | None:
    """The values of its `kind`; ``None`` for a model without."""
    field = model.model_fields.get("kind")
    return None if field is None else field.annotation.__args__  # type: ignore[union-attr]  # a Literal


def _zoom_event(topic: Topic, samples: Mapping[str, Document]) -> Document:
    required = _texts(_ZOOM_HEADERS)
    if topic is QUARANTINE:
        required |= _texts(_QUARANTINE_REASON)
    return {
        "name": topic.name,
        "title": _ZOOM_MESSAGE,
        "summary": topic.value,
        "contentType": "application/json",
        "headers": _headers(required, _texts(_ZOOM_CONDITIONAL)),
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{schema_file(topic)}"}},
        "examples": [{"name": name, "payload": value} for name, value in sorted(samples.items())],
    }


def _dead_letter() -> Document:
    return {
        "name": "rollcall.dead-letter",
        "title": _DEAD_LETTER,
        "summary": "The original key, value and headers, and why it could not be handled.",
        "headers": _headers(_texts(_DEAD_HEADERS), _texts(_DEAD_CONDITIONAL)),
        "payload": {
            "schemaFormat": _SCHEMA_FORMAT,
            "schema": {"description": "The original bytes."},
        },
    }


def _tombstone(model: type[Message]) -> Document:
    constants = {"ce_specversion": "1.0", "ce_type": event_type(model)}
    headers = {name: {"const": value} for name, value in constants.items()}
    texts = {"ce_id": "of the removal", "ce_source": "`/rollcall/<subject>`"}
    return {
        "name": f"{event_type(model)} tombstone",
        "title": _TOMBSTONE,
        "summary": f"No value: there is no {model.__name__} under the key any more.",
        "headers": _headers(headers | _texts(texts), {}),
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"type": "null"}},
        "examples": [{"name": "tombstone", "payload": None}],
    }


def _texts(descriptions: Mapping[str, str]) -> dict[str, Document]:
    return {name: {"type": "string", "description": text} for name, text in descriptions.items()}


def _headers(required: Mapping[str, Document], conditional: Mapping[str, Document]) -> Document:
    return {"type": "object", "required": list(required), "properties": {**required, **conditional}}


def _operation(action: str, topic: Topic, by: tuple[str, ...]) -> Document:
    channel = f"#/channels/{topic.name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"by {', '.join(by)}",
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in _messages(topic, {})],
    }
