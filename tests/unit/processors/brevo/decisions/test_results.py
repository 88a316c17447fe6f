"""Outcomes on the wire: the examples are the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.brevo import CommandResult, Resume

EXAMPLES = sorted((Path(__file__).parents[5] / "schemas/examples/brevo.results.v1").glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_of_a_result_parses_back_to_itself_and_is_what_its_name_says(path: Path) -> None:
    """`<kind>__<outcome>.json`, every field known to the model."""
    data = path.read_bytes()
    if path.stem.startswith("resume__"):
        assert json.loads(Resume.from_bytes(data).to_bytes()) == json.loads(data)
        return
    result = CommandResult.from_bytes(data)
    assert json.loads(result.to_bytes()) == json.loads(data)
    assert path.stem == f"{result.kind}__{result.outcome}"
    assert "@example" not in data.decode()
