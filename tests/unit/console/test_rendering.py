"""Templates are checked when a page is asked for; here without one."""

from __future__ import annotations

import pytest

from console.rendering import templates


@pytest.mark.parametrize("name", templates().list_templates())
def test_template_calls_nothing_that_is_not_there(name: str) -> None:
    """A filter is named in two places, and types do not reach into templates."""
    assert templates().get_template(name).name == name
