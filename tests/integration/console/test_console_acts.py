"""What a button does before and after its act: the rules that hold for every act."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from console.acting import Act, Acting, ActOutcome, Field, FormAnswers, LetterView, MadeFile, PlannedAct
from schemas.errors import ConfigurationError, RetryLaterError
from tests.support.console import Visitor, console
from tests.support.processes import eventually
from tests.support.read_model import Storyteller


@dataclass
class Basket:
    """Takes apples out: an act without Kafka, whose plan follows what is there."""

    apples: list[str] = field(default_factory=lambda: ["red", "green"])
    done: list[tuple[str, str]] = field(default_factory=list)
    file: MadeFile | None = None
    may_go_on: threading.Event | None = None
    is_away: bool = False

    def act(self) -> Act:
        """The act; the command is none that there is."""
        return Act(
            name="basket.empty",
            title="Empty the basket",
            about="Takes all apples out.",
            fields=(Field("which", "Which", default="all"),),
            command=lambda answers: f"rollcall basket empty {answers['which']}",
            plan=self.plan,
        )

    async def plan(self, answers: FormAnswers) -> PlannedAct:
        """Of what is there now; with a mark-up that is none."""
        if answers["which"] != "all":
            raise ConfigurationError("which= is none")
        apples = len(self.apples)
        return PlannedAct([f"{apples} <b>apples</b>"], "|".join(self.apples), self.carry_out, apples)

    async def carry_out(self, operator: str, reason: str) -> ActOutcome:
        """Takes them out, once it may."""
        if self.is_away:
            raise RetryLaterError("Kafka does not answer")
        if self.may_go_on is not None:
            await asyncio.to_thread(self.may_go_on.wait, 60)
        self.done.append((operator, reason))
        self.apples.clear()
        return self.file or ["2 taken"]


async def a_letter(identity: str) -> LetterView | None:
    """There is one, of one id."""
    if identity != "f" * 32:
        return None
    return LetterView(identity, {"label": "unreadable"}, "{}", "topic=raw.dlq offsets=0:1", ["basket.empty"])


@pytest.fixture
def basket() -> Basket:
    """With two apples."""
    return Basket()


@pytest.fixture
async def visitor(tmp_path: Path, basket: Basket) -> AsyncIterator[Visitor]:
    """An operator at a console with one act."""
    act = basket.act()
    acting = Acting({act.name: act}, a_letter)
    told = [Storyteller().audit(1), Storyteller().audit(2, action="resync", result="stopped", details={"sent": 1_234})]
    async with console(tmp_path, told, None, acting) as (found, _):
        assert await found.sign_in("ana") == 303
        await found.get("/sessions")
        yield found


def digest(page: str) -> str:
    """That a plan's form brings along."""
    found = re.search(r'name="digest" value="([^"]*)"', page)
    assert found is not None
    return found[1]


async def test_what_was_seen_is_done_and_noted_with_who_and_why(visitor: Visitor, basket: Basket) -> None:
    """The plan says what it would do and the command that does the same, and does nothing yet."""
    assert "Empty the basket" in (await visitor.get("/acts"))[1]
    assert "Takes all apples out." in (await visitor.get("/acts/basket.empty"))[1]
    status, _, plan = await visitor.post("/acts/basket.empty/plan", which="all")
    assert (status, basket.done) == (200, [])
    assert "2 &lt;b&gt;apples&lt;/b&gt;" in plan
    assert "rollcall basket empty all" in plan
    status, place, _ = await visitor.post("/acts/basket.empty/do", which="all", digest=digest(plan), reason=" rotten ")
    assert (status, basket.done) == (303, [("console:ana", "rotten")])
    assert "2 taken" in (await visitor.get(place))[1]
    _, _, empty = await visitor.post("/acts/basket.empty/plan", which="all")
    assert "Nothing would be changed" in empty


async def test_what_has_changed_since_it_was_seen_is_shown_anew(visitor: Visitor, basket: Basket) -> None:
    """And so is what nobody says why of; nothing is done."""
    _, _, plan = await visitor.post("/acts/basket.empty/plan", which="all")
    basket.apples.append("yellow")
    status, _, anew = await visitor.post("/acts/basket.empty/do", which="all", digest=digest(plan), reason="rotten")
    assert (status, "no longer what you saw" in anew, 'value="rotten"' in anew) == (409, True, True)
    status, _, why = await visitor.post("/acts/basket.empty/do", which="all", digest=digest(anew), reason="  ")
    assert (status, "Say why" in why, basket.done) == (409, True, [])


async def test_form_of_somewhere_else_and_reader_do_nothing(visitor: Visitor, basket: Basket) -> None:
    """Whatever page they ask."""
    fields = {"which": "all", "digest": "red|green", "reason": "rotten"}
    assert (await visitor.post("/acts/basket.empty/do", **fields, csrf="0" * 64))[0] == 403
    await visitor.post("/sign-out")
    await visitor.sign_in("ben")
    await visitor.get("/sessions")
    assert (await visitor.post("/acts/basket.empty/do", **fields))[0] == 403
    assert (await visitor.post("/acts/basket.empty/plan", **fields))[0] == 403
    for page in ("/acts", "/acts/basket.empty", f"/letters/{'f' * 32}", "/done/x"):
        assert (await visitor.get(page))[0] == 403, page
    assert basket.done == []


async def test_letter_is_opened_with_its_acts(visitor: Visitor) -> None:
    """A letter that is not there is no page."""
    status, text = await visitor.get(f"/letters/{'f' * 32}")
    assert (status, "topic=raw.dlq offsets=0:1" in text, "Empty the basket" in text) == (200, True, True)
    for page in (f"/letters/{'e' * 32}", "/letters/x", "/acts/none", "/done/none"):
        assert (await visitor.get(page))[0] == 404, page


async def test_answer_without_meaning_is_told_beside_the_form(visitor: Visitor) -> None:
    """With what was answered."""
    status, _, text = await visitor.post("/acts/basket.empty/plan", which="<some>")
    assert (status, "which= is none" in text, 'value="&lt;some&gt;"' in text) == (400, True, True)


async def test_act_that_lasts_goes_on_when_the_page_is_left(visitor: Visitor, basket: Basket) -> None:
    """The page comes again until it is over; one that ends early says why."""
    basket.may_go_on = threading.Event()
    fields = {"which": "all", "digest": "red|green", "reason": "rotten"}
    _, place, _ = await visitor.post("/acts/basket.empty/do", **fields)
    assert "It goes on" in (await visitor.get(place))[1]
    assert visitor.headers["Refresh"] == "3"
    basket.may_go_on.set()

    async def over() -> bool:
        return "2 taken" in (await visitor.get(place))[1]

    await eventually(over, what="it is over", timeout_seconds=30)
    assert "Refresh" not in visitor.headers
    basket.apples.append("blue")
    basket.is_away = True
    _, place, _ = await visitor.post("/acts/basket.empty/do", **{**fields, "digest": "blue"})

    async def ended() -> bool:
        return "It ended early: Kafka does not answer" in (await visitor.get(place))[1]

    await eventually(ended, what="it has ended early", timeout_seconds=30)


async def test_page_of_acts_tells_what_was_done(visitor: Visitor) -> None:
    """Who, what, why, and what came of it, by commands and by buttons."""
    _, text = await visitor.get("/acts")
    assert "<td>stopped</td><td>sent: 1234<br></td>" in text
    assert "<td>done</td><td>name: zoom_webinar_attended<br>verdict: resend<br>at brevo: no<br></td>" in text


async def test_file_of_an_act_is_taken_once_by_who_asked_for_it(visitor: Visitor, basket: Basket) -> None:
    """The page tells of it, and shows nothing of its content; another operator gets nothing."""
    basket.file = MadeFile("basket.json", b'{"apples": 2}', ["2 written down"])
    fields = {"which": "all", "digest": "red|green", "reason": "asked for"}
    _, place, _ = await visitor.post("/acts/basket.empty/do", **fields)
    page = (await visitor.get(place))[1]
    assert ("2 written down" in page, "Download basket.json" in page, "{&#34;" in page) == (True, True, False)
    assert (await visitor.post(f"{place}/file", csrf="0" * 64))[0] == 403
    await visitor.post("/sign-out")
    await visitor.sign_in("eve")
    await visitor.get("/acts")
    assert (await visitor.post(f"{place}/file"))[0] == 404
    await visitor.post("/sign-out")
    await visitor.sign_in("ana")
    await visitor.get(place)
    status, _, file = await visitor.post(f"{place}/file")
    assert (status, file, visitor.headers["Cache-Control"]) == (200, '{"apples": 2}', "no-store")
    assert visitor.headers["Content-Disposition"] == 'attachment; filename="basket.json"'
    assert "Download" not in (await visitor.get(place))[1]
    assert (await visitor.post(f"{place}/file"))[0] == 404
