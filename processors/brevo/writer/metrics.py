"""The sink's metrics; labels never hold anything of a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

FRESHNESS_BUCKETS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600, 21_600, 86_400)


class BrevoMetrics:
    """`rollcall_brevo_…` in a registry of the caller."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "rollcall_brevo_calls_total",
            "Calls by family and class of the answer",
            ["family", "outcome"],
            registry=registry,
        )
        self.results = Counter(
            "rollcall_brevo_results_total", "Commands by what became of them", ["kind", "outcome"], registry=registry
        )
        self.calls_saved = Counter(
            "rollcall_brevo_calls_saved_total",
            "Contacts that needed no call of their own: Brevo had it already, or an import took it along",
            registry=registry,
        )
        self.imports = Counter("rollcall_brevo_imports_total", "Imports that Brevo has completed", registry=registry)
        self.values_left_out = Counter(
            "rollcall_brevo_values_left_out_total",
            "Attribute values and lists that were left out: not of their type, or refused by Brevo",
            registry=registry,
        )
        self.sampled = Counter(
            "rollcall_brevo_sampled_total", "Contacts read back after they were written", registry=registry
        )
        self.values_dropped = Counter(
            "rollcall_brevo_values_dropped_total",
            "Attribute values that Brevo took and does not hold: an alarm, its attributes do not fit",
            registry=registry,
        )
        self.waited = Counter(
            "rollcall_brevo_limit_wait_seconds_total", "Time spent waiting for a permit", ["family"], registry=registry
        )
        self.allowed = Gauge(
            "rollcall_brevo_allowed_per_second", "This worker's share of the rate", ["family"], registry=registry
        )
        self.remaining = Gauge(
            "rollcall_brevo_remaining_calls",
            "Calls left in Brevo's window when it last said so; others use the same budget",
            ["family"],
            registry=registry,
        )
        self.in_doubt = Gauge(
            "rollcall_brevo_in_doubt", "Events that may have been sent, waiting for a decision", registry=registry
        )
        self.without_contact = Gauge(
            "rollcall_brevo_events_without_contact",
            "Events that wait although nothing is on its way that would bring their contact to Brevo",
            registry=registry,
        )
        self.lists_missing = Gauge(
            "rollcall_brevo_lists_missing",
            "Lists of the configuration that Brevo does not have",
            registry=registry,
        )
        self.parked = Gauge(
            "rollcall_brevo_parked", "1 while only probes are let through", ["family"], registry=registry
        )
        self.waiting = Gauge(
            "rollcall_brevo_waiting", "Contacts with work that has not begun", ["family", "priority"], registry=registry
        )
        self.freshness = Histogram(
            "rollcall_brevo_freshness_seconds",
            "Event at Zoom to Brevo's answer, of what webhooks told as it happened",
            ["kind"],
            registry=registry,
            buckets=FRESHNESS_BUCKETS,
        )
