"""What an answer means for a check. PURE."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ingress.signature import challenge_answer
from ops.check.outcome import CheckResult, fail, ok, warn
from processors.zoom.api.limits import LABELS, ZoomPlan, daily_pool, rate
from readmodel.words import counted
from schemas.topic import Topic

SKEW_WARNING_SECONDS = 30.0
_NO_REGISTRATION = 2
"""`settings.approval_type`: 0 approves at once, 1 by hand, 2 asks for none (docs/reference/zoom.md)."""
_SHOWN = 5
ADD_SCOPES = "add them to the app in Zoom's Marketplace (page Scopes); new tokens have them, so restart the worker"


def judge_scopes(granted: frozenset[str], missing: Mapping[str, str]) -> CheckResult:
    """`missing`: scope to the features that need it."""
    if not missing:
        return ok(f"the token has {len(granted)} scopes, among them all that the enabled features need")
    listed = "; ".join(f"{scope} ({features})" for scope, features in missing.items())
    return fail(f"the token lacks {listed}", ADD_SCOPES)


def judge_event_scopes(unsent: Mapping[str, str], undocumented: int) -> CheckResult:
    """Whether Zoom may send what the enabled features need.

    Args:
        unsent: event to the scope that it lacks.
        undocumented: how many needed events have a scope that nobody can name.
    """
    if unsent:
        listed = "; ".join(f"{event} ({scope})" for event, scope in unsent.items())
        return warn(f"Zoom silently does not send {listed}", ADD_SCOPES)
    rest = f"; those of {undocumented} others are not documented" if undocumented else ""
    return ok(f"the token has the documented scopes of the needed events{rest}")


def judge_plan(plan: ZoomPlan, *, wants_reports: bool) -> CheckResult:
    """Zoom does not tell an app the account's plan."""
    rates = ", ".join(f"{label} {rate(plan, label).calls}/{rate(plan, label).seconds} s" for label in LABELS)
    pool = daily_pool(plan, "heavy")
    found = f"zoom_api.plan is {plan}: {rates}" + (f"; {pool.calls} {pool.name} calls a day" if pool else "")
    if plan == "free" and wants_reports:
        return warn(found, "Zoom has no reports on a free plan: set sessions.report_checks to [] or change the plan")
    return ok(found, "Zoom does not tell the plan: set zoom_api.plan if the account has another one")


def judge_events(sent: Mapping[str, Iterable[str]], wanted: Sequence[str]) -> CheckResult:
    """`sent`: events by webhook address."""
    if not sent:
        return fail(
            "no event subscription has an address that ends with /webhooks/zoom",
            "run `rollcall zoom subscribe --url https://<host>/webhooks/zoom`",
        )
    best = max(sent, key=lambda url: len(set(wanted).intersection(sent[url])))
    missing = [event for event in wanted if event not in set(sent[best])]
    if missing:
        return fail(
            f"{best} is not sent {', '.join(missing)}",
            f"run `rollcall zoom subscribe --url {best}`",
        )
    if len(sent) > 1:
        return warn(
            f"{len(sent)} addresses are subscribed: {', '.join(sorted(sent))}",
            "events that reach the ingress on two subscriptions come twice, which is harmless but costs",
        )
    return ok(f"{best} is sent all {len(wanted)} events that the enabled features need")


def judge_clock(date_header: str | None, now: datetime, tolerance_seconds: float) -> CheckResult:
    """Zoom's `Date` header against our clock."""
    try:
        theirs = parsedate_to_datetime(date_header or "")
    except ValueError:
        return warn("Zoom's answer has no Date header", "compare this machine's clock with another one")
    skew = (now - theirs).total_seconds()
    found = f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} Zoom's"
    if abs(skew) > tolerance_seconds:
        return fail(found, f"webhooks more than {tolerance_seconds:.0f} s off are quarantined: set the clock (NTP)")
    if abs(skew) > SKEW_WARNING_SECONDS:
        return warn(found, "set the clock (NTP)")
    return ok(found)


def judge_challenge(status: int, body: object, secret: bytes, plain_token: str, url: str) -> CheckResult:
    """The ingress's answer to a challenge that we signed with a webhook secret of the configuration."""
    if status == 401:
        return fail(
            f"{url} does not accept webhook.secret_token",
            "the ingress runs with another secret: give both the Zoom app's Secret Token and restart the ingress; "
            "or a proxy changes the body",
        )
    told = body.get("encryptedToken") if isinstance(body, dict) else None
    wanted = (challenge_answer(secret, plain_token) or {}).get("encryptedToken", "")
    if status == 200 and isinstance(told, str) and hmac.compare_digest(told.encode(), wanted.encode()):
        return ok(f"{url} proves that it holds webhook.secret_token")
    return fail(
        f"{url} answers a challenge with HTTP {status} and no proof",
        "is it the ingress's address, with the path /webhooks/zoom, and does a proxy pass POST on?",
    )


def judge_registration(webinars: Sequence[Mapping[str, Any]]) -> CheckResult:
    """Coming webinars, as `GET /webinars/{id}` shows them."""
    if not webinars:
        return ok("no coming webinar")
    without = [str(webinar.get("id")) for webinar in webinars if _approval(webinar) == _NO_REGISTRATION]
    if not without:
        return ok(f"registration is on for {counted(len(webinars), 'coming webinar')}")
    shown = ", ".join(without[:_SHOWN]) + (", ..." if len(without) > _SHOWN else "")
    return warn(
        f"registration is off for {len(without)} of {counted(len(webinars), 'coming webinar')}: {shown}",
        "Zoom shows no e-mail of guests who did not register: they are counted, not synced; switch registration on",
    )


def judge_topics(
    found: Mapping[str, int], wanted: Sequence[Topic], prefix: str, partitions: int, *, creates: bool
) -> CheckResult:
    """`found`: partitions by the name on the cluster."""
    names = [topic.physical(prefix) for topic in wanted]
    wrong = [f"{name} ({found[name]})" for name in names if found.get(name, partitions) != partitions]
    if wrong:
        return fail(
            f"topics with another number of partitions than kafka.partitions ({partitions}): {', '.join(wrong)}",
            "all topics need the same number: set kafka.partitions to it, or use another KAFKA_TOPIC_PREFIX",
        )
    missing = [name for name in names if name not in found]
    if missing and not creates:
        return fail(
            f"{len(missing)} topics are missing: {', '.join(missing)}",
            f"create them with {partitions} partitions each, or set kafka.create_topics to true",
        )
    if missing:
        return ok(f"{len(missing)} of {len(names)} topics are missing; the processes create them when they start")
    return ok(f"all {len(names)} topics are there, with {partitions} partitions each")


def _approval(webinar: Mapping[str, Any]) -> object:
    settings = webinar.get("settings")
    return settings.get("approval_type") if isinstance(settings, dict) else None
