"""The sink's figures; labels never hold anything of a person."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

FRESHNESS_BUCKETS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600, 21_600, 86_400)


class CallMetrics:
    """Of the calls to Brevo and of what holds them up, by family; in a registry of the caller."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.calls = counter(
            "rollcall_brevo_calls_total", "Calls by family and class of the answer", ["family", "outcome"]
        )
        self.waited = counter("rollcall_brevo_limit_wait_seconds_total", "Time spent waiting for a permit", ["family"])
        self.allowed = gauge("rollcall_brevo_allowed_per_second", "This worker's share of the rate", ["family"])
        self.remaining = gauge(
            "rollcall_brevo_remaining_calls",
            "Calls left in Brevo's window when it last said so; others use the same budget",
            ["family"],
        )
        self.parked = gauge("rollcall_brevo_parked", "1 while only probes are let through", ["family"])


class BrevoMetrics:
    """Of the commands, and of what became of them; in a registry of the caller."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.results = counter("rollcall_brevo_results_total", "Commands by what became of them", ["kind", "outcome"])
        self.calls_saved = counter(
            "rollcall_brevo_calls_saved_total",
            "Contacts that needed no call of their own: Brevo had it already, or an import took it along",
        )
        self.imports = counter("rollcall_brevo_imports_total", "Imports that Brevo has completed")
        self.values_left_out = counter(
            "rollcall_brevo_values_left_out_total",
            "Attribute values and lists that were left out: not of their type, or refused by Brevo",
        )
        self.sampled = counter("rollcall_brevo_sampled_total", "Contacts read back after they were written")
        self.values_dropped = counter(
            "rollcall_brevo_values_dropped_total",
            "Attribute values that Brevo took and does not hold: an alarm, its attributes do not fit",
        )
        self.in_doubt = gauge("rollcall_brevo_in_doubt", "Events that may have been sent, waiting for a decision")
        self.without_contact = gauge(
            "rollcall_brevo_events_without_contact",
            "Events that wait although nothing is on its way that would bring their contact to Brevo",
        )
        self.lists_missing = gauge(
            "rollcall_brevo_lists_missing", "Lists of the configuration that Brevo does not have"
        )
        self.waiting = gauge("rollcall_brevo_waiting", "Contacts with work that has not begun", ["family", "priority"])
        self.freshness = Histogram(
            "rollcall_brevo_freshness_seconds",
            "Event at Zoom to Brevo's answer, of what webhooks told as it happened",
            ["kind"],
            registry=registry,
            buckets=FRESHNESS_BUCKETS,
        )
