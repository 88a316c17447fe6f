"""The picture of the README: what `rollcall demo` prints at its end, as SVG.

`.venv/bin/python -m tests.support.demo_picture` writes it.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Final

from rich.console import Console

from ops.demo.verdict import show
from sandbox.simulator import simulate_webinar
from sandbox.truth import Rules, truth_of

PLACE: Final = Path(__file__).parents[2] / "docs" / "images" / "demo.svg"
_SEED, _ATTENDEES, _MINUTES = 7, 50, 60
_STARTS_AT = 1_786_543_200
"""2026-08-12 14:00 UTC: the people are the same at any time, and the picture shall not depend on when it is drawn."""


def picture() -> str:
    """The demo's own session; no font of somebody else's host is loaded."""
    world = simulate_webinar(_ATTENDEES, _SEED, frozenset(), starts_at=_STARTS_AT, duration_minutes=_MINUTES)
    truth = truth_of([delivery.body for delivery in world.deliveries], world.zoom, Rules(use_report=False))
    console = Console(file=io.StringIO(), record=True, width=80, force_terminal=True, color_system="truecolor")
    show(truth, [], console)
    drawn = console.export_svg(title="rollcall demo", unique_id="demo")
    return re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)


if __name__ == "__main__":
    PLACE.write_text(picture(), encoding="utf-8")
