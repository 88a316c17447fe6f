"""The pages in a real browser: signing in without a script, at 400 px, in the dark, and what axe-core finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.acting import Acting
from ops.buttons import acting
from ops.buttons.terminal import TERMINAL_COMMANDS
from readmodel.database import opened
from tests.integration.console.test_console_acts import Basket, a_letter
from tests.support.browser import Page, chromium
from tests.support.console import PASSWORD, Visitor, console, fill
from tests.support.console_story import PAGES, story
from tests.support.read_model import Storyteller, sqlite_url

AXE = Path(__file__).parents[2] / "contract" / "node" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = ((False, 400, ""), (True, 1200, ', runOnly: ["color-contrast"]'))
"""Whether it is dark, how wide, and what axe is told: in the dark only the colours are others."""
ACTS = ("rebuild.start", "rebuild.switch", "replay", "score.rebuild", "forget")
"""Those of the product that ask for the most."""
SENT: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("/sessions", "form.search", {"q": "@"}, "Contacts"),
    ("/acts/basket.empty", "form.tall", {}, "Empty the basket: what it would do"),
    ("", "form.tall", {"reason": "rotten"}, "Empty the basket"),
    ("/acts/basket.empty", "form.tall", {"which": "<none>"}, "Empty the basket"),
)
"""Pages behind forms: where the form is (nowhere else: on the page before), what it says, and the heading."""
_SERIOUS = """
axe.run(document, {resultTypes: ["violations"]%s}).then(
  found => { window.found = JSON.stringify(found.violations
    .filter(each => each.impact === "serious" || each.impact === "critical")
    .map(each => [each.id, each.nodes.map(node => node.html.slice(0, 120))])) })
"""


async def test_pages_are_readable_for_everybody(tmp_path: Path) -> None:
    """What is new shows by itself; only tables are wider than a telephone; axe-core finds no serious fault.

    Of every page that there is, those behind forms too.
    """
    acts = acting({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}).acts
    asked = {**{name: acts[name] for name in ACTS}, "basket.empty": Basket().act()}
    composed = Acting(asked, a_letter, TERMINAL_COMMANDS)
    async with console(tmp_path, story(), None, composed) as (visitor, _), chromium(tmp_path) as page:
        await page.sign_in(visitor.base, "ana", PASSWORD)
        with opened(sqlite_url(tmp_path)) as database:  # as the projector does meanwhile
            fill(database, [Storyteller().session(3, topic="Just begun")])
        await page.until("document.querySelector('table').textContent.includes('Just begun')")
        forms = (f"/acts/{name}" for name in ACTS)
        for path in ("/sign-in", *PAGES[1:], f"/letters/{'f' * 32}", "/none", *forms):
            await page.open(visitor.base + path)
            await page.until(f"location.href === {visitor.base + path!r} && document.readyState === 'complete'")
            await _is_readable(page, path)
        await _forms_are_readable(page, visitor)
        if not AXE.exists():
            pytest.skip("widths hold; axe-core needs `npm ci --ignore-scripts --prefix tests/contract/node`")


async def _forms_are_readable(page: Page, visitor: Visitor) -> None:
    for path, form, answers, heading in SENT:
        if path:
            await page.look(visitor.base + path, width=400)
        for name, said in answers.items():
            await page.evaluate(f"document.querySelector('{form} [name={name}]').value = {said!r}")
        await page.evaluate(f"window.isOld = true; document.querySelector('{form}').requestSubmit()")
        wanted = f"document.querySelector('h1')?.textContent === {heading!r}"
        await page.until(f"!window.isOld && document.readyState === 'complete' && {wanted}")
        await _is_readable(page, heading)


async def _is_readable(page: Page, named: str) -> None:
    """The page that is open, as it is: it is looked at in both ways, and not loaded again."""
    axe = AXE.read_text(encoding="utf-8") if AXE.exists() else ""
    await page.evaluate(axe)
    for dark, width, only in LOOKS:
        await page.appear(width=width, dark=dark)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (named, width)
        if axe:
            await page.evaluate(f"window.found = null; {_SERIOUS % only}")
            assert await page.until("window.found") == "[]", (named, dark)
