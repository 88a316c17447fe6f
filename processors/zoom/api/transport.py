"""One call to Zoom's REST API, from token to verdict; knows the protocol, not the endpoints."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from processors.zoom.api.budget import Budget
from processors.zoom.api.endpoints import Endpoint
from processors.zoom.api.oauth import Token, TokenSource
from processors.zoom.api.paths import is_segment
from processors.zoom.api.requests import Request
from processors.zoom.api.retry_after import told_seconds, wait_seconds
from processors.zoom.api.setup import ClientSetup
from processors.zoom.api.verdicts import ZoomVerdict, judge
from runtime.answers import read_answer
from runtime.lenient_json import json_or_none
from runtime.outcome import NoAnswer, Outcome
from schemas.instants import as_datetime
from schemas.lookups import ZoomRow
from schemas.priority import Priority

PAGE_TOKEN = "next_page_token"  # noqa: S105 - a parameter's name, no secret
PAGE_EXPIRED = "page expired"
"""`NoAnswer.code` where the page token is too old: begin at page one."""
LIMITED_ATTEMPTS = 5
"""How often one request is made while Zoom answers 429 with a short wait; then it is the caller's to come back."""


@dataclass(frozen=True, slots=True)
class Page:
    """One good answer."""

    fields: ZoomRow
    """Empty where the endpoint answers nothing."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: object
    """Parsed JSON; ``None`` for what is none, ``""`` for no body at all."""
    size_bytes: int


class Transport:
    """Requests of one account, within its budget and with its token."""

    def __init__(self, setup: ClientSetup, tokens: TokenSource, budget: Budget) -> None:
        """Take over what is composed.

        Args:
            setup: shared with other accounts.
            tokens: the account's.
            budget: the account's.
        """
        self._setup = setup
        self._tokens = tokens
        self._budget = budget
        self._metrics = setup.metrics
        self._api_base_url = setup.api_base_url.rstrip("/") if setup.api_base_url else None
        self._clock = setup.clock

    async def call(self, request: Request, priority: Priority) -> Page | NoAnswer:
        """The answer to a question, or why there is none."""
        endpoint = request.endpoint
        if not is_segment(request.segment, endpoint.template):
            return NoAnswer(Outcome.REJECT, "this is no id or UUID of Zoom's")
        refused: Token | None = None
        limited = 0
        while True:
            token = await self._tokens.current(refused)
            if isinstance(token, NoAnswer):
                return token
            if (used_up := await self._budget.take(endpoint.label, priority)) is not None:
                return used_up
            reply = await self._exchange(request, token)
            if isinstance(reply, NoAnswer):
                return reply
            verdict = _judge(request, reply)
            self._metrics.requests.labels(endpoint.name, verdict.outcome).inc()
            if verdict.outcome is Outcome.DONE:
                return Page(reply.body if isinstance(reply.body, dict) else {}, reply.size_bytes)
            if verdict.step == "new token" and refused is None:
                refused = token
                self._metrics.retries.labels(endpoint.name, "token").inc()
                continue
            if verdict.outcome is Outcome.PAUSE:
                # Whether or not this request is made again: others of its label would be refused as well.
                await self._budget.hold(endpoint.label, self._held_seconds(reply, verdict))
                limited += 1
                if limited < LIMITED_ATTEMPTS:
                    self._metrics.retries.labels(endpoint.name, "limit").inc()
                    continue
            return self._no_answer(endpoint, reply, verdict, token)

    async def _exchange(self, request: Request, token: Token) -> _Reply | NoAnswer:
        endpoint = request.endpoint
        base = self._api_base_url or f"{token.api_url}/v2"
        url = URL(f"{base}{request.path}", encoded=True).with_query(request.query)
        began = time.perf_counter()
        try:
            async with self._setup.session.request(
                endpoint.method,
                url,
                json=request.body,
                headers={"Authorization": f"Bearer {token.secret}", "Accept": "application/json"},
                allow_redirects=False,
                ssl=self._setup.tls,
                timeout=self._setup.timeout,
            ) as response:
                data = await read_answer(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            self._metrics.requests.labels(endpoint.name, "no answer").inc()
            return NoAnswer(Outcome.RETRY, f"Zoom does not answer {endpoint.name}: {type(error).__name__}")
        finally:
            self._metrics.request_seconds.labels(endpoint.name).observe(time.perf_counter() - began)
        return _Reply(response.status, response.headers, json_or_none(data) if data else "", len(data))

    def _held_seconds(self, reply: _Reply, verdict: ZoomVerdict) -> float:
        now = as_datetime(int(self._clock()))
        return wait_seconds(
            reply.headers.get("Retry-After"), reply.headers.get("X-RateLimit-Type"), verdict.message, now
        )

    def _no_answer(self, endpoint: Endpoint, reply: _Reply, verdict: ZoomVerdict, token: Token) -> NoAnswer:
        outcome, code = verdict.outcome, "" if verdict.code is None else str(verdict.code)
        what = f"{endpoint.name}: HTTP {reply.status}" + (f", code {code}" if code else "")
        if verdict.step == "first page":
            return NoAnswer(outcome, f"{what}: Zoom no longer knows the page token", code=PAGE_EXPIRED)
        match outcome:
            case Outcome.FOREIGN:
                says = f"{what}, and not from Zoom: check ZOOM_API_BASE_URL, and any proxy in between"
            case Outcome.PAUSE:
                return NoAnswer(outcome, f"{what}: Zoom's rate limit", self._held_seconds(reply, verdict), code)
            case Outcome.RETRY:
                told = told_seconds(reply.headers.get("Retry-After"), as_datetime(int(self._clock())))
                return NoAnswer(outcome, f"{what}, try again later", told, code)
            case Outcome.PARK:
                says = f"{what}: Zoom does not accept the access token that it gave for this account"
            case _:
                says = _detail(reply, verdict) + _scope_advice(endpoint, verdict, token)
        return NoAnswer(outcome, says, code=code)


def _judge(request: Request, reply: _Reply) -> ZoomVerdict:
    endpoint = request.endpoint
    return judge(
        reply.status,
        reply.body,
        holds=endpoint.rows or endpoint.has,
        is_list=endpoint.rows is not None,
        in_paging=PAGE_TOKEN in request.query,
        none_codes=endpoint.none_codes,
    )


def _detail(reply: _Reply, verdict: ZoomVerdict) -> str:
    said = verdict.message or "no message"
    return f"HTTP {reply.status}: {said}" if verdict.code is None else f"{verdict.code}: {said}"


def _scope_advice(endpoint: Endpoint, verdict: ZoomVerdict, token: Token) -> str:
    lacking = verdict.missing_scopes
    if not lacking and verdict.outcome is Outcome.STOP and not token.scopes.intersection(endpoint.scopes):
        lacking = endpoint.scopes
    if not lacking:
        return ""
    return f" (the app's token lacks the scope {' or '.join(lacking)}: add it to the app in Zoom's Marketplace)"
