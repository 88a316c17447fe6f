"""AsyncAPI's own parser and ajv in its strict mode read what we export (tests/contract/node)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.schemas import as_text, documents

ROOT = Path(__file__).parents[2]
NODE = ROOT / "tests" / "contract" / "node"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (NODE / "node_modules").is_dir(),
    reason="needs Node and `npm ci --ignore-scripts --prefix tests/contract/node`; jsonschema judges in any case",
)


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the check on a folder of schemas and the samples."""
    command = ["node", str(NODE / "check.mjs"), str(folder), str(ROOT / "schemas" / "examples")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_parsers_of_others_read_everything() -> None:
    """The document is one, each schema compiles, each sample is valid."""
    done = check(ROOT / "docs" / "reference" / "schemas")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3.1.0 document")


def _with_discriminator(files: dict[str, Any]) -> None:
    files["attendance.results.v1.json"]["discriminator"] = {"propertyName": "kind"}


def _with_a_lost_message(files: dict[str, Any]) -> None:
    del files["asyncapi.json"]["channels"]["attendance.results.v1"]["messages"]["Result"]


def _with_another_type(files: dict[str, Any]) -> None:
    files["engagement.scores.v1.json"]["properties"]["why"] = {"type": "integer"}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_with_discriminator, 'unknown keyword: "discriminator"'),
        (_with_a_lost_message, "messages/Result"),
        (_with_another_type, "must be integer"),
    ],
)
def test_check_tells_what_a_parser_refuses(spoil: Callable[[dict[str, Any]], None], said: str, tmp_path: Path) -> None:
    """A check that nothing can fail would be none."""
    files = json.loads(json.dumps(documents()))
    spoil(files)
    for name, document in files.items():
        (tmp_path / name).write_bytes(as_text(document))
    done = check(tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
