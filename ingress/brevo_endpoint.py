"""The endpoint for Brevo's own webhooks: who is unsubscribed or deleted, and which import has ended.

Brevo drops what is answered 5xx or 4xx for good; only after 429 it comes again (developers.brevo.com/docs/
retry-mechanism, checked 2026-11-21). So whatever cannot be stored now is answered 429.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from ingress.bodies import Bodies, BodyFailure
from ingress.brevo_feedback import feedback_of
from ingress.brevo_keys import BrevoKeys
from ingress.envelope import OutgoingRecord
from ingress.errors import NotAcknowledgedError
from ingress.paths import Paths
from ingress.publisher import Publisher
from schemas.brevo_feedback import BrevoFeedback, import_signature
from schemas.cloud_events import event_headers
from schemas.topics import BREVO_EVENTS

BREVO_PATH = "/webhooks/brevo"
_STATUSES: Mapping[BodyFailure, int] = {
    "too_large": 413,
    "slow_body": 429,
    "overloaded": 429,
    "hung_up": 400,
    "bad_body": 400,
}
_LONGEST_ID = 64
"""Characters of an import's or a contact's id; ours have 32."""


class BrevoEndpoint:
    """Stores, then answers 200."""

    def __init__(
        self,
        keys: BrevoKeys,
        publisher: Publisher,
        prefix: str,
        registry: CollectorRegistry,
        bodies: Bodies,
    ) -> None:
        self._keys = keys
        self._publisher = publisher
        self._topic = BREVO_EVENTS.physical(prefix)
        self._bodies = bodies
        self._answers = Counter(
            "rollcall_ingress_brevo_deliveries_total",
            "Deliveries of Brevo by the answer's status",
            ["status"],
            registry=registry,
        )

    def add_to(self, paths: Paths) -> None:
        """Without any secret the paths do not exist."""
        if self._keys.authorizations:
            paths.add_post(BREVO_PATH, self.receive)
        if self._keys.token:
            paths.add_post(f"{BREVO_PATH}/imports", self.import_ended)

    async def receive(self, request: web.BaseRequest) -> web.Response:
        """Feedback of contacts."""
        if not self._keys.accept(request.headers.get("Authorization", "")):
            return self._answer(401)
        body = "too_large" if self._bodies.is_too_large(request) else await self._bodies.read(request)
        if isinstance(body, str):
            return self._answer(_STATUSES[body])
        feedback = feedback_of(body, datetime.now(UTC))
        return self._answer(400) if feedback is None else await self._store(feedback)

    async def import_ended(self, request: web.BaseRequest) -> web.Response:
        """The end of an import; what Brevo sends with it is not documented, so the URL alone says which."""
        import_id, contact, signature = (request.query.get(name, "") for name in ("import", "contact", "signature"))
        if not import_id or max(len(import_id), len(contact)) > _LONGEST_ID:
            return self._answer(401)
        expected = import_signature(self._keys.token, import_id, contact)
        if not hmac.compare_digest(expected.encode(), signature.encode(errors="surrogateescape")):
            return self._answer(401)
        now = datetime.now(UTC)
        return await self._store(
            [
                BrevoFeedback(
                    kind="import_ended", contact_id=contact, source="import", import_id=import_id, occurred_at=now
                )
            ]
        )

    async def _store(self, feedback: list[BrevoFeedback]) -> web.Response:
        now_ms = int(datetime.now(UTC).timestamp() * 1_000)
        records = [_record(said, now_ms) for said in feedback]
        try:
            await asyncio.gather(*(self._publisher.publish(self._topic, record) for record in records))
        except NotAcknowledgedError:
            return self._answer(429)
        return self._answer(200)

    def _answer(self, status: int) -> web.Response:
        self._answers.labels(str(status)).inc()
        return web.json_response({"status": "accepted" if status == 200 else "refused"}, status=status)


def _record(feedback: BrevoFeedback, now_ms: int) -> OutgoingRecord:
    key, value = feedback.contact_id.encode(), feedback.to_bytes()
    return OutgoingRecord(key, value, list(event_headers(BREVO_EVENTS.name, key, feedback, value)), now_ms)
