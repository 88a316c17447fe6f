"""What tests of the ingress share: signed deliveries, examples, settings, and a publisher in memory."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typing_extensions import override

from ingress.envelope import OutgoingRecord
from ingress.errors import NotAcknowledgedError, UnavailableReason
from ingress.publisher import Publisher
from ingress.settings import IngressSettings, Limits
from ingress.signature import SigningKey
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.variables import Address

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
ACCOUNT = "Qm7dTr2xR9-aLwK3vNzY5g"
SECRET = b"fixture-secret-token-not-real"
KEY = SigningKey(SECRET, (ACCOUNT,))
REQUEST_ID = "6009d653_d487_445d_8406_42b654974899"


def vectors() -> dict[str, Any]:
    """Signatures, challenge answer and path encodings computed apart from this code."""
    return dict(json.loads((EXAMPLES / "zoom.signatures" / "vectors.json").read_bytes()))


def example_files() -> list[Path]:
    """Every sample of a webhook: `<event>__<variant>.json`."""
    return sorted((EXAMPLES / "zoom.events.raw.v1").glob("*.json"))


def example(name: str) -> dict[str, Any]:
    """One sample by `<event>__<variant>`, parsed."""
    return dict(json.loads((EXAMPLES / "zoom.events.raw.v1" / f"{name}.json").read_bytes()))


def as_zoom_writes(event: Any) -> bytes:
    """Compact JSON with literal non-ASCII characters."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def signed_headers(
    body: bytes,
    *,
    secret: bytes = SECRET,
    at: float | None = None,
    request_id: str | None = REQUEST_ID,
    content_type: str = "application/json; charset=utf-8",
) -> dict[str, str]:
    """The headers of a delivery, signed for the second `at` (default: now)."""
    timestamp = str(int(time.time() if at is None else at))
    signature = hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": content_type,
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": f"v0={signature}",
    }
    return headers if request_id is None else {**headers, "x-zm-request-id": request_id}


def ingress_settings_for(
    *keys: SigningKey, bootstrap: str = "127.0.0.1:1", prefix: str = "", limits: Limits | None = None
) -> IngressSettings:
    """Settings for tests: any free ports, the fixtures' secret unless other keys are given."""
    return IngressSettings(
        listen=Address("127.0.0.1", 0, "INGRESS_HOST", "INGRESS_PORT"),
        admin=Address("127.0.0.1", 0, "ADMIN_HOST", "ADMIN_PORT"),
        connection=KafkaConnection(bootstrap, topic_prefix=prefix),
        kafka=Kafka(),
        keys=keys or (KEY,),
        limits=limits or Limits(),
    )


@dataclass
class MemoryPublisher(Publisher):
    """Keeps records in a list; refuses when told to, or waits until `gate` is open."""

    published: list[tuple[str, OutgoingRecord]] = field(default_factory=list)
    refusal: UnavailableReason | None = None
    gate: asyncio.Event | None = None

    @override
    async def publish(self, topic: str, record: OutgoingRecord) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.refusal is not None:
            raise NotAcknowledgedError(self.refusal)
        self.published.append((topic, record))

    def values(self, topic: str) -> Sequence[bytes]:
        """What was published on a topic, in order."""
        return [record.value for name, record in self.published if name == topic]
