"""One word, one meaning: each class of the product has a name of its own."""

from __future__ import annotations

from pathlib import Path

from tests.support.structure import modules, repeated_classes

ROOT = Path(__file__).parents[2]


def test_class_name_of_the_product_stands_for_one_thing() -> None:
    """Whoever reads a class name knows which one is meant; private ones are their module's own."""
    assert repeated_classes(modules(ROOT)) == {}


def test_class_name_that_two_modules_define_is_found(tmp_path: Path) -> None:
    """The check sees what it is there for, and leaves private classes alone."""
    for package, text in {
        "ops": "class Pair: ...\n\n\nclass _Own: ...\n",
        "schemas": "class Pair: ...\n\n\nclass _Own: ...\n",
    }.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "pairs.py").write_text(text)
    assert repeated_classes(modules(tmp_path)) == {"Pair": ["ops.pairs", "schemas.pairs"]}
