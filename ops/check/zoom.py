"""The Zoom part of `rollcall check`: token, scopes, plan, subscription, secret, clock, registration."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import aiohttp
import orjson

from ingress.decision import CHALLENGE
from ingress.signature import signature_of
from ops.check.frame import Check, Context
from ops.check.judgement import (
    judge_challenge,
    judge_clock,
    judge_event_scopes,
    judge_events,
    judge_plan,
    judge_registration,
    judge_scopes,
)
from ops.check.outcome import CheckResult, fail, ok, skip, warn
from ops.zoom.accounts import client_of
from ops.zoom.answers import ZoomRefusedError, said
from ops.zoom.subscribe import first_active_user
from ops.zoom.subscription import sent_to
from processors.zoom.api import requests
from processors.zoom.api.client import ZoomClient
from processors.zoom.features import EVENT_SCOPES, events_of, missing_scopes, unsent_events
from runtime.answers import read_answer
from runtime.environment import ZoomEnvironment
from runtime.lenient_json import json_or_none
from runtime.models import ZoomAccount
from schemas.errors import ConfigurationError, RetryLaterError

CREDENTIALS = ("account_id", "client_id", "client_secret")
WEBHOOK_PATH = "/webhooks/zoom"
MOST_HOSTS, MOST_WEBINARS = 30, 50
"""A check is no back-fill: so many are looked at."""
TIMEOUT = aiohttp.ClientTimeout(total=10)


async def zoom_checks(context: Context) -> Sequence[Check]:
    """Of every enabled account, and the clock once."""
    environment = ZoomEnvironment.read(context.environment)
    checks: list[Check] = []
    accounts = context.configuration.accounts
    for account in accounts:
        label = f" {account.account_id}" if len(accounts) > 1 else ""
        lacking = next(filter(None, (_why_unset(context, account, name) for name in CREDENTIALS)), None)
        if lacking is not None:
            checks.append(Check(f"zoom token{label}", lacking))
        else:
            try:
                client = await context.stack.enter_async_context(client_of(account, context.configuration, environment))
            except ConfigurationError as error:
                checks.append(Check(f"zoom token{label}", _failing(str(error))))
            else:
                checks += _AccountChecks(context, account, client).all(label)
        checks.append(Check(f"webhook secret{label}", _secret_check(context, account)))
    return [*checks, Check("zoom clock", lambda: _clock(context, environment))]


def _why_unset(context: Context, account: ZoomAccount, name: str) -> Callable[[], Awaitable[CheckResult]] | None:
    """The check that says why a key of an account has no value; ``None``: the file's `${NAME}` had one."""
    index = context.configuration.connectors.zoom.index(account)
    keys = (f"connectors.zoom.{name}", f"connectors.zoom[{index}].{name}")
    key = next((key for key in context.unresolved if key in keys), None)
    return None if key is None else context.lacking(key, f"the {name.rpartition('.')[2]} of the Zoom app")


class _AccountChecks:
    """What can be asked with one account's token."""

    def __init__(self, context: Context, account: ZoomAccount, client: ZoomClient) -> None:
        self._context = context
        self._configuration = context.configuration
        self._account = account
        self._client = client

    def all(self, label: str) -> list[Check]:
        """In the order in which they build upon each other."""
        return [
            Check(f"zoom token{label}", self._token),
            Check(f"zoom plan{label}", self._plan),
            *(
                Check(f"{name}{label}", run, needs=f"zoom token{label}", lacking="no token")
                for name, run in (
                    ("zoom scopes", self._scopes),
                    ("zoom event scopes", self._event_scopes),
                    ("zoom subscription", self._subscription),
                    ("zoom registration", self._registration),
                )
            ),
        ]

    async def _token(self) -> CheckResult:
        try:
            token = said(await self._client.token())
        except RetryLaterError as error:
            return fail(str(error), "without a token nothing can be asked")
        minutes = max(0, int(token.ends_at - time.time())) // 60
        return ok(f"Zoom gave a token ({self._account.oauth}), good for {minutes} min, for {token.api_url}")

    async def _scopes(self) -> CheckResult:
        granted = (said(await self._client.token())).scopes
        return judge_scopes(granted, missing_scopes(self._account, self._configuration, granted))

    async def _event_scopes(self) -> CheckResult:
        granted = (said(await self._client.token())).scopes
        wanted = events_of(self._account, self._configuration)
        unsent = unsent_events(self._account, self._configuration, granted)
        return judge_event_scopes(unsent, sum(event not in EVENT_SCOPES for event in wanted))

    async def _plan(self) -> CheckResult:
        wants_reports = bool(self._configuration.sessions.report_checks)
        return judge_plan(self._configuration.zoom_api.plan, wants_reports=wants_reports)

    async def _subscription(self) -> CheckResult:
        try:
            user = await first_active_user(self._client)
            rows = said(await self._client.rows(requests.subscriptions(self._account.account_id, user)))
        except ZoomRefusedError as error:
            return warn(
                f"the app's subscriptions cannot be read: {error}",
                "add the scope marketplace:read:event_subscription, or compare the events in Zoom's Marketplace with "
                f"these by hand: {', '.join(events_of(self._account, self._configuration))}",
            )
        return judge_events(sent_to(rows, WEBHOOK_PATH), events_of(self._account, self._configuration))

    async def _registration(self) -> CheckResult:
        if not self._account.sync.webinars:
            return ok("sync.webinars is off")
        try:
            users = said(await self._client.rows(requests.users("active")))
        except ZoomRefusedError as error:
            return warn(f"the account's users cannot be read: {error}", "see zoom scopes")
        coming, refusal = await self._coming([str(user["id"]) for user in users[:MOST_HOSTS]])
        if not coming and refusal:
            return warn(f"coming webinars cannot be read: {refusal}", "see zoom scopes, and whether there is a licence")
        webinars = [await self._client.details("webinar", webinar_id) for webinar_id in coming[:MOST_WEBINARS]]
        return judge_registration([said(webinar) for webinar in webinars])

    async def _coming(self, user_ids: Sequence[str]) -> tuple[list[str], str]:
        """Ids of coming webinars, and why some user's could not be read: not everybody has a licence."""
        ids: dict[str, None] = {}
        refusal = ""
        for user_id in user_ids:
            try:
                rows = said(await self._client.rows(requests.sessions_of_user("webinar", user_id, "upcoming")))
            except ZoomRefusedError as error:
                refusal = str(error)
            else:
                ids |= dict.fromkeys(str(row["id"]) for row in rows)
        return list(ids), refusal


async def _clock(context: Context, environment: ZoomEnvironment) -> CheckResult:
    try:
        async with context.session.get(environment.oauth_base_url, allow_redirects=False, timeout=TIMEOUT) as response:
            header = response.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError) as error:
        return skip(f"{environment.oauth_base_url} does not answer ({type(error).__name__})")
    tolerance = min((account.webhook.tolerance for account in context.configuration.accounts), default=300.0)
    return judge_clock(header, datetime.now(UTC), tolerance)


def _secret_check(context: Context, account: ZoomAccount) -> Callable[[], Awaitable[CheckResult]]:
    async def check() -> CheckResult:
        tokens = [token.get_secret_value().encode() for token in account.webhook.secret_token]
        unset = _why_unset(context, account, "webhook.secret_token")
        if unset is not None:
            return await unset()
        if not tokens or not all(tokens):
            return fail(
                "connectors.zoom.webhook.secret_token is missing or empty",
                "copy the Secret Token from the Zoom app's page Access; run this where the ingress's variables are set",
            )
        outcomes = [await _challenge(context, secret) for secret in tokens]
        return next((outcome for outcome in outcomes if outcome.level == "fail"), outcomes[0])

    return check


async def _challenge(context: Context, secret: bytes) -> CheckResult:
    plain_token = secrets.token_urlsafe(16)
    event = {"payload": {"plainToken": plain_token}, "event_ts": int(time.time() * 1_000), "event": CHALLENGE}
    body, timestamp = orjson.dumps(event), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": signature_of(secret, timestamp.encode(), body).decode(),
    }
    try:
        async with context.session.post(context.url, data=body, headers=headers, timeout=TIMEOUT) as response:
            data = await read_answer(response)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return fail(
            f"{context.url} does not answer ({type(error).__name__})",
            "start the ingress, or name its address with --url",
        )
    return judge_challenge(response.status, json_or_none(data), secret, plain_token, context.url)


def _failing(found: str) -> Callable[[], Awaitable[CheckResult]]:
    async def check() -> CheckResult:
        return fail(found, "set them where this command runs")

    return check
