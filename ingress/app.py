"""The public HTTP door: reads a delivery within bounds, has it decided, publishes it, answers. No rules of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from urllib.parse import quote

from aiohttp import web

from ingress.brevo_door import BrevoDoor
from ingress.decision import Answer, Outcome, Publish, decide
from ingress.envelope import Delivery
from ingress.errors import NotAcknowledgedError, UnavailableReason
from ingress.metrics import IngressMetrics
from ingress.publisher import Publisher
from ingress.samples import SampleLog
from ingress.settings import IngressSettings
from ingress.signature import SigningKey

Handler = Callable[[web.Request], Awaitable[web.Response]]

PATH = "/webhooks/zoom"

_TOO_LARGE = b'{"status":"too large"}'
_WRONG_TYPE = b'{"status":"content type must be application/json"}'
_UNAVAILABLE = b'{"status":"unavailable"}'
_JSON = "application/json"


def build_app(settings: IngressSettings, publisher: Publisher, metrics: IngressMetrics) -> web.Application:
    """The application, ready for a runner that leaves bodies as they are (`auto_decompress=False`).

    A path per account, so that an unknown one is 404 like any other path that does not exist.
    """
    app = web.Application(client_max_size=settings.limits.body_bytes)
    door = Door(settings, publisher, metrics)
    app.router.add_post(PATH, door.for_keys(settings.keys))
    for account in settings.accounts:
        app.router.add_post(f"{PATH}/{quote(account, safe='')}", door.for_keys(settings.keys_of(account)))
    BrevoDoor(settings.brevo, publisher, settings.connection.topic_prefix, metrics.registry).add_to(app)
    return app


class Door:
    """Receives deliveries. What it holds of bodies that are still arriving is bounded as what waits for Kafka is."""

    def __init__(self, settings: IngressSettings, publisher: Publisher, metrics: IngressMetrics) -> None:
        self._limits = settings.limits
        self._prefix = settings.connection.topic_prefix
        self._publisher = publisher
        self._metrics = metrics
        self._samples = SampleLog(settings.sampled_accounts)
        self._arriving_bytes = 0

    def for_keys(self, keys: Sequence[SigningKey]) -> Handler:
        """The handler of a path whose deliveries these keys verify."""
        return partial(self._receive, keys)

    async def _receive(self, keys: Sequence[SigningKey], request: web.Request) -> web.Response:
        received_at, began = time.time(), time.perf_counter()
        try:
            body = await self._read(request)
        except web.HTTPRequestEntityTooLarge:
            return self._answer(413, _TOO_LARGE, "too_large")
        except TimeoutError:
            return self._unavailable("slow_body")
        if request.content_type != _JSON:
            return self._answer(415, _WRONG_TYPE, "wrong_type")
        delivery = _delivery(request, body, received_at)
        decided = decide(keys, delivery)
        if isinstance(decided, Answer):
            return self._answer(decided.status, decided.body, decided.outcome, decided.reason)
        return await self._publish(delivery, decided, began)

    async def _publish(self, delivery: Delivery, decided: Publish, began: float) -> web.Response:
        try:
            await self._publisher.publish(decided.topic.physical(self._prefix), decided.record)
        except NotAcknowledgedError as error:
            return self._unavailable(error.reason)
        self._metrics.acknowledged_seconds.observe(time.perf_counter() - began)
        self._samples.show(delivery, decided)
        return self._answer(200, decided.body, decided.outcome)

    async def _read(self, request: web.Request) -> bytes:
        """The raw body.

        Raises:
            web.HTTPRequestEntityTooLarge: it is, or says it is, larger than allowed.
            TimeoutError: it did not arrive in time, or too many bodies are arriving already.
        """
        length = request.content_length
        if length is not None and length > self._limits.body_bytes:
            raise web.HTTPRequestEntityTooLarge(self._limits.body_bytes)
        if request.content.is_eof():  # it came with its headers, as nearly all do
            body = request.content.read_nowait()
            if len(body) > self._limits.body_bytes:
                raise web.HTTPRequestEntityTooLarge(self._limits.body_bytes)
            return body
        room = self._limits.body_bytes if length is None else length
        if self._arriving_bytes + room > self._limits.waiting_bytes:
            raise TimeoutError("too many bodies are arriving")
        self._arriving_bytes += room
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await request.read()
        finally:
            self._arriving_bytes -= room

    def _unavailable(self, reason: UnavailableReason) -> web.Response:
        # 503 and never 429 or another 4xx, which Zoom does not send again:
        # https://developers.zoom.us/docs/api/webhooks/#notification-delivery, checked 2026-11-21
        self._metrics.count_unavailable(reason)
        return _json(503, _UNAVAILABLE)

    def _answer(self, status: int, body: bytes, outcome: Outcome, reason: str = "") -> web.Response:
        self._metrics.count(outcome, reason)
        return _json(status, body)


def _delivery(request: web.Request, body: bytes, received_at: float) -> Delivery:
    headers = request.headers
    return Delivery(
        body,
        # aiohttp keeps bytes that are no UTF-8 as surrogates.
        headers.get("x-zm-request-timestamp", "").encode(errors="surrogateescape"),
        headers.get("x-zm-signature", "").encode(errors="surrogateescape"),
        headers.get("x-zm-request-id", ""),
        received_at,
    )


def _json(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type=_JSON)
