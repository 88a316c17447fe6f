"""The event that somebody took our app out of a Zoom account. PURE."""

# https://developers.zoom.us/docs/api/marketplace/events/, app_deauthorized, checked 2026-11-21: no `object`, and both
# times inside the payload, one of them with a blank for the `T`.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.codec import LONGEST_ID
from schemas.errors import DeadLetterError
from schemas.instants import as_datetime, parse_instant
from schemas.lookups import AccountDeauthorized

DEAUTHORIZED_EVENT = "app_deauthorized"


def parse_deauthorized(event: Mapping[str, Any]) -> AccountDeauthorized:
    """The message for `zoom.lookups.v1`, key account id, where whoever calls Zoom for the account reads it.

    Args:
        event: a record of `zoom.events.raw.v1` whose `event` is `DEAUTHORIZED_EVENT`.

    Raises:
        DeadLetterError: it names no account or no time.
    """
    payload = event.get("payload")
    fields = payload if isinstance(payload, Mapping) else {}
    account_id = str(fields.get("account_id") or "")
    try:
        at = parse_instant(fields.get("deauthorization_time") or fields.get("event_ts"))
    except ValueError:
        at = None
    user_id = str(fields.get("user_id") or "")
    if not account_id or at is None:
        raise DeadLetterError(f"{DEAUTHORIZED_EVENT} without account_id or deauthorization_time")
    if max(len(account_id), len(user_id)) > LONGEST_ID:
        raise DeadLetterError(f"{DEAUTHORIZED_EVENT} with an id of more than {LONGEST_ID} characters")
    return AccountDeauthorized(
        request_id=f"deauthorized|{account_id}|{at}",
        account_id=account_id,
        user_id=user_id,
        at=as_datetime(at),
    )
