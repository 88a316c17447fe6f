"""Guards a port of ours against slow, idle, too many and malformed clients; what it refuses is counted, never logged.

aiohttp 3 has no time for a request's headers, no limit of connections, and logs a malformed request with its own bytes.
Its `RequestHandler` is one connection's protocol; this one overrides methods of asyncio's protocol and the public ones
`finish_response`, `pause_reading`, `resume_reading`, `handle_error` and `log_exception`, and looks at its queue of
messages. `tests/unit/runtime/test_guard.py` holds what is relied on, so that a release of aiohttp that changes it is
noticed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal

from aiohttp import EMPTY_PAYLOAD, StreamReader, hdrs, web
from aiohttp.http_exceptions import BadStatusLine, HttpProcessingError, InvalidURLError
from typing_extensions import override

from runtime.addresses import Network, is_within
from runtime.connections import ConnectionLimits, Connections

_log = logging.getLogger(__name__)

ConnectionRefusal = Literal["bad_request_line", "bad_header", "late_headers", "too_many_connections", "failed"]
"""What is counted: a request that is no HTTP, by what is wrong with it; a connection that was closed, by why; and
`failed`, a bug of ours, which alone is logged."""

_SERVER = "rollcall"
"""For the header `Server`: without it aiohttp tells its own version and Python's."""
_READ_BYTES = 4_096
"""What aiohttp reads of a body ahead of its handler, and a sixteenth of it in chunks of `Transfer-Encoding: chunked`:
each chunk costs some 2 µs, also one of a single byte, and nothing else goes on meanwhile."""
_LINGER_SECONDS = 1.0
"""For a client that still sends a body which is answered already: closed at once, it would not see the answer."""
_SWEEP_SECONDS = 0.5
_BACKLOG = 1_024

RefusalListener = Callable[[ConnectionRefusal], None]


class Guard:
    """What the connections of one port share.

    Args:
        limits: of connections.
        tell: called for each `ConnectionRefusal`.
        proxies: networks of proxies, whose connections count for no address.
    """

    def __init__(self, limits: ConnectionLimits, tell: RefusalListener, proxies: Sequence[Network] = ()) -> None:
        self.connections: Connections[GuardedHandler] = Connections(limits)
        self.tell = tell
        self._limits = limits
        self._proxies = tuple(proxies)
        self._sweep: asyncio.TimerHandle | None = None

    async def serve(self, server: web.Server, host: str, port: int, **options: Any) -> asyncio.Server:
        """Open the port for a runner's server (`web.AppRunner.server`), with aiohttp's options of a connection.

        Raises:
            OSError: the port is taken or not allowed, or the host is not this machine's.
        """
        loop = asyncio.get_running_loop()
        make_request = server.request_factory

        def begin(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
            protocol.begin(payload)
            return make_request(message, payload, protocol, writer, task)

        server.request_factory = begin
        opened = await loop.create_server(
            lambda: GuardedHandler(self, server, loop, self._limits.idle_seconds, access_log=None, **options),
            host,
            port,
            backlog=_BACKLOG,
        )
        self._sweep = loop.call_later(_SWEEP_SECONDS, self._close_late, loop)
        return opened

    def stop(self) -> None:
        """No longer look for late clients; harmless to repeat."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def address_of(self, transport: asyncio.BaseTransport) -> str | None:
        """Whose limit a connection counts for."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else None
        return None if address is None or is_within(address, self._proxies) else address

    def _close_late(self, loop: asyncio.AbstractEventLoop) -> None:
        for connection in self.connections.late(loop.time()):
            connection.drop("late_headers")
        self._sweep = loop.call_later(_SWEEP_SECONDS, self._close_late, loop)


class GuardedHandler(web.RequestHandler):
    """One connection."""

    __slots__ = ("_body", "_deaf", "_guard", "_is_held")

    def __init__(
        self, guard: Guard, server: web.Server, loop: asyncio.AbstractEventLoop, idle_seconds: float, **options: Any
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=idle_seconds,
            read_bufsize=_READ_BYTES,
            lingering_time=_LINGER_SECONDS,
            **options,
        )
        self._guard = guard
        self._body: StreamReader = EMPTY_PAYLOAD
        self._deaf = False
        self._is_held = False

    def begin(self, body: StreamReader) -> None:
        """The headers of a request are complete; its body may be under way."""
        self._guard.connections.begins(self)
        self._body = body

    def drop(self, why: ConnectionRefusal) -> None:
        """Close at once, also with an answer that nobody reads."""
        self._guard.tell(why)
        self._guard.connections.closed(self)
        transport = self.transport
        self.force_close()
        if transport is not None:
            transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: it is open. One too many closes another, or is closed."""
        victim = self._guard.connections.opened(self, self._guard.address_of(transport), self._loop.time())
        if victim is self:
            self._guard.tell("too_many_connections")
            self._deaf = True
            transport.close()
            return
        if victim is not None:
            victim.drop("too_many_connections")
        super().connection_made(transport)

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        """asyncio: it is closed."""
        self._guard.connections.closed(self)
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        """asyncio: bytes have come. What comes after an answer that did not wait for it is not even parsed."""
        if self._deaf:
            return
        self._guard.connections.receives(self, self._loop.time())
        super().data_received(data)
        if self._messages and not self._body.is_eof():
            # Nothing but aiohttp's error can stand behind a body that is not complete, and nobody tells the body.
            self._body.set_exception(web.RequestPayloadError("malformed"))

    @override
    def pause_reading(self) -> None:
        """aiohttp: a body has come faster than it is read."""
        self._is_held = True
        super().pause_reading()

    @override
    def resume_reading(self, resume_parser: bool = True) -> None:
        """aiohttp: there is room again; which it says twice of each body, and parses anew, also of one never held."""
        if self._is_held:
            self._is_held = False
            super().resume_reading(resume_parser)

    @override
    def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        """aiohttp: send an answer; it does so before anything else goes on, if the client takes it."""
        resp.headers[hdrs.SERVER] = _SERVER
        if not request.content.is_eof():
            resp.force_close()
            self._deaf = True
        self._guard.connections.waits(self)
        return super().finish_response(request, resp, start_time)

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # with the request's own bytes: not told
    ) -> web.StreamResponse:
        """aiohttp: the answer to what is no HTTP, or to an error that left a handler."""
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        if isinstance(exc, HttpProcessingError):
            self._guard.tell(_wrong_with(exc))
            answer = web.Response(status=400, body=b'{"status":"bad request"}', content_type="application/json")
        else:
            self._guard.tell("failed")
            _log.error("request failed", exc_info=exc)
            answer = web.Response(status=status, body=b'{"status":"internal error"}', content_type="application/json")
        answer.force_close()
        return answer

    @override
    def log_exception(self, *args: Any, **kw: Any) -> None:
        """aiohttp: an error that no request explains, with foreign text; a malformed body's was told to who read it."""
        if isinstance(kw.get("exc_info"), web.RequestPayloadError):
            return
        self._guard.tell("failed")
        _log.error("connection failed", exc_info=kw.get("exc_info"))


def _wrong_with(error: HttpProcessingError) -> ConnectionRefusal:
    return "bad_request_line" if isinstance(error, BadStatusLine | InvalidURLError) else "bad_header"
