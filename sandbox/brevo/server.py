"""The HTTP side of `/v3`: one call, the fault that it meets, and the imports that go on after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from sandbox.brevo.answers import BrevoAnswer
from sandbox.brevo.control import control_routes, json_response
from sandbox.brevo.fault_answers import answer_of, without_list
from sandbox.brevo.faults import BrevoFault
from sandbox.brevo.imports import MAX_BODY_BYTES, Process
from sandbox.brevo.limits import LIMITS, family
from sandbox.brevo.state import BrevoState, Incoming
from sandbox.brevo.store import Options, Store
from sandbox.brevo.webhooks import WebhookCall

_PAGE = "<html><head><title>Gateway</title></head><body>Something else than Brevo answers.</body></html>"


@dataclass(frozen=True, slots=True)
class RunningBrevo:
    """A server that listens."""

    host: str
    port: int
    state: BrevoState

    @property
    def address(self) -> str:
        """Without a path: `/_sandbox/state` and the web page are below it."""
        return f"http://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """For `BREVO_API_BASE_URL`."""
        return f"{self.address}/v3"


class _Server:
    """Translates between aiohttp and the state; owns the work that outlives a call."""

    def __init__(self, state: BrevoState) -> None:
        self.state = state
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES + 1024 * 1024)
        app.router.add_route("*", "/v3/{tail:.*}", self.call)
        app.add_routes(control_routes(self.state, self._deliver))
        app.on_shutdown.append(self.close)
        return app

    async def close(self, _app: web.Application) -> None:
        """Let hanging calls go and stop what is queued."""
        self._closing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def call(self, request: web.Request) -> web.Response:
        """One call of Brevo's API, with the fault that it meets."""
        method, path = request.method, request.rel_url.raw_path.removeprefix("/v3")
        body = await request.read()
        fault = self.state.faults.meet(method, request.rel_url.raw_path, body)
        if fault is not None and not fault.takes_effect(method, request.rel_url.raw_path):
            return await self._fail(request, fault, self.state.label(method, path))
        incoming = Incoming(
            method,
            path,
            {name: request.query.getall(name) for name in request.query},
            request.headers.get("api-key"),
            body,
            f"http://{request.host}",
        )
        drop = fault is not None and fault.kind == "drop_attributes"
        outcome = self.state.play(incoming, drop_attributes=drop)
        self._start_queued()
        self._deliver()
        answer = outcome.answer
        if fault is not None:
            if not fault.lets_answer_through:
                return await self._fail(request, fault, outcome.label)
            await self._wait(fault.delay_seconds)
            answer = without_list(answer, fault.list_id)
        self.state.calls.count(str(answer.status), outcome.label, family(method, path))
        return json_response(answer, dict(outcome.headers))

    async def _fail(self, request: web.Request, fault: BrevoFault, label: str) -> web.Response:
        path = request.rel_url.raw_path
        name = family(request.method, path.removeprefix("/v3"))
        lost = fault.kind in ("timeout", "reset_before", "reset_after")
        answer = answer_of(fault, path)
        status = fault.status if fault.kind == "html" else answer.status if answer else "lost"
        self.state.calls.count(str(status), label, name)
        if fault.kind == "timeout" and not fault.delay_seconds:
            await self._closing.wait()
        await self._wait(fault.delay_seconds)
        if lost and request.transport is not None:
            request.transport.abort()
        if fault.kind == "html":
            return web.Response(status=fault.status, text=_PAGE, content_type="text/html")
        return json_response(answer or BrevoAnswer(500), _exhausted(name) if fault.kind == "429" else {})

    async def _wait(self, seconds: float) -> None:
        """As long as the server runs."""
        if seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._closing.wait()

    def _start_queued(self) -> None:
        for process in self.state.store.processes.take_queued():
            self._go_on(self._import(self.state.store, process))

    def _deliver(self) -> None:
        store = self.state.store
        for delivery in store.webhooks.take_deliveries():
            self._go_on(_deliver(store, delivery))

    def _go_on(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _import(self, store: Store, process: Process) -> None:
        await asyncio.sleep(store.options.import_seconds / 2)
        # A legacy value that is still sent: brevo-python changelog, 4.0.11.
        process.status = "in_process"
        await asyncio.sleep(store.options.import_seconds / 2)
        store.processes.apply(process, self.state.now())
        if process.notify_url:
            # What Brevo sends there is not documented; a receiver may rely on the call alone.
            with suppress(aiohttp.ClientError, TimeoutError):
                timeout = aiohttp.ClientTimeout(total=5)
                async with aiohttp.ClientSession(timeout=timeout) as session:
                    await session.post(process.notify_url, json={"processId": process.id, "status": process.status})


async def _deliver(store: Store, delivery: WebhookCall) -> None:
    """Tell a receiver; again later if it does not answer, or with 429. Any other answer is the end of it.

    https://developers.brevo.com/docs/retry-mechanism (checked 2026-11-21).
    """
    for wait in (0, *store.options.webhook_retry_seconds):
        await asyncio.sleep(wait)
        answer = None
        with suppress(aiohttp.ClientError, TimeoutError):
            timeout = aiohttp.ClientTimeout(total=5)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(delivery.url, data=delivery.body, headers=delivery.headers) as response,
            ):
                answer = response.status
        store.webhooks.answers.append(answer)
        if answer not in (None, 429):
            return


def build_app(state: BrevoState) -> web.Application:
    """The application over a state; call it inside a running event loop."""
    return _Server(state).app()


@asynccontextmanager
async def serving(
    options: Options | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[RunningBrevo]:
    """A sandbox that listens, for tests and the demo; port 0 picks a free one."""
    state = BrevoState(options)
    runner = web.AppRunner(build_app(state), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield RunningBrevo(host, runner.addresses[0][1], state)
    finally:
        await runner.cleanup()


async def serve(
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    options: Options | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """`rollcall sandbox brevo`: serve until cancelled.

    Args:
        port: 0 picks a free one.
        host: where to listen.
        options: by default an account with the attributes and lists of the guide.
        on_ready: told the address once it listens, such as ``http://127.0.0.1:8092``.

    Raises:
        OSError: the port is taken.
    """
    async with serving(options or Options().with_demo(), host=host, port=port) as running:
        if on_ready:
            on_ready(running.address)
        await asyncio.Event().wait()


def _exhausted(name: str) -> dict[str, str]:
    limit, _ = LIMITS[name][0]
    return {
        "x-sib-ratelimit-limit": str(limit),
        "x-sib-ratelimit-remaining": "0",
        "x-sib-ratelimit-reset": "1",
    }
