"""Figures about Zoom's REST API, for the registry that the composition root hands in."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class ZoomMetrics:
    """All `rollcall_zoom_*` series; one object per process, shared by the clients of all accounts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "rollcall_zoom_requests_total",
            "Requests to Zoom's REST API by endpoint and what came of them (done, missing, retry, ..., no answer).",
            ["endpoint", "outcome"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "rollcall_zoom_request_seconds",
            "Time from sending a request to having read its answer.",
            ["endpoint"],
            registry=registry,
        )
        self.wait_seconds = Counter(
            "rollcall_zoom_wait_seconds_total",
            "Time that requests waited for a rate limit of ours (pace) or because Zoom said so (told), by label.",
            ["label", "reason"],
            registry=registry,
        )
        self.permits = Counter(
            "rollcall_zoom_permits_total",
            "Calls that the limits let through, by account and label.",
            ["account", "label"],
            registry=registry,
        )
        self.retries = Counter(
            "rollcall_zoom_retries_total",
            "Requests made once more within one call, by reason (token, limit, page).",
            ["endpoint", "reason"],
            registry=registry,
        )
        self.tokens = Counter(
            "rollcall_zoom_tokens_total",
            "Access tokens asked for, by outcome (fetched, refused, failed).",
            ["outcome"],
            registry=registry,
        )
        self.lookups = Counter(
            "rollcall_zoom_lookups_total",
            "Look-up requests by kind and outcome (found, missing, unavailable, delayed, failed).",
            ["lookup", "outcome"],
            registry=registry,
        )
        self.lookups_pending = Gauge(
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
        self.daily_calls = Gauge(
            "rollcall_zoom_daily_calls",
            "Calls of this UTC day by all processes with this ZOOM_BUDGET_DIR, by account and pool, as last seen here.",
            ["account", "pool"],
            registry=registry,
        )
        self.daily_limit = Gauge(
            "rollcall_zoom_daily_limit",
            "Calls a day that the plan allows, by account and pool.",
            ["account", "pool"],
            registry=registry,
        )
        self.rate_limit = Gauge(
            "rollcall_zoom_rate_limit",
            "Calls a second that this worker makes at most, by account and label: its share of the plan's.",
            ["account", "label"],
            registry=registry,
        )
        self.held_seconds = Gauge(
            "rollcall_zoom_held_seconds",
            "Seconds until the wait that Zoom imposed is over, by account and label; 0 when there is none.",
            ["account", "label"],
            registry=registry,
        )
