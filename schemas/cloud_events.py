"""What the headers of a record of ours say: CloudEvents 1.0 in Kafka's binary mode, as those of Zoom's events. PURE.

A consumer routes by `ce_type` without reading the value. The words are those of https://github.com/cloudevents/spec,
version 1.0.2, spec.md and bindings/kafka-protocol-binding.md, checked 2026-11-27.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache

from schemas.model import Message

Headers = tuple[tuple[str, bytes], ...]
HeaderList = list[tuple[str, bytes]]
"""Headers while they are put together, and as Kafka's clients take them."""

ID = "ce_id"


def event_type(model: type[Message]) -> str:
    """`ce_type` of a model's records: ``rollcall.<subject>.<kind>.v<n>``, where n is the topic's."""
    return f"rollcall.{model.cloud_event.name}.v{model.model_fields['schema_version'].default}"


def schema_name(topic: str) -> str:
    """`ce_dataschema` and the schema's `$id`: a name, not a place, since every installation has its own registry."""
    return f"urn:rollcall:schema:{topic}"


def event_headers(topic: str, key: bytes | None, record: Message, value: bytes) -> Headers:
    """The headers of a record that lies on `topic` as `value`, `ce_id` first; `ce_time` only where it has an instant.

    The id is a hash of topic, key and value: a record that is published again, byte for byte, has it again.
    """
    identifier = _digest(b"%s\0%s\0%s" % (topic.encode(), key or b"", value))
    field = record.cloud_event.time
    happened = getattr(record, field) if field else None
    time = () if happened is None else (("ce_time", _rfc3339(happened)),)
    return ((ID, identifier), *_constant(topic, type(record)), *time)


def tombstone_headers(topic: str, key: bytes, model: type[Message]) -> Headers:
    """Those of the record without a value by which nothing of `model` stands under the key any more: no content."""
    constant = (
        header for header in _constant(topic, model) if header[0].startswith("ce_") and header[0] != "ce_dataschema"
    )
    return ((ID, _digest(b"%s\0%s" % (topic.encode(), key))), *constant)


def caused_by(headers: Headers, source: str) -> Headers:
    """The same with an id that differs by cause: what is told, corrected and told again is three events, not two.

    Args:
        headers: of `event_headers`; others are left as they are.
        source: the record it follows from, ``<topic>/<partition>/<offset>``.
    """
    if not headers or headers[0][0] != ID:
        return headers
    return ((ID, _digest(source.encode() + headers[0][1])), *headers[1:])


@lru_cache(maxsize=256)  # a registry of some thirty kinds
def _constant(topic: str, model: type[Message]) -> Headers:
    subject = model.cloud_event.name.partition(".")[0]
    return (
        ("ce_specversion", b"1.0"),
        ("ce_type", event_type(model).encode()),
        ("ce_source", f"/rollcall/{subject}".encode()),
        ("ce_dataschema", schema_name(topic).encode()),
        ("content-type", b"application/json"),
    )


def _rfc3339(instant: datetime) -> bytes:
    # Instants of the wire are in UTC; asking the zone, or strftime, would take several times as long.
    return f"{instant.replace(tzinfo=None).isoformat()}Z".encode()


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest()[:32].encode()
