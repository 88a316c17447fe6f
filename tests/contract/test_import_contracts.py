"""The import contracts of pyproject.toml, each shown to fail: an import too many, in a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("console", "ingress", "ops", "processors", "readmodel", "runtime", "sandbox", "schemas")

LAYERS = "Layers: ops over"
CONSOLE = "The console knows the read model alone"
SUBJECTS = "The subjects of the worker"
ATTENDANCE = "Attendance: what arrives"
ZOOM_AND_BREVO = "Zoom and Brevo: the agent"
CLIENTS = "The HTTP clients import no domain"
PURE = "Modules marked PURE decide"
BREACHES = (
    (LAYERS, "schemas.codec", "runtime.logs"),
    (LAYERS, "runtime.pace", "readmodel.instants"),
    (LAYERS, "sandbox.truth.scores", "processors.engagement.score"),
    (LAYERS, "console.gate", "ops.audit"),
    (CONSOLE, "console.gate", "processors.worker.status"),
    (SUBJECTS, "processors.attendance.agent", "processors.brevo.decisions.ledger"),
    (SUBJECTS, "processors.engine.turn", "processors.erasure.marks"),
    (SUBJECTS, "processors.worker.process", "processors.agents"),
    (ATTENDANCE, "processors.attendance.closing.ending", "processors.attendance.intake.events"),
    (ATTENDANCE, "processors.attendance.rules.intervals", "processors.attendance.book.rows"),
    (ZOOM_AND_BREVO, "processors.brevo.decisions.values", "processors.brevo.api.limits"),
    (ZOOM_AND_BREVO, "processors.zoom.questions.pages", "processors.zoom.agent"),
    (CLIENTS, "processors.zoom.api.client", "processors.zoom.questions.pending"),
    (CLIENTS, "processors.brevo.api.client", "processors.engine.turn"),
    (PURE, "processors.engagement.score", "asyncio"),
    (PURE, "processors.engine.breaker", "processors.engine.halt"),
)
"""By the beginning of a contract's name: a module of ours, and what it must not import."""
STRAY = {
    SUBJECTS: "processors.stray",
    ATTENDANCE: "processors.attendance.stray",
    ZOOM_AND_BREVO: "processors.zoom.stray",
}
"""Of the contracts that want all of a folder's modules to have a place: one that has none."""


def copied(folder: Path) -> Path:
    """Our packages with their contracts, to be broken."""
    for package in (*PACKAGES, "tests/support"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of the modules as they are."""
    return lint(copied(tmp_path_factory.mktemp("kept")))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of all breaches at once."""
    folder = copied(tmp_path_factory.mktemp("broken"))
    for _contract, module, imported in BREACHES:
        with folder.joinpath(*module.split(".")).with_suffix(".py").open("a", encoding="utf-8") as source:
            source.write(f"\nimport {imported}\n")
    for module in STRAY.values():
        folder.joinpath(*module.split(".")).with_suffix(".py").write_text("", encoding="utf-8")
    return lint(folder)


def lint(folder: Path) -> str:
    """What import-linter says, one line for each sentence of it."""
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
    assert (run.returncode == 0) == (" BROKEN" not in run.stdout), run.stdout + run.stderr
    return run.stdout


def verdicts(said: str) -> dict[str, str]:
    """`KEPT` or `BROKEN`, by the contract's name."""
    return dict(re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.*\))?$", said, re.MULTILINE))


def about(contract: str, said: str) -> str:
    """The part that tells how a contract is broken: behind its underlined name, up to the next one's."""
    parts = re.split(r"^(.+)\n-+$", said, flags=re.MULTILINE)
    return "".join(text for name, text in zip(parts[1::2], parts[2::2], strict=True) if name.startswith(contract))


@pytest.mark.parametrize(("contract", "module", "imported"), BREACHES)
def test_contract_with_one_import_too_many_is_broken_by_it(
    broken: str, contract: str, module: str, imported: str
) -> None:
    """Nobody has to remember a layer: the check does, and names who breaks it."""
    assert re.search(rf"\b{re.escape(module)} (?:->|imports) {re.escape(imported)}\b", about(contract, broken)), broken


@pytest.mark.parametrize("contract", STRAY)
def test_module_without_a_place_among_the_layers_is_refused(broken: str, contract: str) -> None:
    """Whoever adds a module says what it stands on."""
    assert STRAY[contract] in about(contract, broken), broken


def test_every_contract_is_kept_and_has_a_breach_here(kept: str) -> None:
    """A new contract comes with the import that it is there to refuse."""
    found = verdicts(kept)
    assert set(found.values()) == {"KEPT"}, kept
    known = {contract for contract, _module, _imported in BREACHES}
    assert all(any(name.startswith(begins) for begins in known) for name in found)
    assert len(found) == len(known)
