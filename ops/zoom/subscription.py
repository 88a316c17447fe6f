"""What has to change so that Zoom sends the wanted events to our address. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SubscriptionRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """Nothing to do when `create` is empty."""

    missing: tuple[str, ...]
    """Wanted events that nobody sends to our address now."""
    create: tuple[str, ...] = ()
    """Events of the subscription to be made."""
    replaces: tuple[str, ...] = ()
    """Ids of subscriptions that end once it is there."""


def plan(rows: Sequence[SubscriptionRow], url: str, wanted: Sequence[str]) -> SubscriptionPlan:
    """Compare an app's subscriptions with what is wanted.

    Zoom cannot change the events of a subscription: it is made anew with all of them, and then the old one ends. One
    that was made in the Marketplace cannot even be ended here: a second one sends what it lacks, so that nothing comes
    twice.

    Args:
        rows: of `GET /marketplace/app/event_subscription`.
        url: the ingress's public address.
        wanted: events of the enabled features.
    """
    ours = [row for row in rows if _same(str(row.get("event_webhook_url", "")), url)]
    changeable = [row for row in ours if row.get("created_source") == "openapi"]
    others = _all_events(changeable)
    fixed = set(_all_events(row for row in ours if row not in changeable))
    missing = tuple(event for event in wanted if event not in fixed.union(others))
    if not missing:
        return SubscriptionPlan(())
    create = tuple(dict.fromkeys(event for event in (*wanted, *others) if event not in fixed))
    return SubscriptionPlan(missing, create, tuple(str(row["event_subscription_id"]) for row in changeable))


def sent_to(rows: Sequence[SubscriptionRow], path: str = "") -> dict[str, set[str]]:
    """Events by address, for addresses whose path ends with `path`."""
    found: dict[str, set[str]] = {}
    for row in rows:
        url = str(row.get("event_webhook_url", ""))
        if urlsplit(url).path.rstrip("/").endswith(path):
            found.setdefault(url, set()).update(_events(row))
    return found


def _all_events(rows: Iterable[SubscriptionRow]) -> list[str]:
    return [event for row in rows for event in _events(row)]


def _events(row: SubscriptionRow) -> list[str]:
    events = row.get("events")
    return [str(event) for event in events] if isinstance(events, list) else []


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")
