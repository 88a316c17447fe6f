"""Whether a topic's new schema breaks who reads it: what is written by the new one and kept from the old one. PURE.

The topic's version stays only if readers of the old schema take every new record, and readers of the new one every
record that is still there. So but for an optional field that comes to an object, nothing may differ. Unions are
compared kind by kind and references are followed, which public tools for differences do not do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from typing_extensions import override

from ops.contracts import Document

SchemaChange = Literal[
    "field gone",
    "new required field",
    "field may be missing",
    "new value",
    "value gone",
    "new null",
    "null gone",
    "new kind or type",
    "kind or type gone",
    "other constraint",
]

_ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples"})
_COMPARED = frozenset({"type", "properties", "required", "enum", "const", "anyOf", "oneOf", "items", "prefixItems"})
_PARTS = ("items", "additionalProperties")


@dataclass(frozen=True, slots=True)
class Break:
    """One change that breaks readers."""

    path: str
    """From the value down: ``Result.attendance_status``, ``.counts.registered``, ``.instances[]``."""
    change: SchemaChange
    detail: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.path or 'the value'}: {self.change}{f' ({self.detail})' if self.detail else ''}"


def breaks(old: Document, new: Document) -> list[Break]:
    """Everything in `new` that breaks readers of a topic whose released schema is `old`; both are whole documents."""
    return list(_compare("", _Schema(old, old), _Schema(new, new)))


@dataclass(frozen=True, slots=True)
class _Schema:
    """A schema inside the document that its references point into."""

    body: Document
    document: Document

    def within(self, body: Any) -> _Schema:
        return _Schema(body if isinstance(body, dict) else {}, self.document)

    def resolved(self) -> _Schema:
        """With its reference followed; what stands beside `$ref` is added."""
        reference = self.body.get("$ref")
        if reference is None:
            return self
        found: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        beside = {name: value for name, value in self.body.items() if name != "$ref"}
        return _Schema({**found, **beside}, self.document).resolved()

    def branches(self) -> dict[str, _Schema]:
        """What it may be, by type or, of an object with a kind, by kind; unions in unions are taken apart."""
        schema = self.resolved()
        alternatives = [*schema.body.get("anyOf", ()), *schema.body.get("oneOf", ())]
        if alternatives:
            found: dict[str, _Schema] = {}
            for alternative in alternatives:
                found |= schema.within(alternative).branches()
            return found
        kinds = schema.body.get("type", "any")
        if isinstance(kinds, list):
            return {kind: schema.within({**schema.body, "type": kind}) for kind in kinds}
        kind = schema.body.get("properties", {}).get("kind", {}).get("const")
        return {kinds if kind is None else f"kind {kind}": schema}

    def values(self) -> frozenset[str] | None:
        """The closed set of its values; ``None``: any of its type."""
        if "const" in self.body:
            return frozenset({repr(self.body["const"])})
        return frozenset(map(repr, self.body["enum"])) if "enum" in self.body else None


def _compare(path: str, old: _Schema, new: _Schema) -> Iterator[Break]:
    before, after = old.branches(), new.branches()
    for name in before.keys() - after.keys():
        yield Break(path, "null gone" if name == "null" else "kind or type gone", name)
    for name in after.keys() - before.keys():
        yield Break(path, "new null" if name == "null" else "new kind or type", name)
    for name in before.keys() & after.keys():
        below = f"{path}<{name.removeprefix('kind ')}>" if name.startswith("kind ") else path
        yield from _compare_branch(below, before[name], after[name])


def _compare_branch(path: str, old: _Schema, new: _Schema) -> Iterator[Break]:
    yield from _compare_values(path, old.values(), new.values())
    yield from _compare_fields(path, old, new)
    for part in _PARTS:
        if part in old.body and part in new.body:
            yield from _compare(f"{path}[]", old.within(old.body[part]), new.within(new.body[part]))
    places = zip(old.body.get("prefixItems", ()), new.body.get("prefixItems", ()), strict=False)
    for number, (before, after) in enumerate(places):
        yield from _compare(f"{path}[{number}]", old.within(before), new.within(after))
    for name in sorted((old.body.keys() | new.body.keys()) - _ANNOTATIONS - _COMPARED):
        before, after = old.body.get(name), new.body.get(name)
        if before != after and not (name in _PARTS and isinstance(before, dict) and isinstance(after, dict)):
            yield Break(path, "other constraint", f"{name}: {before} -> {after}")


def _compare_values(path: str, old: frozenset[str] | None, new: frozenset[str] | None) -> Iterator[Break]:
    if old == new:
        return
    if new is None:
        yield Break(path, "new value", "any")
    elif old is None:
        yield Break(path, "value gone", f"all but {', '.join(sorted(new))}")
    else:
        for value in sorted(new - old):
            yield Break(path, "new value", value)
        for value in sorted(old - new):
            yield Break(path, "value gone", value)


def _compare_fields(path: str, old: _Schema, new: _Schema) -> Iterator[Break]:
    before, after = old.body.get("properties", {}), new.body.get("properties", {})
    required_before, required_after = set(old.body.get("required", ())), set(new.body.get("required", ()))
    for name in before:
        if name not in after:
            yield Break(f"{path}.{name}", "field gone")
            continue
        yield from _compare(f"{path}.{name}", old.within(before[name]), new.within(after[name]))
        if name in required_before - required_after:
            yield Break(f"{path}.{name}", "field may be missing")
    for name in sorted(required_after - required_before):
        yield Break(f"{path}.{name}", "new required field")


def broken_topics(old: Mapping[str, Document], new: Mapping[str, Document]) -> dict[str, list[str]]:
    """What breaks readers, in words by file name; a topic that comes breaks nobody, one that goes does."""
    found = {
        name: list(map(str, breaks(old[name], new[name]))) if name in new else ["the topic is gone"] for name in old
    }
    return {name: faults for name, faults in found.items() if faults}
