"""Templates with the values of a page; what they show is escaped, and a name that is missing is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.gate import Gate
from console.protection import ACCOUNT
from console.views import bars, links, words
from readmodel.health import is_silent

HERE = Path(__file__).parent
_FILTERS = (
    words.words, words.state_words, words.sync_words, words.when, words.second, words.lasting, words.number, words.ago,
    words.with_code, links.session_word, bars.bars, bars.stays_in_words,
)  # fmt: skip


class Pages:
    """Renders pages."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._templates = templates()

    def page(
        self, request: web.Request, template: str, *, status: int = 200, live: int | None = None, **values: Any
    ) -> web.Response:
        """The page as an answer; a browser that comes for the first time gets its word.

        Args:
            request: what is answered.
            template: its name.
            status: of the answer.
            live: `asking.batches` before its questions, of a page that keeps itself up to date.
            values: what the template shows.
        """
        word = self._gate.greet(request)
        text = self._templates.get_template(template).render(
            account=request.get(ACCOUNT), path=request.path, live=live, csrf=self._gate.token(request, word), **values
        )
        response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        if word:
            self._gate.set_word(response, word)
        return response


@cache
def templates() -> Environment:
    """All that there are, compiled once, with what they call: whoever comes first does not wait for that."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {given.__name__: given for given in _FILTERS}
    found.globals |= {"query": links.query, "is_silent": is_silent}
    for name in found.list_templates():
        found.get_template(name)
    return found
