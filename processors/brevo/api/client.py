"""Brevo's REST API v3 as far as the sink calls it: one call in, one answer out, nothing is tried twice here.

Why not Brevo's SDK: it does not percent-encode path values, does not read Brevo's rate headers, and repeats
`POST /events` on a 500, which mails people twice (brevo-python 5.1.0, checked 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from pydantic import SecretStr
from yarl import URL

from processors.brevo.api.rate_headers import rate_headers
from runtime.answers import read_answer
from runtime.calls import Answer, CallFailure
from runtime.lenient_json import json_or_none
from runtime.tls import outward_tls

OK, CREATED = 200, 201
CONNECT_SECONDS = 10.0
CALL_SECONDS = 30.0
_CONTACT, _LIST, _PROCESS, _CAMPAIGN = ("listIds",), ("id",), ("status",), ("status",)
_ATTRIBUTES = ("attributes",)
_CONTACTS, _PROCESSES, _CAMPAIGNS = ("contacts", "count"), ("processes", "count"), ("campaigns", "count")
"""Fields of which what was asked for has at least one: JSON without any is somebody else's. Whether an empty list is
left out is not documented, so its `count` will do."""
KEEP_ALIVE_SECONDS = 10.0
"""Shorter than any server's: a call on a connection that the server is closing leaves an event in doubt."""


class BrevoClient:
    """Brevo over HTTPS (TLS 1.2 or newer). No call raises for what Brevo or the network does: it is in the answer.

    Opens its session on the first call; `close` when done.

    Args:
        api_key: a v3 key.
        base_url: with the version, without a slash at the end: `https://api.brevo.com/v3`.
        answer_seconds: how long a call may take in all.
        before_write: awaited when the connection of a call that changes something is there, right before it is used: a
            worker that was stopped in between must not go on with what it had in hand.
    """

    def __init__(
        self,
        api_key: SecretStr,
        base_url: str,
        *,
        answer_seconds: float = CALL_SECONDS,
        before_write: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=answer_seconds, connect=CONNECT_SECONDS)
        self._tls = outward_tls()
        self._before_write = before_write
        self._session: aiohttp.ClientSession | None = None

    async def read_contact(self, email: str) -> Answer:
        """`GET /contacts/{email}`: 200 with the contact, 404."""
        return await self._call("GET", _contact_path(email), None, _CONTACT)

    async def read_owner(self, identifier_type: str, value: str) -> Answer:
        """`GET /contacts/{value}?identifierType=`: 200 with the contact that has this identifier, 404."""
        return await self._call(
            "GET", f"/contacts/{quote(value, safe='')}?identifierType={identifier_type}", None, _CONTACT
        )

    async def read_attributes(self) -> Answer:
        """`GET /contacts/attributes`: 200 with `attributes`."""
        return await self._call("GET", "/contacts/attributes", None, _ATTRIBUTES)

    async def read_list(self, list_id: int) -> Answer:
        """`GET /contacts/lists/{id}`: 200 with the list, 404."""
        return await self._call("GET", f"/contacts/lists/{list_id}", None, _LIST)

    async def create_contact(self, body: Mapping[str, Any]) -> Answer:
        """`POST /contacts`: 201 created, 204 updated."""
        return await self._call("POST", "/contacts", body)

    async def update_contact(self, email: str, body: Mapping[str, Any]) -> Answer:
        """`PUT /contacts/{email}`: 204, 404."""
        return await self._call("PUT", _contact_path(email), body)

    async def delete_contact(self, email: str) -> Answer:
        """`DELETE /contacts/{email}`: 204, 404."""
        return await self._call("DELETE", _contact_path(email), None)

    async def track_event(self, body: Mapping[str, Any]) -> Answer:
        """`POST /events`: 204."""
        return await self._call("POST", "/events", body)

    async def send_mail(self, body: Mapping[str, Any]) -> Answer:
        """`POST /smtp/email`: 201 accepted, which is not delivered."""
        return await self._call("POST", "/smtp/email", body)

    async def create_campaign(self, body: Mapping[str, Any]) -> Answer:
        """`POST /emailCampaigns`: 201 with the `id` of a draft."""
        return await self._call("POST", "/emailCampaigns", body)

    async def send_campaign(self, campaign_id: int) -> Answer:
        """`POST /emailCampaigns/{id}/sendNow`: 204; 400, 402 without credit, 404."""
        return await self._call("POST", f"/emailCampaigns/{campaign_id}/sendNow", None)

    async def read_campaign(self, campaign_id: int) -> Answer:
        """`GET /emailCampaigns/{id}`: 200 with `status`, 404."""
        return await self._call("GET", f"/emailCampaigns/{campaign_id}?excludeHtmlContent=true", None, _CAMPAIGN)

    async def read_campaigns(self) -> Answer:
        """`GET /emailCampaigns`, the 100 newest: 200 with `campaigns`."""
        return await self._call(
            "GET", "/emailCampaigns?limit=100&offset=0&sort=desc&excludeHtmlContent=true", None, _CAMPAIGNS
        )

    async def confirm_list(self, body: Mapping[str, Any]) -> Answer:
        """`POST /contacts/doubleOptinConfirmation`, which sends a mail each time: 201 new contact, 204 known one."""
        return await self._call("POST", "/contacts/doubleOptinConfirmation", body)

    async def read_contacts(self, offset: int) -> Answer:
        """`GET /contacts`, 1,000 from `offset` on in order of creation: 200 with `contacts` and `count`."""
        return await self._call("GET", f"/contacts?limit=1000&offset={offset}&sort=asc", None, _CONTACTS)

    async def import_contacts(self, body: Mapping[str, Any]) -> Answer:
        """`POST /contacts/import`: 202 with `processId`."""
        return await self._call("POST", "/contacts/import", body)

    async def remove_from_list(self, list_id: int, emails: Sequence[str]) -> Answer:
        """`POST /contacts/lists/{id}/contacts/remove`, at most 150: 201; 400 when none of them was on it."""
        return await self._call("POST", f"/contacts/lists/{list_id}/contacts/remove", {"emails": list(emails)})

    async def read_process(self, process_id: int) -> Answer:
        """`GET /processes/{id}`: 200 with `status`, 404."""
        return await self._call("GET", f"/processes/{process_id}", None, _PROCESS)

    async def read_processes(self) -> Answer:
        """`GET /processes`, the 50 newest: 200 with `processes`."""
        return await self._call("GET", "/processes?limit=50&offset=0&sort=desc", None, _PROCESSES)

    async def read_report(self, url: str) -> str | None:
        """All of an import's report, wherever Brevo keeps it, without our key; ``None`` when that cannot be had."""
        try:
            address = URL(url)
            if not may_be_read(address, URL(self._base_url)):
                return None
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.get(address, allow_redirects=False, ssl=self._tls) as response,
            ):
                return (await read_answer(response)).decode("utf-8", "replace") if response.status == 200 else None
        except (TimeoutError, ValueError, aiohttp.ClientError):
            return None

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        holds: Collection[str] = (),
        **query: str | int,
    ) -> Answer:
        """Any other call: `path` is below the version and needs no encoding; `holds` as what is asked for has them."""
        asked = URL.build(path=path, query={name: str(value) for name, value in query.items()})
        return await self._call(method, asked.raw_path_qs, body, holds)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, holds: Collection[str] = ()
    ) -> Answer:
        """`holds`: fields of which a good answer has at least one; none: it is not asked."""
        # encoded=True: yarl would decode what `quote` encoded, and "+" or "/" in an address would name another contact.
        url = URL(self._base_url + path, encoded=True)
        data = orjson.dumps(body) if body is not None else None
        writes = method != "GET"
        if writes and self._before_write is not None:
            await self._before_write()  # here it may take as long as it likes, and asked a moment later it is quick
        try:
            async with self._opened().request(
                method, url, data=data, allow_redirects=False, trace_request_ctx=writes
            ) as response:
                return _answer(response, await read_answer(response), holds)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError, aiohttp.ClientConnectorDNSError):
            return _failed("refused")
        except TimeoutError:
            return _failed("timeout")
        except aiohttp.ClientError:
            return _failed("reset")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls, keepalive_timeout=KEEP_ALIVE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                trace_configs=[self._fence()],
                headers={
                    "api-key": self._api_key.get_secret_value(),
                    "accept": "application/json",
                    "content-type": "application/json",
                },
            )
        return self._session

    def _fence(self) -> aiohttp.TraceConfig:
        """Asks once more when a connection is at hand: making one takes a while, and the process may stop meanwhile."""

        async def at_hand(_session: aiohttp.ClientSession, trace: SimpleNamespace, _: object) -> None:
            if trace.trace_request_ctx and self._before_write is not None:
                await self._before_write()

        fence = aiohttp.TraceConfig()
        fence.on_connection_create_end.append(at_hand)
        fence.on_connection_reuseconn.append(at_hand)
        return fence


def may_be_read(report: URL, base: URL) -> bool:
    """Whether a report's address is one to go to: over TLS, or on the sandbox that `base` names in the clear.

    >>> brevo, sandbox = URL("https://api.brevo.com/v3"), URL("http://127.0.0.1:9000/v3")
    >>> may_be_read(URL("http://127.0.0.1:8082/x.csv"), brevo), may_be_read(URL("http://127.0.0.1:9000/x.csv"), sandbox)
    (False, True)
    """
    return report.scheme == "https" or (report.scheme == base.scheme == "http" and report.host == base.host)


def _contact_path(email: str) -> str:
    # Without identifierType an address and a numeric id are told apart by guessing.
    return f"/contacts/{quote(email, safe='')}?identifierType=email_id"


def _answer(response: aiohttp.ClientResponse, data: bytes, holds: Collection[str]) -> Answer:
    remaining, reset_seconds = rate_headers(response.headers)
    body, is_page = None, False
    if data:
        body = json_or_none(data)
        is_page = body is None
    if holds and response.status in (OK, CREATED):
        is_page = not isinstance(body, dict) or not any(name in body for name in holds)
    return Answer(response.status, body, remaining=remaining, reset_seconds=reset_seconds, is_page=is_page)


def _failed(failure: CallFailure) -> Answer:
    return Answer(None, failure=failure)
