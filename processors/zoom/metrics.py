"""Figures about questions to Zoom: what came of them, how many wait, and what a person has to mend."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class LookupMetrics:
    """One object per process, in the registry given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.lookups = Counter(
            "rollcall_zoom_lookups_total",
            "Look-up requests by kind and outcome (found, missing, unavailable, delayed, failed).",
            ["lookup", "outcome"],
            registry=registry,
        )
        self.pending = Gauge(
            "rollcall_zoom_lookups_pending",
            "Look-up requests that this worker has not answered yet.",
            registry=registry,
        )
        self.troubles = Gauge(
            "rollcall_zoom_troubles",
            "What keeps questions from being answered until a person acts, by account; readiness says what.",
            ["account"],
            registry=registry,
        )
