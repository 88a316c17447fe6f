"""One word, one meaning: each type of the product, class or alias, has a name of its own."""

from __future__ import annotations

from pathlib import Path

from tests.support.structure import modules, repeated_types

ROOT = Path(__file__).parents[2]


def test_type_name_of_the_product_stands_for_one_thing() -> None:
    """Whoever reads the name of a type knows which one is meant; private ones are their module's own."""
    assert repeated_types(modules(ROOT)) == {}


def test_type_name_that_two_modules_define_is_found(tmp_path: Path) -> None:
    """The check sees what it is there for, a class beside an alias too, and leaves private types alone."""
    for package, text in {
        "ops": "class Pair: ...\n\n\nclass _Own: ...\n\n\nRow = dict[str, int]\nMOST = 3\n",
        "schemas": "class Pair: ...\n\n\nclass _Own: ...\n\n\nclass Row: ...\n\n\nMOST = 4\n",
        "runtime": "from typing import TypeAlias\n\nPair: TypeAlias = int\n",
    }.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "pairs.py").write_text(text)
    assert repeated_types(modules(tmp_path)) == {
        "Pair": ["ops.pairs", "runtime.pairs", "schemas.pairs"],
        "Row": ["ops.pairs", "schemas.pairs"],
    }
