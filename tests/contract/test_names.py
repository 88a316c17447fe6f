"""One word, one meaning: each class, alias of a type and constant of the product has a name of its own."""

from __future__ import annotations

from pathlib import Path

from tests.support.structure import modules, repeated_names

ROOT = Path(__file__).parents[2]
MOST_LINES = 300


def test_name_of_the_product_stands_for_one_thing() -> None:
    """Whoever reads the name of a type or of a constant knows which is meant; private ones are their module's own."""
    assert repeated_names(modules(ROOT)) == {}


def test_module_of_the_product_has_at_most_300_lines() -> None:
    """What is longer is about more than one thing."""
    assert {module.name: module.lines for module in modules(ROOT) if module.lines > MOST_LINES} == {}


def test_name_that_two_modules_define_is_found(tmp_path: Path) -> None:
    """The check sees what it is there for, a class beside an alias too, and leaves private names alone."""
    for package, text in {
        "ops": "class Pair: ...\n\n\nclass _Own: ...\n\n\nRow = dict[str, int]\nMOST, _ANY = 3, 4\n_LEAST = 1\n",
        "schemas": "class Pair: ...\n\n\nclass _Own: ...\n\n\nclass Row: ...\n\n\nMOST = 4\n_LEAST = 2\nlog = 2\n",
        "runtime": "from typing import TypeAlias\n\nPair: TypeAlias = int\n",
    }.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "pairs.py").write_text(text)
    assert repeated_names(modules(tmp_path)) == {
        "MOST": ["ops.pairs", "schemas.pairs"],
        "Pair": ["ops.pairs", "runtime.pairs", "schemas.pairs"],
        "Row": ["ops.pairs", "schemas.pairs"],
    }
