"""The topics as documents for other programs: a JSON Schema of the values of each. PURE.

Made from the registry and the wire models, so there is nothing to keep in step by hand. A field is required if every
record has it, which is all but those that were added later (`schemas.model.AddedIn`); others may be added.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache, reduce
from importlib import import_module
from inspect import getsource
from itertools import pairwise
from operator import or_
from textwrap import dedent
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from schemas.cloud_events import schema_name
from schemas.model import AddedIn, Message, Wire
from schemas.topic import Topic

Document = dict[str, Any]

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ZOOM_EVENT: Document = {
    "type": "object",
    "required": ["event"],
    "properties": {
        "event": {"type": "string"},
        "event_ts": {"type": "integer", "description": "Milliseconds since 1970."},
        "payload": {"type": "object"},
    },
}


def models_of(topic: Topic) -> tuple[type[Message], ...]:
    """The wire models that the registry names as the topic's value; none for the events of Zoom."""
    first, *others = topic.value.split(" | ")
    module, _, name = first.rpartition(".")
    if not module.startswith("schemas."):
        return ()
    return tuple(getattr(import_module(module), attribute) for attribute in (name, *others))


def value_schema(topic: Topic) -> Document:
    """The JSON Schema of the topic's values."""
    names = {"$schema": SCHEMA_DIALECT, "$id": schema_name(topic.name)}
    return names | _body(topic) | {"title": topic.name}


def schema_file(topic: Topic) -> str:
    """Name of the file that holds `value_schema`."""
    return f"{topic.name}.json"


def models_schema(models: tuple[type[Wire], ...]) -> Document:
    """The JSON Schema of what is one of `models`, which `kind` tells apart."""
    kinds: Any = reduce(or_, models)
    value: Any = Annotated[kinds, Field(discriminator="kind")] if len(models) > 1 else kinds
    schema: Document = TypeAdapter(value).json_schema(mode="serialization")
    schema.pop("discriminator", None)  # OpenAPI's word; each kind is a required constant, so `oneOf` decides without it
    ours = {model.__name__: model for model in _models_below(Wire) if model.__module__.startswith("schemas.")}
    named = ours | {model.__name__: model for model in models}
    for name, definition in [*schema.get("$defs", {}).items(), (schema.get("title"), schema)]:
        for described in definition.get("properties", {}).values():
            described.pop("title", None)  # the field's name again, of which code generators make names like `Status1`
        if name in named:
            _finish(definition, named[name])
    return schema


def _body(topic: Topic) -> Document:
    models = models_of(topic)
    return models_schema(models) if models else {"description": topic.value, **_ZOOM_EVENT}


def _finish(definition: Document, model: type[Wire]) -> None:
    """What pydantic does not say: the texts below the fields, and which fields came later."""
    for field, text in _field_texts(model).items():
        definition["properties"][field].setdefault("description", text)
    later = {name for name, field in model.model_fields.items() if any(isinstance(m, AddedIn) for m in field.metadata)}
    definition["required"] = [name for name in definition["required"] if name not in later]


def _models_below(model: type[Wire]) -> Iterator[type[Wire]]:
    for subclass in model.__subclasses__():
        yield subclass
        yield from _models_below(subclass)


@cache
def _field_texts(model: type[Wire]) -> Mapping[str, str]:
    """What stands below each field in the source; pydantic's own way would read all sources at every start.

    Kept, since most topics share models, and finding a class in its source takes milliseconds.
    """
    texts: dict[str, str] = {}
    for base in model.__mro__:
        if not issubclass(base, Wire):
            break
        (definition,) = ast.parse(dedent(getsource(base))).body
        assert isinstance(definition, ast.ClassDef)
        for field, below in pairwise(definition.body):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    texts.setdefault(name, " ".join(text.split()))
    return texts
