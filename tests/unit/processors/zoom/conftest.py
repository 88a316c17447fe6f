"""Fixtures of the tests of the effect `look-up`."""

from __future__ import annotations

import pytest

from tests.support.lookup_agent import Engine, ScriptedZoom


@pytest.fixture
def zoom() -> ScriptedZoom:
    """Answers everything."""
    return ScriptedZoom()


@pytest.fixture
def engine(zoom: ScriptedZoom) -> Engine:
    """Nothing pending."""
    return Engine(zoom)
