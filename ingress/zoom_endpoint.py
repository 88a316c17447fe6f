"""The endpoint for Zoom's webhooks: reads a delivery within bounds, has it decided, publishes it, answers. No rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from urllib.parse import quote

from aiohttp import web

from ingress.bodies import Bodies, BodyFailure
from ingress.decision import DeliveryOutcome, Publish, Reply, check_headers, decide
from ingress.envelope import Delivery
from ingress.errors import NotAcknowledgedError, UnavailableReason
from ingress.metrics import IngressMetrics
from ingress.paths import Paths
from ingress.publisher import Publisher
from ingress.replays import Replays
from ingress.samples import SampleLog
from ingress.settings import IngressSettings
from ingress.signature import SigningKey

_ZOOM_PATH = "/webhooks/zoom"

_TOO_LARGE = b'{"status":"too large"}'
_WRONG_TYPE = b'{"status":"content type must be application/json"}'
_BAD_REQUEST = b'{"status":"bad request"}'
_UNAVAILABLE = b'{"status":"unavailable"}'
_JSON = "application/json"
_LONGEST_HEADER = 200
"""Characters of any header that we read; longer ones are not looked at."""


class ZoomEndpoint:
    """Receives deliveries, and publishes each of them once."""

    def __init__(
        self, settings: IngressSettings, publisher: Publisher, metrics: IngressMetrics, bodies: Bodies
    ) -> None:
        self._settings = settings
        self._prefix = settings.connection.topic_prefix
        self._publisher = publisher
        self._metrics = metrics
        self._bodies = bodies
        self._samples = SampleLog(settings.sampled_accounts)
        self._payloads_of = settings.payloads_of
        limits = settings.limits
        # A timestamp may be ahead of our clock by the tolerance, and is fresh until it is behind by as much.
        fresh_seconds = 2 * max((key.tolerance_seconds for key in settings.keys), default=0)
        self._fresh = Replays(fresh_seconds, limits.remembered_signatures)
        self._stale = Replays(limits.stale_seconds, limits.remembered_signatures)
        self._under_way: dict[bytes, asyncio.Future[UnavailableReason | None] | None] = {}

    def add_to(self, paths: Paths) -> None:
        """A path per account, so that an unknown one is 404 like any other path that does not exist."""
        settings = self._settings
        paths.add_post(_ZOOM_PATH, partial(self._receive, settings.keys))
        for account in settings.accounts:
            path = f"{_ZOOM_PATH}/{quote(account, safe='')}"
            paths.add_post(path, partial(self._receive, settings.keys_of(account)))

    def refuse(self) -> web.Response:
        """The answer to a client that has too many requests under way."""
        return self._unavailable("overloaded")

    async def _receive(self, keys: Sequence[SigningKey], request: web.BaseRequest) -> web.Response:
        received_at, began = time.time(), time.perf_counter()
        # Whatever can be refused by the headers is, before a byte of the body is waited for.
        if self._bodies.is_too_large(request):
            return self._failed("too_large")
        if not _is_json(request.headers.get("content-type", "")):
            return self._answer(415, _WRONG_TYPE, "wrong_type")
        timestamp, signature = _header(request, "x-zm-request-timestamp"), _header(request, "x-zm-signature")
        is_there = request.content.is_eof()
        if not is_there and (refused := check_headers(timestamp, signature)):
            return self._answer(refused.status, refused.body, refused.outcome, refused.reason)
        body = await self._bodies.read(request)
        if isinstance(body, str):
            return self._failed(body)
        delivery = Delivery(body, timestamp, signature, request.headers.get("x-zm-request-id", ""), received_at)
        decided = decide(keys, delivery, self._payloads_of)
        if isinstance(decided, Reply):
            return self._answer(decided.status, decided.body, decided.outcome, decided.reason)
        return await self._publish(delivery, decided, began)

    async def _publish(self, delivery: Delivery, decided: Publish, began: float) -> web.Response:
        signature = delivery.signature
        published = self._stale if decided.outcome == "quarantined_stale" else self._fresh
        if not published.claim(signature, delivery.received_at):
            return await self._again(signature, decided)
        self._under_way[signature] = None
        reason: UnavailableReason | None = "failed"
        try:
            await self._publisher.publish(decided.topic.physical(self._prefix), decided.record)
            reason = None
        except NotAcknowledgedError as error:
            reason = error.reason
        finally:
            if reason:
                published.forget(signature)
            if waiting := self._under_way.pop(signature):
                waiting.set_result(reason)
        if reason:
            return self._unavailable(reason)
        self._metrics.acknowledged_seconds.observe(time.perf_counter() - began)
        self._samples.show(delivery, decided)
        return self._answer(200, decided.body, decided.outcome)

    async def _again(self, signature: bytes, decided: Publish) -> web.Response:
        """As the first one is answered, once it is: 200 is said to nobody before Kafka has it."""
        if signature in self._under_way:
            waiting = self._under_way[signature]
            if waiting is None:
                waiting = self._under_way[signature] = asyncio.get_running_loop().create_future()
            if reason := await asyncio.shield(waiting):
                return self._unavailable(reason)
        return self._answer(200, decided.body, "replayed")

    def _failed(self, failure: BodyFailure) -> web.Response:
        match failure:
            case "too_large":
                return self._answer(413, _TOO_LARGE, failure)
            case "slow_body" | "overloaded":
                return self._unavailable(failure)
            case "hung_up" | "bad_body":  # nobody reads the answer of the first
                return self._answer(400, _BAD_REQUEST, failure)

    def _unavailable(self, reason: UnavailableReason) -> web.Response:
        # 503 and never 429 or another 4xx, which Zoom does not send again:
        # https://developers.zoom.us/docs/api/webhooks/#notification-delivery, checked 2026-11-21
        self._metrics.count_unavailable(reason)
        return _json(503, _UNAVAILABLE)

    def _answer(self, status: int, body: bytes, outcome: DeliveryOutcome, reason: str = "") -> web.Response:
        self._metrics.count(outcome, reason)
        return _json(status, body)


def _header(request: web.BaseRequest, name: str) -> bytes:
    # aiohttp keeps bytes that are no UTF-8 as surrogates.
    return request.headers.get(name, "")[:_LONGEST_HEADER].encode(errors="surrogateescape")


@lru_cache(maxsize=64)  # Zoom's is always the same
def _is_json(content_type: str) -> bool:
    return content_type[:_LONGEST_HEADER].partition(";")[0].strip().lower() == _JSON


def _json(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type=_JSON)
