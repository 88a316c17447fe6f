"""The loopback page that Zoom sends a person's browser back to: waits for one consent and shows what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from html import escape
from importlib.resources import files
from string import Template

from aiohttp import web

from processors.zoom.api.authorization import CallbackRefusedError, LoginAttempt
from schemas.errors import ConfigurationError, RollcallError

CALLBACK_PATH = "/oauth/zoom"


class Callback:
    """One attempt's page. The first answer to our own question decides; pages opened by others are turned away.

    A browser may load the page twice at once (it prefetches, a person reloads): whoever comes first claims the attempt
    before anything is awaited, and the same answer again is told what came of it. A code is good for one exchange.
    """

    def __init__(self, attempt: LoginAttempt, exchange: Callable[[str], Awaitable[None]]) -> None:
        """Nothing listens before `listening`.

        Args:
            attempt: the question that is waiting.
            exchange: turns a code into a stored login; raises a `RollcallError` that people can read.
        """
        self._attempt = attempt
        self._exchange = exchange
        self._claimed: str | None = None
        """The code that is exchanged, or was."""
        self._outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def wait(self, seconds: float) -> None:
        """Return once a login is stored.

        Raises:
            CallbackRefusedError: the person declined, or nothing came in time.
            RollcallError: what `exchange` raised.
        """
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._outcome)
        except TimeoutError:
            raise CallbackRefusedError(f"nobody came back from Zoom within {seconds:.0f} s; begin anew") from None

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[None]:
        """Serve the page. Raises `ConfigurationError` where the port is taken, or the address is not this machine's."""
        app = web.Application()
        app.router.add_get(CALLBACK_PATH, self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise ConfigurationError(
                    f"{host}:{port} cannot be opened ({error.strerror}); choose another --port, "
                    "and allow its redirect URL in the Zoom app"
                ) from error
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            code = self._attempt.code_of(request.query)
        except CallbackRefusedError as error:
            if request.query.get("error") and request.query.get("state") == self._attempt.state:
                self._settle(error)
            return _page(error)
        if self._claimed is None and not self._outcome.done():
            self._claimed = code
            await self._take(code)
        elif code != self._claimed:
            return _page(CallbackRefusedError("this question has been answered before"))
        try:
            await asyncio.shield(self._outcome)
        except RollcallError as error:
            return _page(error)
        return _page(None)

    async def _take(self, code: str) -> None:
        try:
            await self._exchange(code)
        except RollcallError as error:
            self._settle(error)
        else:
            self._settle(None)

    def _settle(self, error: RollcallError | None) -> None:
        if self._outcome.done():
            return
        if error is None:
            self._outcome.set_result(None)
        else:
            self._outcome.set_exception(error)


def _page(error: RollcallError | None) -> web.Response:
    template = Template(files("ops.zoom").joinpath("result.html").read_text(encoding="utf-8"))
    good = error is None
    text = template.substitute(
        outcome="done" if good else "failed",
        title="Rollcall is connected to Zoom" if good else "Not connected",
        text="You can close this page." if good else escape(str(error)),
        color="#1a7f4b" if good else "#b3261e",
        mark="✓" if good else "✕",
    )
    # Whoever sees the address in the browser's history or a Referer must not find a use for it.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, content_type="text/html", status=200 if good else 400, headers=headers)
