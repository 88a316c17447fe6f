"""The sandbox as one object: account, limits, faults, and a record of every call. It plays a call without a socket."""

from __future__ import annotations

import hmac
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import BaseModel

from sandbox.brevo import contact_routes, list_routes, other_routes
from sandbox.brevo.answers import BrevoAnswer, RefusedError, invalid
from sandbox.brevo.faults import BrevoFaults
from sandbox.brevo.imports import MAX_BODY_BYTES
from sandbox.brevo.limits import RateLimits, family
from sandbox.brevo.routing import ReceivedCall, Route, Router
from sandbox.brevo.store import Options, Store
from sandbox.brevo.validation import Query, parse

_EVENT_BATCH_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as it came; `path` is raw and below `/v3`, `query` has every value of a parameter."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    api_key: str | None
    body: bytes
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """What came of a call."""

    answer: BrevoAnswer
    headers: Mapping[str, str]
    label: str
    """`POST /v3/contacts/{identifier}`, or `unknown`."""


@dataclass(slots=True)
class Calls:
    """How often what was called, and what it was answered."""

    families: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    refused: list[dict[str, str]] = field(default_factory=list)
    """Unknown paths, methods, fields and parameters: mistakes of the caller's code."""

    def count(self, outcome: str, label: str, name: str) -> None:
        """One more call; `outcome` is a status, or `lost` when no answer went out."""
        self.families[name] += 1
        self.paths[label] += 1
        self.statuses.setdefault(label, Counter())[outcome] += 1


class BrevoState:
    """Everything that the sandbox is and has seen.

    Args:
        options: how the account is set up.
        clock: seconds since 1970; tests of windows and lives hand in their own.
    """

    def __init__(self, options: Options | None = None, clock: Callable[[], float] = time.time) -> None:
        self.options = options or Options()
        self.clock = clock
        self.faults = BrevoFaults()
        self._router = Router((*list_routes.ROUTES, *contact_routes.ROUTES, *other_routes.ROUTES))
        self.reset()

    def reset(self) -> None:
        """An account as new, with the options' attributes and lists; faults are off."""
        self.store = Store(self.options)
        self.limits = RateLimits(self.options.limit_factor)
        self.calls = Calls()
        self.faults.clear()

    def now(self) -> datetime:
        """The clock as an aware datetime."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def play(self, incoming: Incoming, *, drop_attributes: bool = False) -> AnsweredCall:
        """Answer one call and let it take effect."""
        headers: Mapping[str, str] = {}
        label = "unknown"
        try:
            self._authenticate(incoming.api_key)
            verdict = self.limits.take(family(incoming.method, incoming.path), self.clock())
            headers = verdict.headers()
            route, params = self._router.find(incoming.method, incoming.path)
            label = f"{route.method} /v3{route.path}"
            verdict.check()
            answer = self._handle(route, params, incoming, drop_attributes=drop_attributes)
        except RefusedError as refused:
            if refused.unknown:
                self.calls.refused.append({"method": incoming.method, "path": incoming.path, "why": refused.message})
            answer = refused.answer()
        return AnsweredCall(answer, headers, label)

    def label(self, method: str, path: str) -> str:
        """The route of a call that a fault keeps from being played."""
        try:
            route, _ = self._router.find(method, path)
        except RefusedError:
            return "unknown"
        return f"{route.method} /v3{route.path}"

    def _authenticate(self, api_key: str | None) -> None:
        if api_key is None:
            raise RefusedError(401, "unauthorized", "authentication not found in headers")
        if not hmac.compare_digest(api_key.encode(), self.options.api_key.encode()):
            raise RefusedError(401, "unauthorized", "Key not found")

    def _handle(
        self, route: Route, params: dict[str, str], incoming: Incoming, *, drop_attributes: bool
    ) -> BrevoAnswer:
        body: BaseModel | None = None
        if route.body is not None:
            _check_size(route.path, len(incoming.body))
            given = _json_object(incoming.body)
            body = parse(route.body, _without_attributes(given) if drop_attributes else given)
        elif incoming.body:
            raise RefusedError(400, "invalid_parameter", f"{route.method} {route.path} takes no body", unknown=True)
        query = parse(route.query, _plain(incoming.query, route.query))
        return route.handle(ReceivedCall(self.store, self.now(), incoming.base_url, params, query, body))


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise RefusedError(400, "bad_request", "Input must be a valid JSON object")
    return given


def _check_size(path: str, size: int) -> None:
    if path == "/events/batch" and size > _EVENT_BATCH_BYTES:
        raise invalid("A batch of events has at most 512 KB")
    if size > MAX_BODY_BYTES:
        raise invalid("A body has at most 10 MB")


def _plain(query: Mapping[str, list[str]], model: type[Query]) -> dict[str, str | list[str]]:
    """Single values for single fields; a field that is a list takes all of its values."""
    many = {known.alias for known in model.model_fields.values() if known.default_factory is list}
    return {name: values if name in many else values[-1] for name, values in query.items()}


def _without_attributes(given: dict[str, Any]) -> dict[str, Any]:
    """What is left when every attribute is unknown."""
    kept = {name: value for name, value in given.items() if name not in ("attributes", "contact_properties")}
    if isinstance(rows := kept.get("jsonBody"), list):
        kept["jsonBody"] = [_without_attributes(row) for row in rows if isinstance(row, dict)]
    return kept
