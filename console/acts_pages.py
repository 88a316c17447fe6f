"""What operators do: an act is asked on one page, shown as a plan on the next, and done only from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from console.acting import Act, Acting, FormAnswers, PlannedAct
from console.asking import apart, ask
from console.doing import Doings
from console.protection import ACCOUNT, for_operators
from console.rendering import Pages
from readmodel.database import Database
from readmodel.queries.operations import audit
from schemas.errors import ConfigurationError

_LONGEST_ANSWER, _LONGEST_REASON = 1_000, 500
_AGAIN_SECONDS = "3"
_OPERATOR = "console:"
"""Before the name in the audit topic: no user of the machine, but an account of the console."""


class ActsPages:
    """Handlers; they know no act by itself."""

    def __init__(self, database: Database, pages: Pages, acting: Acting) -> None:
        self._database = database
        self._pages = pages
        self._acting = acting
        self.doings = Doings()

    def routes(self) -> list[web.RouteDef]:
        """All for operators; nothing is changed but by a form of ours (`protection.from_our_forms`)."""
        return [
            web.get("/acts", self._acts),
            web.get("/acts/{act}", self._act),
            web.post("/acts/{act}/plan", self._plan),
            web.post("/acts/{act}/do", self._do),
            web.get("/done/{word}", self._done),
            web.post("/done/{word}/file", self._file),
            web.get("/letters/{letter}", self._letter),
        ]

    async def _acts(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)
        after = request.query.get("after") or None
        part = await ask(self._database, lambda connection: audit(connection, after=after))
        acts, terminal = self._acting.acts.values(), self._acting.terminal
        return self._pages.page(request, "acts.html", acts=acts, terminal=terminal, part=part, after=after)

    async def _act(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)
        act = self._chosen(request)
        return self._pages.page(request, "act.html", act=act, answers=_answers(act, request.query), problem="")

    async def _plan(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)
        act = self._chosen(request)
        answers = _answers(act, await request.post())
        try:
            planned = await apart(lambda: act.plan(answers))
        except ConfigurationError as error:
            return self._pages.page(request, "act.html", status=400, act=act, answers=answers, problem=str(error))
        return self._shown(request, act, answers, planned)

    async def _do(self, request: web.Request) -> web.StreamResponse:
        """Only what was seen is done: it is planned once more, and compared."""
        for_operators(request)
        act, fields = self._chosen(request), await request.post()
        answers, reason = _answers(act, fields), str(fields.get("reason", "")).strip()[:_LONGEST_REASON]
        planned = await apart(lambda: act.plan(answers))
        if planned.digest != str(fields.get("digest", "")):
            return self._shown(request, act, answers, planned, "This is no longer what you saw: look again.", reason)
        if not reason:
            return self._shown(request, act, answers, planned, "Say why: the audit topic has it with your name.")
        operator = _operator(request)
        doing = await self.doings.begin(act.title, operator, apart(lambda: planned.carry_out(operator, reason)))
        raise web.HTTPSeeOther(f"/done/{doing.word}")

    def _shown(
        self,
        request: web.Request,
        act: Act,
        answers: FormAnswers,
        planned: PlannedAct,
        problem: str = "",
        reason: str = "",
    ) -> web.Response:
        return self._pages.page(
            request, "plan.html", status=409 if problem else 200, act=act, answers=answers, planned=planned,
            problem=problem, reason=reason,
        )  # fmt: skip

    async def _done(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)
        doing = self.doings.of(request.match_info["word"])
        if doing is None:
            raise web.HTTPNotFound
        response = self._pages.page(request, "done.html", doing=doing)
        if not doing.is_over:
            response.headers["Refresh"] = _AGAIN_SECONDS
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Once, and to nobody but who asked for it."""
        for_operators(request)
        doing = self.doings.of(request.match_info["word"])
        if doing is None or doing.operator != _operator(request) or (file := doing.take_file()) is None:
            raise web.HTTPNotFound
        return web.Response(
            body=file.content,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
        )

    async def _letter(self, request: web.Request) -> web.StreamResponse:
        for_operators(request)
        letter = await apart(lambda: self._acting.letter(request.match_info["letter"]))
        if letter is None:
            raise web.HTTPNotFound
        acts = [self._acting.acts[name] for name in letter.acts]
        return self._pages.page(request, "letter.html", letter=letter, acts=acts)

    def _chosen(self, request: web.Request) -> Act:
        act = self._acting.acts.get(request.match_info["act"])
        if act is None:
            raise web.HTTPNotFound
        return act


def _operator(request: web.Request) -> str:
    """Who asks, as the audit topic has it."""
    return f"{_OPERATOR}{request[ACCOUNT].name}"


def _answers(act: Act, fields: Mapping[str, Any]) -> FormAnswers:
    """What a form says of each field of the act; its default where it says nothing of it."""
    return {field.name: str(fields.get(field.name, field.default))[:_LONGEST_ANSWER].strip() for field in act.fields}
