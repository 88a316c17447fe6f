from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.lenient_json import json_or_none, parse_json, write_json
from tests.support.ingress import as_zoom_writes, example_files


@pytest.mark.parametrize("path", example_files(), ids=lambda path: path.stem)
def test_write_json_of_zooms_json_is_byte_identical(path: Path) -> None:
    """What Zoom writes compactly comes out as it came in, key order and non-ASCII characters included."""
    body = as_zoom_writes(json.loads(path.read_bytes()))
    assert write_json(parse_json(body)) == body


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (rb'{"a":"\u00e9\/\ud83d\ude00"}', {"a": "é/😀"}),
        (b'{"a":1.0,"b":1e3}', {"a": 1.0, "b": 1000.0}),
        (b'{"a":9007199254740993}', {"a": 9007199254740993}),
        (b'{"a":18446744073709551617,"b":-9223372036854775809}', {"a": 2**64 + 1, "b": -(2**63) - 1}),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (rb'{"a":"x\ud800y"}', {"a": "x�y"}),
        (rb'{"\udfff":[{"b":"\udc00\ud800"}]}', {"�": [{"b": "��"}]}),
        (b'{"a":"\xff"}', {"a": "�"}),
        (b'{"a":NaN,"b":-Infinity,"c":1e999}', {"a": None, "b": None, "c": None}),
        (b'{"a":"line\nbreak"}', {"a": "line\nbreak"}),
        (b'{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_parse_json_keeps_all_that_json_says(body: bytes, tree: Any) -> None:
    """Escapes, long integers and floats keep their meaning; what UTF-8 or JSON cannot carry is repaired."""
    assert parse_json(body) == tree
    written = write_json(parse_json(body))
    assert json.loads(written) == tree
    written.decode("utf-8")


def test_write_json_after_repair_can_be_read_by_orjson() -> None:
    """Consumers read with orjson, which refuses lone surrogates and NaN."""
    assert orjson.loads(write_json(parse_json(rb'{"a":"\ud800","b":NaN}'))) == {"a": "�", "b": None}


def test_parse_json_float_stays_float() -> None:
    """`1.0` is not written as `1`."""
    assert write_json(parse_json(b'{"event_ts":1786543204838.0}')) == b'{"event_ts":1786543204838.0}'


@pytest.mark.parametrize(
    "body", [b"", b"not json", b'{"a":', b'{"a":1}x', b"[" * 200_000, b'{"a":' + b"1" * 5_000 + b"}"]
)
def test_parse_json_no_json_raises_value_error(body: bytes) -> None:
    """Also what is nested too deeply and integers of thousands of digits end here, and not in a crash."""
    with pytest.raises(ValueError):  # noqa: PT011 (the standard library's own messages)
        parse_json(body)


def test_write_json_nested_deeper_than_orjson_writes_is_written() -> None:
    """What orjson reads may have 1,024 levels; it writes 254."""
    body = b'{"a":' * 400 + b"1" + b"}" * 400
    assert write_json(parse_json(body)) == body


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (rb'{"users":[{"name":"x\ud800y"}]}', {"users": [{"name": "x\ufffdy"}]}),
        (b'{"a":18446744073709551617}', {"a": 2.0**64}),
        (rb'{"a":18446744073709551617,"b":"\ud800"}', {"a": 2.0**64, "b": "\ufffd"}),
        (b"null", None),
        (b"", None),
        (b"<html>", None),
        (b"[" * 201 + b"]" * 201, None),
        (b"[" * 200_000, None),
        (b'{"a":' + b"1" * 5_000 + b"}", None),
    ],
)
def test_json_or_none_gives_what_can_be_written_again(body: bytes, tree: Any) -> None:
    """An answer never raises, and whatever is kept of it, orjson writes."""
    assert json_or_none(body) == tree
    assert orjson.loads(orjson.dumps(json_or_none(body))) == tree
