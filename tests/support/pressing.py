"""Acts of operators on the console's pages, over the buttons and the Kafka of an installation."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.buttons import acting
from tests.support.console import Visitor, console
from tests.support.processes import eventually

OPERATOR = "console:ana"
"""Who acts, as the audit topic has it."""
_SECONDS = 120


@dataclass(frozen=True)
class Operator:
    """Somebody who is signed in as one."""

    visitor: Visitor

    async def looks(self, act: str, **answers: str) -> str:
        """What the act would do: the lines of its plan."""
        await self.visitor.get("/acts")
        status, _, page = await self.visitor.post(f"/acts/{act}/plan", **answers)
        assert status == 200, page
        return _told(page)

    async def is_told(self, act: str, **answers: str) -> str:
        """Why the act cannot be done now."""
        await self.visitor.get("/acts")
        status, _, page = await self.visitor.post(f"/acts/{act}/plan", **answers)
        assert status == 400, page
        return html.unescape(page)

    async def does(self, act: str, reason: str, **answers: str) -> str:
        """Plan the act, do what was seen, and wait for its end: what was done."""
        return _told(await self._done(act, reason, **answers))

    async def takes(self, act: str, reason: str, **answers: str) -> str:
        """The same: the file that the act has made."""
        page = await self._done(act, reason, **answers)
        place = re.search(r'action="(/done/[^"]+/file)"', page)
        assert place is not None, page
        status, _, file = await self.visitor.post(place[1])
        assert status == 200, file
        return file

    async def _done(self, act: str, reason: str, **answers: str) -> str:
        await self.visitor.get("/acts")
        _, _, plan = await self.visitor.post(f"/acts/{act}/plan", **answers)
        digest = re.search(r'name="digest" value="([^"]+)"', plan)
        assert digest is not None, plan
        status, place, page = await self.visitor.post(f"/acts/{act}/do", digest=digest[1], reason=reason, **answers)
        assert status == 303, page

        async def over() -> bool:
            return "It goes on" not in (await self.visitor.get(place))[1]

        await eventually(over, timeout_seconds=_SECONDS, what=f"{act} is over")
        page = (await self.visitor.get(place))[1]
        assert "Done." in page, page
        return page


def _told(page: str) -> str:
    found = re.search(r'<pre class="told">(.*?)</pre>', page, re.DOTALL)
    assert found is not None, page
    return html.unescape(found[1])


@asynccontextmanager
async def operator(environment: Mapping[str, str], folder: Path) -> AsyncIterator[Operator]:
    """Somebody at a console of the installation whose worker has this environment."""
    async with console(folder, [], None, acting(environment)) as (visitor, _):
        assert await visitor.sign_in("ana") == 303
        yield Operator(visitor)
