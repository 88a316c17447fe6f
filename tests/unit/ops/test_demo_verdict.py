"""The demo's table: the first thing that anybody sees."""

from __future__ import annotations

import io

from rich.console import Console

from ops.demo.verdict import show
from ops.simulate import recent_start
from sandbox.simulator import simulate_webinar
from sandbox.truth import Rules, Truth, truth_of
from sandbox.truth.comparison import Mismatch


def truth() -> Truth:
    """Of a webinar of 50 contacts."""
    world = simulate_webinar(50, 7, frozenset(), starts_at=recent_start(60), duration_minutes=60)
    return truth_of([delivery.body for delivery in world.deliveries], world.zoom, Rules(use_report=False))


def shown(width: int, differences: list[Mismatch]) -> list[str]:
    """The lines on a terminal of this width."""
    terminal = Console(file=io.StringIO(), width=width, force_terminal=True, no_color=True, color_system=None)
    show(truth(), differences, terminal)
    assert isinstance(terminal.file, io.StringIO)
    return terminal.file.getvalue().splitlines()


def test_table_fits_80_columns_and_one_screen() -> None:
    """A line a person, nobody's address cut, every status there."""
    lines = shown(80, [])
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    for status in ("attended", "left_early", "no_show", "registered", "cancelled"):
        assert any(f" {status} " in line for line in lines), status
    assert lines[-1] == "50 contacts, 50 equal to the truth, 0 different"


def test_table_on_a_wide_terminal_says_why() -> None:
    """And names the lists."""
    text = "\n".join(shown(150, []))
    assert "stayed to the end" in text
    assert "attendees, registrants" in text


def test_contact_that_differs_is_always_shown() -> None:
    """However far down it stands."""
    *_, last = truth().contacts
    lines = shown(80, [Mismatch(last, "MEETING_DURATION", 4, 5)])
    assert any(line.startswith((f" {last}", last)) for line in lines)
    assert lines[-1] == "50 contacts, 49 equal to the truth, 1 different"
