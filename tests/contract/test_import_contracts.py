"""The import contracts of pyproject.toml, each shown to fail: one import too many, in a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("console", "ingress", "ops", "processors", "readmodel", "runtime", "sandbox", "schemas")

BREACHES = {
    "Layers: ops over": ("schemas/codec.py", "import runtime.logs"),
    "The console knows the read model alone": ("console/gate.py", "import processors.status"),
    "The subjects of the worker": ("processors/attendance/agent.py", "import processors.brevo.decisions.ledger"),
    "Attendance: what arrives": (
        "processors/attendance/closing/ending.py",
        "import processors.attendance.intake.events",
    ),
    "Decisions import neither": ("processors/brevo/decisions/values.py", "import processors.brevo.api.limits"),
    "The HTTP clients import no domain": ("processors/zoom/api/client.py", "import processors.zoom.questions.pending"),
    "Modules marked PURE decide": ("processors/engagement/score.py", "import asyncio"),
}
"""By the beginning of a contract's name: an import that it forbids, and where."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our packages with their contracts, to be broken."""
    folder = tmp_path_factory.mktemp("copy")
    for package in (*PACKAGES, "tests/support"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> dict[str, bool]:
    """Whether each contract is kept, by its name."""
    code = (
        "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports;"
        "sys.exit(lint_imports(cache_dir=None, no_cache=True))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"COLUMNS": "400"},
        timeout=120,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.*\))?$", run.stdout, re.MULTILINE))
    assert (run.returncode == 0) == (set(verdicts.values()) == {"KEPT"}), run.stdout + run.stderr
    return {name: verdict == "KEPT" for name, verdict in verdicts.items()}


@pytest.mark.parametrize("contract", BREACHES)
def test_contract_with_one_import_too_many_is_broken(copy: Path, contract: str) -> None:
    """Nobody has to remember a layer: the check does."""
    path, line = BREACHES[contract]
    source = copy / path
    before = source.read_text(encoding="utf-8")
    source.write_text(before + f"\n{line}\n", encoding="utf-8")
    try:
        broken = [name for name, kept in lint(copy).items() if not kept]
    finally:
        source.write_text(before, encoding="utf-8")
    assert any(name.startswith(contract) for name in broken), broken


def test_every_contract_is_kept_and_has_a_breach_here(copy: Path) -> None:
    """A new contract comes with the import that it is there to refuse."""
    contracts = lint(copy)
    assert all(contracts.values()), contracts
    assert all(any(name.startswith(known) for known in BREACHES) for name in contracts)
    assert len(contracts) == len(BREACHES)
