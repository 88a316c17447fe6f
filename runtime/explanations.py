"""Turns what pydantic found wrong into one line a person can act on, without showing a secret. PURE."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast, get_args

from pydantic_core import ErrorDetails

from runtime.durations import format_duration, has_unit
from runtime.models import Configuration
from runtime.scopes import Keys, is_secret
from runtime.section import Section

Location = tuple[str | int, ...]
_ANY = "*"
"""In the place of a key that the user names."""

_EXPECTED = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "a mapping",
    "string": "text (in quotes if it looks like a number)",
    "tuple": "a list",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def show(location: Location, document: Mapping[str, Any]) -> str:
    """The path as the file has it, such as `connectors.zoom[1].client_id`, without steps that only the models know."""
    shown, here = "", cast("Any", document)
    for step in location:
        if isinstance(here, list) and isinstance(step, int):
            shown += f"[{step}]"
            here = here[step] if step < len(here) else None
        elif isinstance(here, Mapping) and isinstance(step, str):
            shown += f".{step}" if shown else step
            here = here.get(step)
    return shown


def describe(value: object) -> str:
    """What kind of YAML value it is, in words, without its content."""
    if value is None:
        return "nothing"
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
        (str, "text"),
        (dict, "a mapping"),
        (list, "a list"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), f"a {type(value).__name__}")


def explain(error: ErrorDetails, document: Mapping[str, Any]) -> str:
    """What is wrong at the error's location, what is expected there, and what the file has instead.

    Args:
        error: one of `ValidationError.errors()`.
        document: the file as it was written, so that a reference shows as `${NAME}` and not as its value.
    """
    location = error["loc"]
    keys = tuple(key for key in location if isinstance(key, str))
    if error["type"] == "extra_forbidden":
        return f"unknown key; the nearest known one is `{_nearest(keys)}`"
    if error["type"] == "missing":
        return "missing; this key is required"
    found = _found(location, document)
    # What stands in place of a whole section may be anything, a secret too.
    hidden = is_secret(keys) or error["type"].startswith(("model", "dict", "list", "tuple"))
    if error["type"] == "value_error" and _is_section(found):
        return str(error.get("ctx", {})["error"])  # a rule about several keys: a sentence of its own
    given = _given(found, hidden=hidden)
    quoted = "; text such as NO or off needs quotes" if given in ("true", "false", "true or false") else ""
    if (verdict := _expected(error, found)).startswith("is "):
        return f"{given} {verdict}"
    return f"expected {verdict}, but the file has {given}{quoted}"


def _is_section(found: Any) -> bool:
    """Whether it is a mapping or a list, and no single value."""
    return isinstance(found, Mapping | list)


def _found(location: Location, document: Mapping[str, Any]) -> Any:
    """What stands at the location; steps of pydantic's own, which no file has, are passed over."""
    here: Any = document
    for step in location:
        if isinstance(here, Mapping):
            here = here.get(step, here) if isinstance(step, str) else here
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
    return here


def lost_indentation(document: Mapping[str, Any]) -> str | None:
    """What is wrong with a file that was copied flat; ``None``: it was not."""
    sections = set(Configuration.model_fields)
    deeper = {path[-1] for path in _known() if len(path) > 1} | {"zoom"}
    moved = [key for key in document if key not in sections and key in deeper]
    empty = [key for key in document if key in sections and document[key] is None]
    if not moved or not empty:
        return None
    return (
        f"the indentation is lost: `{moved[0]}` stands at the beginning of its line, and `{empty[0]}:` has nothing "
        "below it; indent what belongs to it by two spaces"
    )


def _expected(error: ErrorDetails, found: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "literal_error":
        return f"one of {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    if bound := _BOUNDS.get(kind):
        limit = context[bound[1]]
        return f"{bound[0]} {format_duration(limit) if has_unit(found) else f'{limit:g}'}"
    return _EXPECTED.get(kind.partition("_")[0], error["msg"])


def _given(found: Any, *, hidden: bool) -> str:
    if hidden or _is_section(found) or found is None:
        return describe(found)
    return {True: "true", False: "false"}[found] if isinstance(found, bool) else f"`{found}`"


def _nearest(keys: Keys) -> str:
    """The known key most like the last one: of the same section, else of any, else whatever is nearest."""
    *above, wrong = keys
    here = [path[-1] for path in _known() if _is_at(path[:-1], above)]
    if close := difflib.get_close_matches(wrong, here, n=1):
        return close[0]
    everywhere = {path[-1]: ".".join(path) for path in _known()}
    if wrong in everywhere:
        return everywhere[wrong]
    return difflib.get_close_matches(wrong, here, n=1, cutoff=0.0)[0]


def _is_at(path: Keys, keys: Sequence[str]) -> bool:
    return len(path) == len(keys) and all(known in (key, _ANY) for known, key in zip(path, keys, strict=True))


def _known(section: type[Section] = Configuration, above: Keys = ()) -> Iterator[Keys]:
    for name, field in section.model_fields.items():
        yield (*above, name)
        if below := _section_of(field.annotation):
            # Numbers are no keys here: `explain` leaves them out.
            named = (_ANY,) if get_args(field.annotation)[:1] == (str,) else ()
            yield from _known(below, (*above, name, *named))


def _section_of(annotation: Any) -> type[Section] | None:
    """The section inside `Section`, `Section | None` or `tuple[Section, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section_of, get_args(annotation))), None)
