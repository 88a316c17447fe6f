"""The structure in figures: `make structure`, or `… structure --against COMMIT` for the same figures of an older state.

A table by package: modules, lines, median and largest module, own imports of a module (median, largest), the arrows
between its parts; below it the names, of types and of constants, that stand for more than one thing.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

PACKAGES = ("console", "ingress", "ops", "processors", "readmodel", "runtime", "sandbox", "schemas")

NAMED_ALIKE = {
    "SPEC": "every agent exports one, and the worker is a list of them",
    "ROUTES": "the same of each resource of a sandbox",
    **dict.fromkeys(("AUDIT", "LETTERS", "WORKERS"), "a table of the read model is named as the topic that it shows"),
}
"""Names that mean the same wherever they stand, and why."""


@dataclass(frozen=True, slots=True)
class Module:
    """One source file of ours."""

    name: str
    lines: int
    imports: frozenset[str]
    """Our modules that it imports."""
    names: tuple[str, ...]
    """Its classes, aliases of types and constants: names at its top level of two letters and more, the first a
    capital."""


def modules(root: Path) -> list[Module]:
    """All modules of the packages under a folder, by name; the empty ones of packages aside."""
    files = {
        _name(path.relative_to(root)): path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))
    }
    return [module for name, path in files.items() if (module := _module(name, path, set(files))).lines > 1]


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _module(name: str, path: Path, known: set[str]) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = tuple(found for found in _defined(tree) if re.fullmatch(r"[A-Z]\w+", found))
    return Module(name, len(text.splitlines()), frozenset(_imported(tree, known) - {name}), names)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):  # also of several at once: `FIRST, LAST = 1, 2`
            yield from (part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _imported(tree: ast.Module, known: set[str]) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from package import module` names the module; `from module import name` the module before it.
            found |= (below & known) or {node.module}
    return found & known


def parts(found: list[Module]) -> Iterator[tuple[str, list[Module]]]:
    """Each package with its modules; after it the folders inside it, as deep as they go."""
    folders: dict[str, list[Module]] = defaultdict(list)
    for module in found:
        steps = module.name.split(".")
        for depth in range(1, len(steps)):
            folders[".".join(steps[:depth])].append(module)
    yield from sorted(folders.items())


def arrows(package: str, found: list[Module]) -> set[tuple[str, str]]:
    """Which part of a package (a folder or module right under it) imports which other one."""

    def part(name: str) -> str:
        return ".".join(name.split(".")[: package.count(".") + 2])

    return {
        (part(module.name), part(imported))
        for module in found
        for imported in module.imports
        if imported.startswith(f"{package}.") and part(imported) != part(module.name)
    }


def repeated_names(found: list[Module]) -> dict[str, list[str]]:
    """Names of types and constants, but for private ones, that several modules define, with the modules."""
    homes = defaultdict(list)
    for module in found:
        for name in module.names:
            homes[name].append(module.name)
    return {name: where for name, where in sorted(homes.items()) if len(where) > 1 and name not in NAMED_ALIKE}


def show(title: str, root: Path, console: Console) -> None:
    """Print the figures of the tree under a folder."""
    found = modules(root)
    table = Table(title=title)
    table.add_column("folder")
    for column in ("modules", "lines", "median", "largest", "own imports, median", "largest", "arrows inside"):
        table.add_column(column, justify="right")
    for folder, inside in parts(found):
        sizes = [module.lines for module in inside]
        own = [len(module.imports) for module in inside]
        figures = (
            len(inside),
            sum(sizes),
            median(sizes),
            max(sizes),
            median(own),
            max(own),
            len(arrows(folder, inside)),
        )
        table.add_row(folder, *(f"{figure:g}" for figure in figures))
    console.print(table)
    repeated = repeated_names(found)
    console.print(f"Names with more than one meaning: {len(repeated)}")
    for name, where in repeated.items():
        console.print(f"  {name}: {', '.join(where)}")


def main() -> None:
    """The figures of the working tree, after those of the commit that it is compared with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="COMMIT", help="show the figures of this commit first")
    commit = parser.parse_args().against
    console = Console(width=120)
    if commit:
        archive = subprocess.run(["git", "archive", commit], check=True, capture_output=True).stdout  # noqa: S607
        with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
            show(f"Commit {commit}", Path(folder), console)
    show("Working tree", Path(), console)


if __name__ == "__main__":
    main()
