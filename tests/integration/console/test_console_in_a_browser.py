"""The pages in a real browser: signing in without a script, at 400 px, in the dark, and what axe-core finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.acting import Acting
from readmodel.database import opened
from tests.integration.console.test_console_acts import Basket, a_letter
from tests.integration.console.test_console_pages import CONTACT, SESSION, story
from tests.support.browser import chromium
from tests.support.console import PASSWORD, console, fill
from tests.support.read_model import Storyteller, sqlite_url

AXE = Path(__file__).parents[2] / "contract" / "node" / "node_modules" / "axe-core" / "axe.min.js"
ACTS = ("/acts", "/acts/basket.empty", f"/letters/{'f' * 32}")
_SERIOUS = """
axe.run(document, {resultTypes: ["violations"]}).then(
  found => { window.found = JSON.stringify(found.violations
    .filter(each => each.impact === "serious" || each.impact === "critical")
    .map(each => [each.id, each.nodes.map(node => node.html.slice(0, 120))])) })
"""


async def test_pages_are_readable_for_everybody(tmp_path: Path) -> None:
    """What is new shows by itself; only tables are wider than a telephone; axe-core finds no serious fault."""
    acting = Acting({"basket.empty": Basket()}, a_letter)
    async with console(tmp_path, story(), None, acting) as (visitor, _), chromium(tmp_path) as page:
        await page.sign_in(visitor.base, "ana", PASSWORD)
        with opened(sqlite_url(tmp_path)) as database:  # as the projector does meanwhile
            fill(database, [Storyteller().session(3, topic="Just begun")])
        await page.until("document.querySelector('table').textContent.includes('Just begun')")
        for path in (
            "/sessions",
            SESSION,
            CONTACT,
            "/scores",
            "/status",
            "/deliveries",
            "/dead-letters",
            "/doubts",
            "/setup",
            *ACTS,
        ):
            for dark, width in ((False, 400), (True, 1200)):
                await page.look(visitor.base + path, dark=dark, width=width)
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
                if AXE.exists():
                    await page.evaluate(AXE.read_text(encoding="utf-8"))
                    await page.evaluate(_SERIOUS)
                    assert await page.until("window.found") == "[]", (path, dark)
        if not AXE.exists():
            pytest.skip("widths hold; axe-core needs `npm ci --ignore-scripts --prefix tests/contract/node`")
