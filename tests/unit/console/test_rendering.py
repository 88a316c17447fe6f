"""Every template of the console is compiled before the first page: a filter or name that is missing shows at once."""

from __future__ import annotations

from console.rendering import templates


def test_templates_are_all_compiled_at_the_start() -> None:
    """With every filter that they call; whoever comes first waits for none of them."""
    found = templates()
    assert found.cache is not None
    compiled = {template.name for template in found.cache.values()}
    assert compiled == set(found.list_templates()) > {"base.html"}
