"""The AsyncAPI document as one page for people: topics, kinds of records, headers, fields, samples. PURE.

It needs no script and loads nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson

from ops.contracts import Document

PAGE_FILE = "asyncapi.html"
_STYLE = """
body {font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222}
h2 {margin-top: 3rem; border-top: 1px solid #ccc; padding-top: 1rem} h2, h3, code, pre {overflow-wrap: anywhere}
table {border-collapse: collapse; width: 100%; margin: .5rem 0 1rem}
td, th {border: 1px solid #ddd; padding: .2rem .5rem; text-align: left; vertical-align: top}
code, pre {font: 13px/1.45 ui-monospace, monospace} pre {background: #f6f6f6; padding: .7rem; overflow: auto}
nav {columns: 2} details {margin: .3rem 0}
"""


def contract_page(document: Document, schemas: Mapping[str, Document]) -> str:
    """The page.

    Args:
        document: of AsyncAPI, with payloads that refer to `schemas`.
        schemas: whole JSON Schemas by file name.
    """
    info, channels = document["info"], document["channels"]
    listed = "".join(f'<li><a href="#{escape(name)}">{escape(name)}</a></li>' for name in channels)
    sections = "".join(_channel(name, channel, document["operations"], schemas) for name, channel in channels.items())
    title = escape(info["title"])
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{title} {escape(info['version'])}</h1>\n"
        f'<p>{escape(info["description"])} Made from <a href="asyncapi.json">asyncapi.json</a>.</p>\n'
        f"<nav><ul>{listed}</ul></nav>\n{sections}</body>\n</html>\n"
    )


def _channel(name: str, channel: Document, operations: Mapping[str, Document], schemas: Mapping[str, Document]) -> str:
    by = [
        f"{'written' if operation['action'] == 'send' else 'read'} {operation['summary']}"
        for operation in operations.values()
        if operation["channel"]["$ref"] == f"#/channels/{name}"
    ]
    kafka = channel["bindings"]["kafka"]["topicConfiguration"]
    kept = ", ".join(f"{key} {' '.join(value) if isinstance(value, list) else value}" for key, value in kafka.items())
    messages = "".join(_message(message, schemas) for message in channel["messages"].values())
    return f'<h2 id="{escape(name)}">{escape(name)}</h2>\n<p>{escape("; ".join(by))}. {escape(kept)}</p>\n{messages}'


def _message(message: Document, schemas: Mapping[str, Document]) -> str:
    key = message["bindings"]["kafka"]["key"]["description"]
    schema, whole = _payload(message["payload"]["schema"], schemas)
    samples = "".join(
        f"<details><summary>{escape(example['name'])}</summary><pre>{escape(_json(example['payload']))}</pre></details>\n"
        for example in message.get("examples", ())
    )
    value = _table(schema, whole) if "properties" in schema else f"<p>{_type(schema, whole)}</p>"
    return (
        f"<h3>{escape(message['title'])}</h3>\n<p>{escape(message['summary'])}</p>\n<p>Key: {escape(key)}</p>\n"
        f"<h4>Headers</h4>\n{_table(message['headers'], message['headers'])}"
        f"<h4>Value</h4>\n{value}\n{samples}"
    )


def _payload(schema: Document, schemas: Mapping[str, Document]) -> tuple[Document, Document]:
    """The schema with the whole that its references point into."""
    if "$ref" not in schema:
        return schema, schema
    file, _, pointer = schema["$ref"].removeprefix("./").partition("#")
    whole = schemas[file]
    return (_resolved({"$ref": f"#{pointer}"}, whole) if pointer else whole), whole


def _resolved(schema: Document, whole: Document) -> Document:
    if "$ref" not in schema:
        return schema
    found: Any = whole
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return {**found, **{name: value for name, value in schema.items() if name != "$ref"}}


def _table(schema: Document, whole: Document) -> str:
    """One row per field; those of parts stand below the field, with its name before theirs."""
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(field, whole)}</td>"
        f"<td>{'' if always else 'may be missing'}</td><td>{escape(field.get('description', ''))}</td></tr>\n"
        for name, field, always in _fields("", schema, whole)
    )
    return f"<table>\n<tr><th>Name</th><th>Type</th><th></th><th>Meaning</th></tr>\n{rows}</table>\n"


def _fields(prefix: str, schema: Document, whole: Document) -> Iterator[tuple[str, Document, bool]]:
    for name, field in schema.get("properties", {}).items():
        resolved = _resolved(field, whole)
        yield f"{prefix}{name}", resolved, name in schema.get("required", ())
        parts = {f"{prefix}{name}.": [resolved, *resolved.get("anyOf", ())]}
        parts[f"{prefix}{name}[]."] = [resolved.get("items", {})]
        # Of a map, where the values are described, not just any.
        parts[f"{prefix}{name}.*."] = [
            schema for schema in [resolved.get("additionalProperties")] if isinstance(schema, dict)
        ]
        for before, inner in (
            (before, _resolved(schema, whole)) for before, several in parts.items() for schema in several
        ):
            yield from _fields(before, inner, whole)


def _type(schema: Document, whole: Document) -> str:
    """In words: ``text, date-time or null``."""
    schema = _resolved(schema, whole)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_type(alternative, whole) for alternative in alternatives)
    if "const" in schema:
        return f"<code>{escape(_json(schema['const']))}</code>"
    if "enum" in schema:
        return " ".join(f"<code>{escape(_json(value))}</code>" for value in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array" and "items" in schema:
        return f"list of {_type(schema['items'], whole)}"
    if kind == "array":
        return f"list: {', '.join(_type(place, whole) for place in schema.get('prefixItems', ()))}"
    return escape(f"{kind}, {schema['format']}" if "format" in schema else str(kind))


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
