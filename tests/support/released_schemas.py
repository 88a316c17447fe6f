"""Takes the current schemas over as the released ones: `python -m tests.support.released_schemas`, at a release."""

from __future__ import annotations

from pathlib import Path

from ops.schemas import as_text, schemas

RELEASED = Path(__file__).parents[2] / "schemas" / "released"


def main() -> None:
    """Write every file, and remove those of topics that went."""
    RELEASED.mkdir(exist_ok=True)
    for path in RELEASED.glob("*.json"):
        path.unlink()
    for name, schema in schemas().items():
        (RELEASED / name).write_bytes(as_text(schema))


if __name__ == "__main__":
    main()
