"""AsyncAPI's own parser and ajv in its strict mode read what we export (tests/contract/node)."""

from __future__ import annotations

import json
import shutil
import subprocess
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


def test_check_tells_what_a_parser_refuses(tmp_path: Path) -> None:
    """A check that nothing can fail would be none."""
    files: dict[str, Any] = json.loads(json.dumps(documents()))
    files["attendance.results.v1.json"]["discriminator"] = {"propertyName": "kind"}
    del files["asyncapi.json"]["channels"]["attendance.results.v1"]["messages"]["Result"]
    files["engagement.scores.v1.json"]["properties"]["why"] = {"type": "integer"}
    for name, document in files.items():
        (tmp_path / name).write_bytes(as_text(document))
    done = check(tmp_path)
    assert done.returncode == 1
    for said in ('unknown keyword: "discriminator"', "messages/Result", "must be integer"):
        assert said in done.stderr
