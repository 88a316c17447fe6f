"""Reads the YAML file into plain values. A key that is written twice is an error, since YAML would keep the last."""

from __future__ import annotations

import codecs
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from typing_extensions import override

from runtime.explanations import describe
from runtime.scopes import SECRETS
from schemas.errors import ConfigurationError

_MOST_VALUES = 10_000
"""Values of a file, what its aliases stand for counted each time. The guide's file has 60."""
_DEEPEST = 50
"""Levels; the deepest known key has 6."""


_SECRET_KEYS = frozenset(path[-1] for path in SECRETS)
_PLAINLY = {
    "found character '\\t'": "a tab; indent with spaces",
    "found character '@'": "text that begins with @ needs quotes",
    "found character '`'": "text that begins with ` needs quotes",
    "found character '%'": "text that begins with % needs quotes",
    "expected <block end>": "the indentation does not fit the lines above",
    "mapping values are not allowed": "a colon where none belongs: does the indentation fit, or does text need quotes?",
    "could not find expected ':'": "a key without a colon; write `key: value`",
    "found unexpected end of stream": "a quote is not closed",
    "found unknown escape character": "a backslash inside of double quotes; use single quotes",
}
"""What PyYAML says, by its beginning, in words for who does not know YAML."""


class _AdviceError(yaml.MarkedYAMLError):
    """YAML takes it, and it is a mistake all the same."""


def _check_comments(key: str, value: yaml.Node) -> None:
    """A secret with ` #` in it ends there for YAML: nobody would see, as secrets are never shown."""
    nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
    for node in nodes:
        if not isinstance(node, yaml.ScalarNode) or node.style is not None or "${" in node.value:
            continue
        end = node.end_mark
        rest = "" if end.buffer is None else end.buffer[end.pointer :].partition("\n")[0]
        if rest.lstrip(" \t,]}\x00").startswith("#"):
            raise _AdviceError(
                problem=f"`{key}` ends at the #, which begins a comment; put it in quotes if that belongs to it, "
                "or write the comment on a line of its own",
                problem_mark=end,
            )


def _refused(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


class _BoundedLoader(yaml.SafeLoader):
    """PyYAML's safe loader that refuses what a few lines can blow up.

    It also refuses duplicate keys, and keys that YAML reads as something else than text.
    """

    def __init__(self, stream: str | bytes) -> None:
        super().__init__(stream)
        self._values = 0
        self._depth = 0
        self._sizes: dict[str, int] = {}

    @override
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A value of the file, and how many values it stands for.

        Raises:
            yaml.MarkedYAMLError: too many, too deep, or an alias inside of what it names.
        """
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it out
        anchor, before = getattr(event, "anchor", None) or "", self._values
        is_alias = isinstance(event, yaml.AliasEvent)
        if is_alias and anchor in self.anchors and anchor not in self._sizes:
            raise yaml.MarkedYAMLError(problem=f"'*{anchor}' stands inside of what it names")
        self._values += self._sizes.get(anchor, 0) if is_alias else 1
        self._depth += 1
        if self._values > _MOST_VALUES or self._depth > _DEEPEST:
            bounds = f"a file has at most {_MOST_VALUES} values, those behind aliases counted, and {_DEEPEST} levels"
            raise yaml.MarkedYAMLError(problem=bounds)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if anchor and not is_alias:
            self._sizes[anchor] = self._values - before
        return node

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[str, int] = {}
        for key, value in node.value:
            # `<<` may come several times and what it brings may be overridden: that is its purpose.
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.tag != "tag:yaml.org,2002:str":
                raise _refused(f"the key '{key.value}' is no text; put it in quotes", key)
            if key.value in lines:
                raise _refused(f"the key '{key.value}' is written twice (first on line {lines[key.value]})", key)
            lines[key.value] = key.start_mark.line + 1
            if key.value in _SECRET_KEYS:
                _check_comments(key.value, value)
        return super().construct_mapping(node, deep)


def _text(content: bytes, path: Path) -> str | bytes:
    """The file as text; with a byte order mark YAML finds its encoding itself."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8)):
        return content
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path}: line {line}: not UTF-8 text; save the file as UTF-8") from None


def read_document(path: Path) -> dict[str, Any]:
    """The file's content: a mapping of plain values, references such as `${NAME}` still in it.

    Raises:
        ConfigurationError: the file is missing or unreadable, no YAML, or no mapping. Its text is never quoted.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file; write one (docs/reference/configuration.md) "
            "or set ROLLCALL_CONFIG to the path of yours"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read: {error.strerror}; check the path and its permissions"
        ) from None
    try:
        document = yaml.load(_text(content, path), Loader=_BoundedLoader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        problem = error.problem or ""
        known = next((plain for start, plain in _PLAINLY.items() if problem.startswith(start)), problem)
        prefix = "" if isinstance(error, _AdviceError) else " no valid YAML:"
        raise ConfigurationError(f"{path}:{place}{prefix} {known}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f"{path}: no valid YAML: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"{path}: must hold a mapping that begins with `connectors:`, not {describe(document)}"
        )
    return document
