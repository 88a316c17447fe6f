"""Figures about calls of Zoom's REST API, for the registry that the composition root hands in."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class ZoomMetrics:
    """One object per process, shared by the clients of all accounts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.limits = LimitMetrics(registry)
        counter = partial(Counter, registry=registry)
        self.requests = counter(
            "rollcall_zoom_requests_total",
            "Requests to Zoom's REST API by endpoint and what came of them (done, missing, retry, ..., no answer).",
            ["endpoint", "outcome"],
        )
        self.request_seconds = Histogram(
            "rollcall_zoom_request_seconds",
            "Time from sending a request to having read its answer.",
            ["endpoint"],
            registry=registry,
        )
        self.retries = counter(
            "rollcall_zoom_retries_total",
            "Requests made once more within one call, by reason (token, limit, page).",
            ["endpoint", "reason"],
        )
        self.tokens = counter(
            "rollcall_zoom_tokens_total",
            "Access tokens asked for, by outcome (fetched, refused, failed).",
            ["outcome"],
        )


class LimitMetrics:
    """What the limits allow, and what is used of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.permits = counter(
            "rollcall_zoom_permits_total",
            "Calls that the limits let through, by account and label.",
            ["account", "label"],
        )
        self.wait_seconds = counter(
            "rollcall_zoom_wait_seconds_total",
            "Time that requests waited for a rate limit of ours (pace) or because Zoom said so (told), by label.",
            ["label", "reason"],
        )
        self.daily_calls = gauge(
            "rollcall_zoom_daily_calls",
            "Calls of this UTC day by all processes with this ZOOM_BUDGET_DIR, by account and pool, as last seen here.",
            ["account", "pool"],
        )
        self.daily_limit = gauge(
            "rollcall_zoom_daily_limit",
            "Calls a day that the plan allows, by account and pool.",
            ["account", "pool"],
        )
        self.rate_limit = gauge(
            "rollcall_zoom_rate_limit",
            "Calls a second that this worker makes at most, by account and label: its share of the plan's.",
            ["account", "label"],
        )
        self.held_seconds = gauge(
            "rollcall_zoom_held_seconds",
            "Seconds until the wait that Zoom imposed is over, by account and label; 0 when there is none.",
            ["account", "label"],
        )
