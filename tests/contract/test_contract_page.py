"""The page of the AsyncAPI document: everything of it, well formed, and nothing from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from typing_extensions import override

from ops.schemas import documents, exported

DOCUMENTS = documents()
PAGE = exported()["asyncapi.html"].decode()
_VOID = {"meta"}


class Reader(HTMLParser):
    """Texts and attributes of a page whose tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens, and keeps the attributes."""
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        """Closes what was opened last."""
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        """Keeps the text."""
        self.texts.add(data.strip())


@pytest.fixture(scope="module")
def read() -> Reader:
    """The page, read to its end."""
    reader = Reader()
    reader.feed(PAGE)
    assert reader.open == []
    return reader


def test_page_shows_every_topic_kind_header_field_and_sample(read: Reader) -> None:
    """Whoever reads it needs no other tool."""
    for name, channel in DOCUMENTS["asyncapi.json"]["channels"].items():
        assert ("id", name) in read.attributes
        for message in channel["messages"].values():
            assert message["title"] in read.texts
            assert set(message["headers"]["properties"]) <= read.texts
            assert {example["name"] for example in message.get("examples", ())} <= read.texts
    for name, schema in DOCUMENTS.items():
        if name != "asyncapi.json":
            assert _fields(schema) <= {part for text in read.texts for part in text.replace("[]", "").split(".")}, name


def test_page_loads_nothing_and_runs_nothing(read: Reader) -> None:
    """It is read from a file, or from a server with a strict policy."""
    assert not {"src", "onclick"} & {name for name, _value in read.attributes}
    assert {value for name, value in read.attributes if name == "href" and not str(value).startswith("#")} == {
        "asyncapi.json"
    }
    assert "<script" not in PAGE


def _fields(schema: dict[str, Any]) -> set[str]:
    places = [schema, *schema.get("$defs", {}).values()]
    return {name for place in places for name in place.get("properties", {})}
