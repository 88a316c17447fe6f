"""The ingress's figures for Prometheus, in a registry of its own. No label holds an account, an event or a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ingress.decision import DeliveryOutcome
from ingress.errors import UnavailableReason
from runtime.guard import ConnectionRefusal

ClosedReason = Literal["late_headers", "too_many_connections"]
UnauthorizedReason = Literal["missing_header", "malformed_header", "wrong_signature"]
# Seconds; Zoom's limit is 3, ours 2.5.
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class IngressMetrics:
    """Counters with their labels bound once: looking a label up costs more than counting."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        deliveries = Counter(
            "rollcall_ingress_deliveries", "Deliveries by what became of them", ["outcome"], registry=self.registry
        )
        unauthorized = Counter(
            "rollcall_ingress_unauthorized", "Deliveries answered 401 by reason", ["reason"], registry=self.registry
        )
        unavailable = Counter(
            "rollcall_ingress_unavailable", "Deliveries answered 503 by reason", ["reason"], registry=self.registry
        )
        closed = Counter(
            "rollcall_ingress_connections_closed",
            "Connections that were closed on the client, by why",
            ["reason"],
            registry=self.registry,
        )
        self._closed = {reason: closed.labels(reason) for reason in get_args(ClosedReason)}
        self._deliveries = {outcome: deliveries.labels(outcome) for outcome in get_args(DeliveryOutcome)}
        self._unauthorized = {reason: unauthorized.labels(reason) for reason in get_args(UnauthorizedReason)}
        self._unavailable = {reason: unavailable.labels(reason) for reason in get_args(UnavailableReason)}
        self.acknowledged_seconds = Histogram(
            "rollcall_ingress_acknowledged_seconds",
            "From a delivery's arrival to Kafka's acknowledgement",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        # Zoom validates an endpoint every 72 hours and disables it after six failures:
        # https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint, checked 2026-11-21
        self._last_validation = Gauge(
            "rollcall_ingress_last_validation_timestamp_seconds",
            "When a challenge was answered last, seconds since 1970; 0: none since the start",
            registry=self.registry,
        )
        Gauge(
            "rollcall_ingress_start_timestamp_seconds",
            "When the process began, seconds since 1970",
            registry=self.registry,
        ).set_to_current_time()
        self.batches = Counter("rollcall_ingress_batches", "Batches that Kafka acknowledged", registry=self.registry)

    def count(self, outcome: DeliveryOutcome, reason: str = "") -> None:
        """Count a delivery that was answered; `reason` for those answered 401."""
        self._deliveries[outcome].inc()
        if outcome == "challenge":
            self._last_validation.set_to_current_time()
        if reason:
            self._unauthorized[reason].inc()

    def count_refusal(self, refusal: ConnectionRefusal) -> None:
        """Count what the guard of the port refused: requests among the deliveries, connections apart."""
        if refusal == "late_headers" or refusal == "too_many_connections":  # noqa: PLR1714 (mypy narrows this one)
            self._closed[refusal].inc()
        else:
            self._deliveries[refusal].inc()

    def count_unavailable(self, reason: UnavailableReason) -> None:
        """Count a delivery that was answered 503."""
        self._deliveries["unavailable"].inc()
        self._unavailable[reason].inc()

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A gauge that is read when it is asked for."""
        Gauge(name, text, registry=self.registry).set_function(read)
