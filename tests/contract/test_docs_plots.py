"""Pictures that the pages show are what their scripts draw."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.support import demo_picture
from tests.support.score_plots import PLACE, PLOTS


@pytest.mark.parametrize("name", PLOTS)
def test_plot_is_what_the_simulator_gives_now(name: str) -> None:
    """`.venv/bin/python -m tests.support.score_plots` writes them anew."""
    drawn = PLOTS[name]()
    ET.fromstring(drawn)  # noqa: S314 (a file of ours)
    assert (PLACE / name).read_text("utf-8") == drawn


def test_picture_of_the_demo_is_what_it_prints_now() -> None:
    """The first thing that anybody sees of it; `python -m tests.support.demo_picture` draws it anew."""
    assert demo_picture.PLACE.read_text(encoding="utf-8") == demo_picture.picture()
