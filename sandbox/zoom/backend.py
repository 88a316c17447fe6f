"""The sandbox's Zoom without HTTP: requests as values in, answers out. Strict: what Zoom does not know is refused."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.zoom import hosting, marketplace
from sandbox.zoom.authorization import Authorizations
from sandbox.zoom.endpoints import ALL_SCOPES, ServedEndpoint, match
from sandbox.zoom.errors import ZoomAnswer, ZoomError, invalid_field, unknown_endpoint
from sandbox.zoom.faults import ZoomFault, ZoomFaults
from sandbox.zoom.identifiers import decode_identifier
from sandbox.zoom.limits import RateLimiter, ServedPlan
from sandbox.zoom.readiness import DETAIL_PATHS, REPORTS, Readings, without_previous
from sandbox.zoom.rows import answer_rows
from sandbox.zoom.state import StateRow, ZoomState
from sandbox.zoom.tokens import AccessTokens, PageTokens

_INVALID_GRANT = ZoomAnswer(400, {"reason": "Invalid Token!", "error": "invalid_grant"})
_METHODS = ("GET", "POST", "PATCH", "DELETE")
_SPANS = {hosting.HOSTED_PATH: hosting.check_age, marketplace.LOGS: marketplace.check_dates}
"""What is asked about a span of time, and what of it Zoom refuses."""
_HELD = ("users", "sessions", "subscriptions", "webhook_logs")


@dataclass(frozen=True)
class ZoomOptions:
    """How this Zoom account is set up."""

    scopes: frozenset[str] = ALL_SCOPES
    """Scopes that the app was granted."""
    plan: ServedPlan = "pro"
    webinar_plan: bool = True
    """False: webinar endpoints answer HTTP 200 with an error in the body, as Zoom documents it."""
    limit_scale: float = 1.0
    """Multiplies the rate limits."""
    single_token: bool = False
    """True: a new access token ends the one before."""
    token_seconds: int = 3_599
    page_token_seconds: int = 900


@dataclass
class ZoomBackend:
    """One Zoom account."""

    options: ZoomOptions
    clock: Callable[[], float]
    """Seconds since 1970."""
    state: ZoomState = field(default_factory=ZoomState)
    faults: ZoomFaults = field(default_factory=ZoomFaults)
    requests: Counter[str] = field(default_factory=Counter)
    """Answered requests, by `<endpoint> <status>`."""

    def __post_init__(self) -> None:
        """Starts with no token and no request counted against a limit."""
        self._forget()

    def reset(self) -> None:
        """Forgets sessions, tokens, faults and counters; account and credentials stay."""
        self.state = self.state.model_copy(update=dict.fromkeys(_HELD, ()))
        self.faults.clear()
        self.requests.clear()
        self._forget()

    def _forget(self) -> None:
        self.tokens = AccessTokens(self.options.token_seconds, single=self.options.single_token)
        self.authorizations = Authorizations()
        self.pages = PageTokens(self.options.page_token_seconds)
        self.readings = Readings()
        self.limiter = RateLimiter(self.options.plan, self.options.limit_scale)

    def token(self, credentials: tuple[str, str] | None, form: Mapping[str, str], api_url: str) -> ZoomAnswer:
        """`POST /oauth/token`: `account_credentials`, `authorization_code` and `refresh_token`."""
        if not self._known(credentials):
            return ZoomAnswer(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
        granted = _INVALID_GRANT
        match form.get("grant_type"):
            case "account_credentials":
                if form.get("account_id") != self.state.account_id:
                    return ZoomAnswer(400, {"reason": "Bad Request", "error": "invalid_request"})
                granted = ZoomAnswer(200, self._granted(api_url))
            case "authorization_code":
                if self.authorizations.redeem(form, self.clock()):
                    granted = ZoomAnswer(200, self._granted(api_url, user_level=True))
            case "refresh_token":
                if self.authorizations.rotate(form.get("refresh_token", "")):
                    granted = ZoomAnswer(200, self._granted(api_url, user_level=True))
            case _:
                return ZoomAnswer(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"})
        return granted

    def _granted(self, api_url: str, *, user_level: bool = False) -> StateRow:
        access_token = self.tokens.issue(self.clock())
        refresh = {"refresh_token": self.authorizations.issue(access_token)} if user_level else {}
        return {
            "access_token": access_token,
            "token_type": "bearer",
            **refresh,
            "expires_in": self.options.token_seconds,
            "scope": " ".join(sorted(self.options.scopes)),
            "api_url": api_url,
        }

    def revoke(self, credentials: tuple[str, str] | None, form: Mapping[str, str]) -> ZoomAnswer:
        """`POST /oauth/revoke`: an access token, and with it the refresh token beside it."""
        if not self._known(credentials):
            return ZoomAnswer(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
        token = form.get("token", "")
        beside = self.authorizations.revoke(token)
        if not self.tokens.revoke(beside or token) and beside is None:
            return _INVALID_GRANT
        return ZoomAnswer(200, {"status": "success"})

    def endpoint_of(self, segments: tuple[str, ...]) -> str:
        """The template of a path, for faults and counters; the path itself when there is none."""
        found = next(filter(None, (match(segments, method) for method in _METHODS)), None)
        return found[0].path if found else "/" + "/".join(segments)

    def get(
        self,
        segments: tuple[str, ...],
        query: list[tuple[str, str]],
        authorization: str | None,
        fault: ZoomFault | None,
    ) -> ZoomAnswer:
        """`GET /v2/<segments>`; the segments are as they came, still encoded."""
        return self._guarded(
            match(segments),
            authorization,
            lambda endpoint, name: self._answer(
                endpoint, self._named(endpoint, name, authorization), _checked(endpoint, query), fault
            ),
        )

    def _named(self, endpoint: ServedEndpoint, name: str, authorization: str | None) -> str:
        """`me` is whoever let the app in; with an account-level token it is nobody (docs/reference/zoom.md)."""
        is_consented = self.authorizations.is_consented((authorization or "").partition(" ")[2])
        if endpoint.subject != "user" or name != "me" or not is_consented:
            return name
        return self.state.person or next((str(user["id"]) for user in self.state.users if user.get("id")), name)

    def change(
        self,
        method: str,
        segments: tuple[str, ...],
        query: list[tuple[str, str]],
        body: Mapping[str, Any],
        authorization: str | None,
    ) -> ZoomAnswer:
        """`POST`, `PATCH` or `DELETE /v2/<segments>`; a new subscription's URL has been asked before."""
        return self._guarded(
            match(segments, method),
            authorization,
            lambda endpoint, name: self._changed(endpoint, name, _checked(endpoint, query), body),
        )

    def _guarded(
        self,
        found: tuple[ServedEndpoint, str | None] | None,
        authorization: str | None,
        answer: Callable[[ServedEndpoint, str], ZoomAnswer],
    ) -> ZoomAnswer:
        headers: dict[str, str] = {}
        try:
            if found is None:
                raise unknown_endpoint()
            endpoint, raw_identifier = found
            self.tokens.check(authorization, self.clock())
            headers, refused = self.limiter.take(endpoint.label, self.clock())
            if refused is not None:
                return refused
            self._permit(endpoint)
            answered = answer(endpoint, decode_identifier(raw_identifier) if raw_identifier is not None else "")
        except ZoomError as error:
            answered = error.answer()
        return ZoomAnswer(answered.status, answered.body, headers | answered.headers)

    def _changed(
        self, endpoint: ServedEndpoint, name: str, query: dict[str, str], body: Mapping[str, Any]
    ) -> ZoomAnswer:
        if endpoint.method == "POST":
            row = marketplace.new_subscription(self.state, body)
            kept = (*self.state.subscriptions, row)
            self.state = self.state.model_copy(update={"subscriptions": kept})
            return ZoomAnswer(201, {"event_subscription_id": row["event_subscription_id"]})
        if endpoint.method == "DELETE" and name:
            self.state = marketplace.without(self.state, name)
            return ZoomAnswer(204, None)
        marketplace.find(self.state, name or query["event_subscription_id"])
        marketplace.require_account(self.state, body.get("account_id") if name else query["account_id"])
        return ZoomAnswer(204, None)

    def _known(self, credentials: tuple[str, str] | None) -> bool:
        if credentials is None:
            return False
        wanted = (self.state.client_id, self.state.client_secret)
        return all(
            hmac.compare_digest(have.encode(), want.encode()) for have, want in zip(credentials, wanted, strict=True)
        )

    def _permit(self, endpoint: ServedEndpoint) -> None:
        if not self.options.scopes.intersection(endpoint.scopes):
            missing = endpoint.scopes[-1]
            raise ZoomError(400, 4711, f"Invalid access token, does not contain scopes:[{missing}].")
        # Zoom documents these two under HTTP 200 (docs/reference/zoom.md, checked 2026-11-21).
        if endpoint.subject == "webinar" and not self.options.webinar_plan:
            raise ZoomError(200, 200, "Webinar plan is missing. You must subscribe to the webinar plan.")
        if endpoint.paid and self.options.plan == "free":
            raise ZoomError(200, 200, "Only available for Paid account.")

    def _answer(
        self, endpoint: ServedEndpoint, name: str, query: dict[str, str], fault: ZoomFault | None
    ) -> ZoomAnswer:
        if (check := _SPANS.get(endpoint.path)) is not None:
            check(query, self.clock())
        answered = answer_rows(endpoint.path, self.state, endpoint.subject, name, query)
        if isinstance(answered, dict):
            shown = without_previous(answered, query, self.clock()) if endpoint.path in DETAIL_PATHS else answered
            return ZoomAnswer(200, shown)
        if endpoint.path in REPORTS:
            is_first = not query.get("next_page_token")
            answered = self.readings.rows(self.state, endpoint.subject, name, answered, is_first_page=is_first)
        rows = fault.rows(answered) if fault else answered
        if endpoint.list_key is None or "page_size" not in endpoint.parameters:
            return ZoomAnswer(200, {endpoint.list_key or "rows": rows})
        return ZoomAnswer(200, self._page(endpoint, name, query, rows))

    def _page(self, endpoint: ServedEndpoint, name: str, query: dict[str, str], rows: list[StateRow]) -> StateRow:
        size = _page_size(endpoint, query)
        kept = {key: value for key, value in query.items() if key != "next_page_token"}
        bound = (endpoint.path, name, *(f"{key}={value}" for key, value in sorted(kept.items())))
        token = query.get("next_page_token")
        offset = self.pages.offset(token, bound, self.clock()) if token else 0
        more = offset + size < len(rows)
        # The lists about the app tell no totals: https://developers.zoom.us/docs/api/marketplace/, checked 2026-11-27.
        has_totals = not endpoint.path.startswith("/marketplace/")
        return {
            **({"page_count": -(-len(rows) // size)} if has_totals else {}),
            **({"page_number": offset // size + 1} if endpoint.path == "/users" else {}),
            "page_size": size,
            **({"total_records": len(rows)} if has_totals else {}),
            "next_page_token": self.pages.issue(bound, offset + size, self.clock()) if more else "",
            str(endpoint.list_key): rows[offset : offset + size],
        }


def _checked(endpoint: ServedEndpoint, query: list[tuple[str, str]]) -> dict[str, str]:
    for name in endpoint.required - dict(query).keys():
        raise invalid_field(name, "This field is required.")
    for name, _ in query:
        if name not in endpoint.parameters:
            raise invalid_field(name, f"Unknown query parameter: {name}.")
    return dict(query)


def _page_size(endpoint: ServedEndpoint, query: dict[str, str]) -> int:
    text = query.get("page_size", "30")
    if not text.isdecimal() or not 1 <= int(text) <= endpoint.max_page_size:
        raise invalid_field("page_size", f"Must be a number from 1 to {endpoint.max_page_size}.")
    return int(text)
