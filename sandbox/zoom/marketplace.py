"""The app itself: log of webhooks and event subscriptions. PURE.

From https://developers.zoom.us/docs/api/marketplace/, its codes and their words (checked 2026-11-27).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.zoom.errors import ZoomError, invalid_field, user_missing
from sandbox.zoom.state import QueryTexts, StateRow, ZoomState
from schemas.instants import SECONDS_PER_DAY, parse_instant

_EVENT = re.compile(r"[a-z_]+\.[a-z_.]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_DELIVERED = (200, 204)
_LOG_DAYS = 7
LOGS = "/marketplace/apps/{}/webhook_logs"
MOST_SUBSCRIPTIONS = 20
"""Of one app: https://developers.zoom.us/docs/api/webhooks/, checked 2026-11-21."""


def check_dates(query: QueryTexts, now: float) -> None:
    """Raises ``ZoomError`` 404 for a span of the log that Zoom does not show; `now` in seconds since 1970."""
    start, end = _moment(query, "from"), _moment(query, "to")
    if start is not None and start > now:
        raise ZoomError(404, 1504, "The 'from' date must be before the current date(UTC).")
    if start is not None and end is not None:
        if end < start:
            raise ZoomError(404, 1501, "The 'to' date must be after the 'from' date.")
        if end - start > _LOG_DAYS * SECONDS_PER_DAY:
            raise ZoomError(404, 1502, "The date range must be within the last seven days.")


def webhook_logs(state: ZoomState, _kind: str, name: str, query: QueryTexts) -> list[StateRow]:
    """Rows of the log; `type` is 2 (failed ones) unless told."""
    if name != state.app_id:
        raise ZoomError(404, 1401, f"APP ID does not exist: {name}.")
    start, end = _moment(query, "from"), _moment(query, "to")
    kind, retry = query.get("type", "2"), query.get("retry_num")
    if kind not in ("1", "2", "3"):
        raise invalid_field("type", "Must be 1, 2 or 3.")
    if retry not in (None, "0", "1", "2", "3"):
        raise ZoomError(400, 1506, "The 'retry_num' value must be an integer within the range of 0 to 3.")
    return [
        row
        for row in state.webhook_logs
        if (kind == "1" or (row["status"] in _DELIVERED) == (kind == "3"))
        and query.get("event") in (None, row["event"])
        and retry in (None, str(row["retry_num"]))
        and _within(row, start, end)
    ]


def subscriptions(state: ZoomState, _kind: str, _name: str, query: QueryTexts) -> list[StateRow]:
    """The app's event subscriptions for an account."""
    if query["account_id"] != state.account_id or state.user(query["user_id"]) is None:
        raise user_missing(query["user_id"])
    scope = query.get("subscription_scope")
    if scope not in (None, "user", "account", "master_account"):
        raise ZoomError(400, 1500, "The subscription scope is invalid.")
    return [row for row in state.subscriptions if scope in (None, row["subscription_scope"])]


def new_subscription(state: ZoomState, body: Mapping[str, Any]) -> StateRow:
    """The row of a subscription to be created, before its URL has answered a challenge."""
    events, url, scope = body.get("events"), body.get("event_webhook_url"), body.get("subscription_scope")
    if not isinstance(events, list) or not events:
        raise ZoomError(400, 1500, "The events list is empty.")
    if not isinstance(url, str) or not url:
        raise ZoomError(400, 1500, "The event webhook url is empty.")
    if not _is_allowed(url):
        raise not_validated(url)
    if scope not in ("user", "account", "master_account"):
        raise ZoomError(400, 1500, "The subscription scope is invalid.")
    if unknown := [event for event in events if not isinstance(event, str) or not _EVENT.fullmatch(event)]:
        raise ZoomError(400, 1602, f"The event is not allowed for the app: {unknown[0]}.")
    if len(state.subscriptions) >= MOST_SUBSCRIPTIONS:
        # The limit is documented, its code is not: https://developers.zoom.us/docs/api/webhooks/, checked 2026-11-27.
        raise ZoomError(400, 300, f"An app has at most {MOST_SUBSCRIPTIONS} event subscriptions.")
    return {
        "event_subscription_id": secrets.token_urlsafe(16),
        "events": events,
        "event_subscription_name": str(body.get("event_subscription_name", "")),
        "event_webhook_url": url,
        "subscription_scope": scope,
        "created_source": "openapi",
        "subscriber_id": state.account_id,
    }


def not_validated(url: str) -> ZoomError:
    """HTTP 404, code 1701: the URL is not https, or has not answered its challenge."""
    return ZoomError(404, 1701, f"The event webhook url validate failed: {url}.")


def without(state: ZoomState, subscription_id: str) -> ZoomState:
    """The state after a subscription was deleted; one of the build flow cannot be."""
    if find(state, subscription_id)["created_source"] != "openapi":
        raise ZoomError(400, 1601, f"App event subscription cannot be changed here: {subscription_id}.")
    left = tuple(row for row in state.subscriptions if row["event_subscription_id"] != subscription_id)
    return state.model_copy(update={"subscriptions": left})


def find(state: ZoomState, subscription_id: str) -> StateRow:
    """The row of a subscription. Raises ``ZoomError`` 404/1601."""
    for row in state.subscriptions:
        if row["event_subscription_id"] == subscription_id:
            return row
    raise ZoomError(404, 1601, f"App event subscription does not exist: {subscription_id}.")


def require_account(state: ZoomState, account_id: object) -> None:
    """Raises ``ZoomError`` where another account than this one is named."""
    if account_id != state.account_id:
        raise ZoomError(404, 1001, f"User does not exist or does not belong to this account: {account_id}.")


def _is_allowed(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))


def _moment(query: QueryTexts, name: str) -> int | None:
    try:
        return parse_instant(query.get(name))
    except ValueError as error:
        raise ZoomError(404, 1503, "The dates must follow the format: `yyyy-MM-dd'T'HH:mm:ss'Z'`.") from error


def _within(row: StateRow, start: int | None, end: int | None) -> bool:
    """A row whose time cannot be read (Zoom's own example, `2022-09-09T08:11:387Z`, for one) is shown in any span."""
    text = str(row["date_time"])
    if not _TIME.fullmatch(text):
        return True
    at = parse_instant(text) or 0
    return (start is None or at >= start) and (end is None or at <= end)
