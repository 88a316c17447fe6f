"""The import contract of PURE modules, derived from the mark in their docstrings: a list by hand would fall behind.

A module is PURE when its own docstring, or that of a package around it, says `PURE` before a full stop, a colon or a
semicolon. It then imports none of the forbidden modules, and of ours only modules that are PURE, too: what it is
composed of can neither wait, nor ask the clock of a loop, nor write a log.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import grimp
from importlinter import Contract, ContractCheck, fields, output
from typing_extensions import override

MARK = re.compile(r"\bPURE[.:;]")


class PureContract(Contract):
    """`type = "pure"`, with `roots` (our packages) and `forbidden_modules` (never imported by a PURE module)."""

    type_name = "pure"

    roots = fields.ListField(subfield=fields.StringField())
    forbidden_modules = fields.SetField(subfield=fields.StringField())

    @override
    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Broken when a PURE module imports what it must not."""
        roots, forbidden = set(self.roots), set(self.forbidden_modules)  # type: ignore[call-overload]  # a descriptor
        pure = pure_modules(roots, graph.modules)
        broken = [
            f"{module} imports {imported}"
            for module in sorted(pure)
            for imported in sorted(graph.find_modules_directly_imported_by(module) - pure)
            if imported in forbidden or imported.split(".")[0] in roots
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken, "pure": len(pure)})

    @override
    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each import."""
        for line in check.metadata["broken"]:
            output.print_error(f"{line}, which is not PURE")


def pure_modules(roots: set[str], modules: set[str]) -> set[str]:
    """Those of our modules that are marked, or lie in a marked package; read from the working directory."""
    ours = {module for module in modules if module.split(".")[0] in roots}
    marked = {module for module in ours if MARK.search(_docstring(module))}
    return {module for module in ours if any(part in marked for part in _ancestry(module))}


def _ancestry(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _docstring(module: str) -> str:
    path = Path(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
