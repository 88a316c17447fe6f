"""The sandbox over HTTP beyond the samples: strictness, silent drops, limits, imports, faults, control and page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from sandbox.brevo import DEMO_ATTRIBUTES, DEMO_LISTS, Options, RunningBrevo, serving
from tests.support.processes import eventually

KEY = "xkeysib-test"
MAYA = "maya.okafor@example.com"
NOOR = "noor.haddad@example.com"
Json = dict[str, Any]


@dataclass(frozen=True)
class Client:
    """Calls the sandbox with its key."""

    session: aiohttp.ClientSession
    brevo: RunningBrevo

    async def call(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        """Status and JSON (``None`` for an empty body) of one call."""
        async with self.session.request(method, f"{self.brevo.address}{path}", json=body) as response:
            raw = await response.read()
            return response.status, await response.json() if raw else None

    async def fault(self, **fault: object) -> None:
        """Switch a fault on."""
        assert (await self.call("POST", "/_sandbox/faults", fault))[0] == 204

    async def state(self) -> Json:
        """What the sandbox holds."""
        _, state = await self.call("GET", "/_sandbox/state")
        assert isinstance(state, dict)
        return state


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A client of a demo account whose limits are out of the way."""
    options = Options(api_key=KEY, limit_factor=1000, import_seconds=0.05).with_demo()
    async with serving(options) as brevo, aiohttp.ClientSession(headers={"api-key": KEY}) as session:
        yield Client(session, brevo)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v3/contacts", {"email": MAYA, "listIDs": [15]}, 400),
        ("POST", "/v3/contacts", {"email": MAYA, "forceMerge": True}, 400),
        ("POST", "/v3/events", {"event_name": "x", "identifiers": {"email": MAYA}}, 400),
        ("POST", "/v3/events", {"event_name": "x", "identifiers": {"email_id": MAYA}, "properties": {}}, 400),
        ("POST", "/v3/contacts/import", {"listIds": [15], "jsonBody": [{"mail": MAYA}]}, 400),
        ("GET", "/v3/contacts?offest=1", None, 400),
        ("GET", f"/v3/contacts/{MAYA}?identifier=email_id", None, 400),
        ("GET", "/v3/contact", None, 404),
        ("PATCH", "/v3/contacts", {}, 405),
        ("GET", "/contacts", None, 404),
    ],
)
async def test_call_with_something_unknown_is_refused_and_recorded(
    client: Client, method: str, path: str, body: Json | None, status: int
) -> None:
    """A typo in a path, field or parameter never passes, and the state tells it."""
    answered, error = await client.call(method, path, body)
    state = await client.state()
    assert (answered, set(error)) == (status, {"code", "message"})
    assert [each["method"] for each in state["refused"]] == [method]
    assert state["contacts"] == state["events"] == []


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v3/contacts", {"attributes": {"FIRSTNAME": "Maya"}}, "missing_parameter"),
        ("/v3/contacts", {"email": 5}, "invalid_parameter"),
        ("/v3/contacts", {"email": MAYA, "listIds": ["15"]}, "invalid_parameter"),
        ("/v3/contacts", {"email": MAYA, "listIds": [99]}, "invalid_parameter"),
        ("/v3/contacts/lists", {"name": "no folder"}, "missing_parameter"),
        ("/v3/contacts/lists/15/contacts/add", {"emails": []}, "invalid_parameter"),
        ("/v3/contacts/lists/15/contacts/add", {"ids": list(range(151))}, "invalid_parameter"),
        ("/v3/contacts/import", {"jsonBody": [{"email": MAYA}]}, "missing_parameter"),
        ("/v3/events", {"event_name": "webinar.ended", "identifiers": {"email_id": MAYA}}, "invalid_parameter"),
        ("/v3/events", {"event_name": "e" * 256, "identifiers": {"email_id": MAYA}}, "invalid_parameter"),
        ("/v3/events", {"event_name": "e", "identifiers": {}}, "missing_parameter"),
        (
            "/v3/events",
            {"event_name": "e", "identifiers": {"email_id": MAYA}, "event_properties": {"a": {"b c": 1}}},
            "invalid_parameter",
        ),
        (
            "/v3/events",
            {"event_name": "e", "identifiers": {"email_id": MAYA}, "event_properties": {"a": "x" * 51_200}},
            "invalid_parameter",
        ),
        (
            "/v3/events",
            {"event_name": "e", "identifiers": {"email_id": MAYA}, "event_date": "2026-11-20T17:00:00"},
            "invalid_parameter",
        ),
    ],
)
async def test_call_with_something_wrong_is_refused_with_its_code(
    client: Client, path: str, body: Json, code: str
) -> None:
    """What Brevo documents as refused has its code, and is no mistake of the caller's spelling."""
    status, error = await client.call("POST", path, body)
    assert (status, error["code"]) == (400, code)
    assert (await client.state())["refused"] == []


async def test_upsert_drops_unknown_and_wrongly_typed_attributes_silently(client: Client) -> None:
    """Brevo says 201 and keeps what fits: nobody is told of the rest."""
    attributes = {
        "MEETING_DURATION": "47",
        "MEETING_JOIN_DATE": "2026-11-20T10:00:00Z",
        "ENGAGEMENT_TIER": 1,
        "engagement_why": "lower case",
        "NOT_THERE": "x",
        "ENGAGEMENT_SCORE": 71,
        "WEBINAR_NAME": "Tour",
    }
    status, _ = await client.call("POST", "/v3/contacts", {"email": MAYA, "attributes": attributes})
    _, contact = await client.call("GET", f"/v3/contacts/{MAYA}?identifierType=email_id")
    assert status == 201
    assert contact["attributes"] == {"ENGAGEMENT_SCORE": 71, "WEBINAR_NAME": "Tour"}


async def test_update_adds_and_removes_lists_and_leaves_the_rest(client: Client) -> None:
    """`listIds` only adds, `unlinkListIds` only removes, attributes that are not named stay."""
    attributes = {"FIRSTNAME": "Maya"}
    await client.call("POST", "/v3/contacts", {"email": MAYA, "attributes": attributes, "listIds": [15, 18]})
    change = {"attributes": {"NO_SHOWS": 0}, "listIds": [16], "unlinkListIds": [18]}
    status, body = await client.call("PUT", f"/v3/contacts/{MAYA}?identifierType=email_id", change)
    _, contact = await client.call("GET", f"/v3/contacts/{MAYA}")
    _, members = await client.call("GET", "/v3/contacts/lists/16/contacts?limit=500")
    assert (status, body) == (204, None)
    assert contact["listIds"] == [15, 16]
    assert contact["attributes"] == {"FIRSTNAME": "Maya", "NO_SHOWS": 0}
    assert [each["email"] for each in members["contacts"]] == [MAYA]


async def test_identifier_is_percent_decoded(client: Client) -> None:
    """An address with `+` and `/` is found under its encoded path."""
    await client.call("POST", "/v3/contacts", {"email": "a+b/c@example.com", "ext_id": "77"})
    url = client.brevo.url + "/contacts/a%2Bb%2Fc%40example.com?identifierType=email_id"
    async with client.session.get(URL(url, encoded=True)) as response:
        assert response.status == 200
    assert (await client.call("GET", "/v3/contacts/77"))[0] == 404
    assert (await client.call("GET", "/v3/contacts/77?identifierType=ext_id"))[0] == 200


async def test_another_address_in_attributes_lifts_the_blocklisting(client: Client) -> None:
    """The trap of `EMAIL` in an update: the person is subscribed again."""
    await client.call("POST", "/v3/contacts", {"email": MAYA, "emailBlacklisted": True})
    await client.call("PUT", f"/v3/contacts/{MAYA}", {"attributes": {"EMAIL": "new@example.com"}})
    _, contact = await client.call("GET", "/v3/contacts/new@example.com")
    assert contact["emailBlacklisted"] is False


async def test_upsert_with_an_identifier_of_somebody_else_is_a_duplicate(client: Client) -> None:
    """An `ext_id` that another contact has is told in the metadata, and nothing changes."""
    await client.call("POST", "/v3/contacts", {"email": MAYA, "ext_id": "1"})
    await client.call("POST", "/v3/contacts", {"email": "b@example.com"})
    status, error = await client.call(
        "POST", "/v3/contacts", {"email": "b@example.com", "ext_id": "1", "updateEnabled": True, "listIds": [15]}
    )
    assert (status, error["metadata"]) == (400, {"duplicate_identifiers": ["ext_id"]})
    assert (await client.call("GET", "/v3/contacts/b@example.com"))[1]["listIds"] == []


async def test_lists_are_paged_by_fifty(client: Client) -> None:
    """More than 50 is out of range, and the rest comes with an offset."""
    for number in range(60):
        await client.call("POST", "/v3/contacts/lists", {"name": f"list {number}", "folderId": 1})
    status, error = await client.call("GET", "/v3/contacts/lists?limit=51")
    _, first = await client.call("GET", "/v3/contacts/lists?limit=50")
    _, second = await client.call("GET", "/v3/contacts/lists?limit=50&offset=50")
    assert (status, error["code"]) == (400, "out_of_range")
    assert first["count"] == 64
    assert (len(first["lists"]), len(second["lists"])) == (50, 14)


async def test_members_leave_a_list(client: Client) -> None:
    """`remove` mirrors `add`; a second time it changes nothing and is refused; `all` empties the list."""
    await client.call("POST", "/v3/contacts", {"email": MAYA, "listIds": [15, 16]})
    path = "/v3/contacts/lists/15/contacts/remove"
    assert await client.call("POST", path, {"emails": [MAYA]}) == (
        201,
        {"contacts": {"success": [MAYA], "failure": []}},
    )
    assert (await client.call("POST", path, {"emails": [MAYA]}))[0] == 400
    status, emptied = await client.call("POST", "/v3/contacts/lists/16/contacts/remove", {"all": True})
    assert (status, list(emptied["contacts"])) == (201, ["processId"])
    assert (await client.call("GET", f"/v3/contacts/{MAYA}"))[1]["listIds"] == []
    assert (await client.call("POST", "/v3/contacts/lists/99/contacts/add", {"ids": [1]}))[0] == 404


async def test_deleted_list_and_folder_leave_no_mark_on_contacts(client: Client) -> None:
    """A contact does not keep the id of a list that is gone."""
    await client.call("POST", "/v3/contacts", {"email": MAYA, "listIds": [15, 16]})
    assert (await client.call("DELETE", "/v3/contacts/lists/15"))[0] == 204
    assert (await client.call("GET", f"/v3/contacts/{MAYA}"))[1]["listIds"] == [16]
    assert (await client.call("DELETE", "/v3/contacts/folders/1"))[0] == 204
    assert (await client.call("GET", f"/v3/contacts/{MAYA}"))[1]["listIds"] == []
    assert (await client.call("DELETE", f"/v3/contacts/{MAYA}"))[0] == 204
    assert (await client.call("DELETE", f"/v3/contacts/{MAYA}"))[0] == 404


async def test_import_applies_later_and_tells_the_notify_url(client: Client) -> None:
    """What fits sticks, `false` does not get through, bad addresses are reported, the owner is not mailed."""
    told: list[Json] = []

    async def receive(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/done", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await client.call("POST", "/v3/contacts/attributes/normal/AGREED", {"type": "boolean"})
        rows = [
            {"email": MAYA, "attributes": {"NO_SHOWS": 2, "AGREED": False, "NOT_THERE": "x"}},
            {"email": "nobody", "attributes": {}},
        ]
        body = {
            "listIds": [18],
            "jsonBody": rows,
            "disableNotification": True,
            "notifyUrl": f"http://127.0.0.1:{runner.addresses[0][1]}/done",
        }
        status, accepted = await client.call("POST", "/v3/contacts/import", body)
        assert status == 202

        async def notified() -> bool:
            return bool(told)

        await eventually(notified, what="the notify URL is called")
    finally:
        await runner.cleanup()
    _, process = await client.call("GET", f"/v3/processes/{accepted['processId']}")
    async with client.session.get(process["info"]["import"]["invalid_emails"]) as report:
        assert (await report.text()).split() == ["EMAIL", "nobody"]
    state = await client.state()
    assert process["status"] == "completed"
    assert state["owner_mails"] == 0
    assert [(each["attributes"], each["listIds"]) for each in state["contacts"]] == [({"NO_SHOWS": 2}, [18])]


async def test_import_under_way_has_changed_nothing() -> None:
    """202 means accepted: until the process is completed nobody is on the list."""
    async with (
        serving(Options(api_key=KEY, import_seconds=3_600).with_demo()) as brevo,
        aiohttp.ClientSession(headers={"api-key": KEY}) as session,
    ):
        client = Client(session, brevo)
        _, accepted = await client.call("POST", "/v3/contacts/import", {"listIds": [18], "jsonBody": [{"email": MAYA}]})
        _, process = await client.call("GET", f"/v3/processes/{accepted['processId']}")
        assert process == {"id": accepted["processId"], "name": "IMPORTUSER", "status": "queued"}
        assert (await client.state())["contacts"] == []


async def test_import_of_a_csv_file_reads_its_columns(client: Client) -> None:
    """`fileBody` is CSV with semicolons; numbers are numbers."""
    body = {"listIds": [18], "fileBody": f"EMAIL;FIRSTNAME;NO_SHOWS\n{MAYA};Maya;3\n"}
    await client.call("POST", "/v3/contacts/import", body)

    async def there() -> bool:
        return bool((await client.state())["contacts"])

    await eventually(there, what="the import is applied")
    state = await client.state()
    assert state["contacts"][0]["attributes"] == {"FIRSTNAME": "Maya", "NO_SHOWS": 3}
    assert state["owner_mails"] == 1


async def test_events_are_kept_in_order_with_their_contact_and_found_again(client: Client) -> None:
    """Two equal events are two events; `contact_properties` write attributes; an unknown address creates nobody."""
    await client.call("POST", "/v3/contacts", {"email": MAYA})
    event = {
        "event_name": "zoom_webinar_attended",
        "event_date": "2026-11-20T18:01:32+01:00",
        "identifiers": {"email_id": MAYA},
        "contact_properties": {"ENGAGEMENT_SCORE": 71},
        "event_properties": {"minutes": 47},
    }
    for body in (event, event, {"event_name": "other", "identifiers": {"email_id": "unknown@example.com"}}):
        assert await client.call("POST", "/v3/events", body) == (204, None)
    state = await client.state()
    _, found = await client.call("GET", "/v3/events?contact_id=1&event_name=zoom_webinar_attended")
    assert [(each["event_name"], each["contact_id"]) for each in state["events"]] == [
        ("zoom_webinar_attended", 1),
        ("zoom_webinar_attended", 1),
        ("other", None),
    ]
    assert all(each["received_at"].endswith("Z") for each in state["events"])
    assert [each["attributes"] for each in state["contacts"]] == [{"ENGAGEMENT_SCORE": 71}]
    assert found["count"] == 2
    assert found["events"][0]["event_date"] == "2026-11-20T17:01:32Z"


async def test_double_opt_in_joins_only_after_the_click(client: Client) -> None:
    """The call mails; the lists come with the confirmation."""
    body = {"email": MAYA, "includeListIds": [16], "templateId": 5, "redirectionUrl": "https://example.com/thanks"}
    path = "/v3/contacts/doubleOptinConfirmation"
    assert await client.call("POST", path, body) == (201, None)
    assert (await client.state())["contacts"] == []
    assert (await client.call("POST", "/_sandbox/confirmations", {"email": MAYA}))[0] == 204
    assert (await client.state())["contacts"][0]["listIds"] == [16]
    assert (await client.call("POST", path, body))[0] == 204
    status, error = await client.call("POST", path, {**body, "templateId": 6})
    assert (status, error["message"]) == (400, "Invalid template id")


async def test_webhooks_are_created_changed_and_removed(client: Client) -> None:
    """CRUD, with event names checked against the type."""
    body = {"type": "marketing", "url": "https://example.com/h", "events": ["unsubscribed", "contactDeleted"]}
    _, created = await client.call("POST", "/v3/webhooks", body)
    path = f"/v3/webhooks/{created['id']}"
    assert (await client.call("PUT", path, {"events": ["spam"]}))[0] == 204
    _, shown = await client.call("GET", path)
    _, listed = await client.call("GET", "/v3/webhooks?type=marketing")
    assert shown["events"] == ["spam"]
    assert listed["webhooks"] == [shown]
    assert (await client.call("DELETE", path))[0] == 204
    assert (await client.call("GET", path))[0] == 404
    assert (await client.call("POST", "/v3/webhooks", {**body, "type": "transactional"}))[0] == 400


@asynccontextmanager
async def _receiver(statuses: list[int], told: list[tuple[str | None, Json]]) -> AsyncIterator[str]:
    """Somebody's server for webhooks: keeps authorization and body, and answers with these statuses in turn."""

    async def receive(request: web.Request) -> web.Response:
        told.append((request.headers.get("Authorization"), await request.json()))
        return web.Response(status=statuses.pop(0))

    app = web.Application()
    app.router.add_post("/hook", receive)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook"))


async def test_webhooks_are_told_what_happens_to_contacts() -> None:
    """Unsubscribed, bounced, deleted, to who subscribed to it; again after 429, and after no other answer."""
    told: list[tuple[str | None, Json]] = []
    options = Options(api_key=KEY, limit_factor=1000, webhook_retry_seconds=(0.01, 0.01))
    async with (
        serving(options) as brevo,
        aiohttp.ClientSession(headers={"api-key": KEY}) as session,
        _receiver([429, 200, 500, 200], told) as url,
    ):
        client, answers = Client(session, brevo), brevo.state.store.webhooks.answers
        body = {"type": "marketing", "url": url, "events": ["unsubscribed", "hardBounce", "contactDeleted"]}
        await client.call("POST", "/v3/webhooks", {**body, "auth": {"type": "bearer", "token": "t"}})
        await client.call("POST", "/v3/webhooks", {**body, "events": ["spam"]})
        for email in (MAYA, NOOR):
            await client.call("POST", "/v3/contacts", {"email": email})
        deleted: tuple[str, str, Json | None] = ("DELETE", f"/v3/contacts/{MAYA}", None)
        unsubscribed, bounced = (("POST", f"/_sandbox/{each}") for each in ("unsubscriptions", "bounces"))
        for number, call in enumerate(
            [(*unsubscribed, {"email": MAYA}), (*bounced, {"email": NOOR}), deleted], start=2
        ):
            assert (await client.call(*call))[0] == 204

            async def answered(count: int = number) -> bool:
                return len(answers) == count

            await eventually(answered, what="the receiver has answered")
        assert brevo.state.store.contacts.get(NOOR).email_blacklisted
    assert answers == [429, 200, 500, 200]
    assert {authorization for authorization, _ in told} == {"Bearer t"}
    assert [each["event"] for _, each in told] == ["unsubscribe", "unsubscribe", "hard_bounce", "contact_deleted"]
    assert (told[0][1]["email"], told[3][1]["email"]) == (MAYA, [MAYA])


async def test_limit_of_contacts_answers_429_with_headers_and_leaves_events_alone() -> None:
    """Ten calls a second to `/contacts`, counted apart from `/events`; the account's hourly bucket is small."""
    async with serving(Options(api_key=KEY)) as brevo, aiohttp.ClientSession(headers={"api-key": KEY}) as session:
        brevo.state.clock = lambda: 1_000.25
        client = Client(session, brevo)
        statuses = [(await client.call("GET", "/v3/contacts"))[0] for _ in range(11)]
        assert statuses == [200] * 10 + [429]
        async with session.get(f"{brevo.url}/contacts") as response:
            headers = {name: response.headers[name] for name in response.headers if name.startswith("x-sib")}
        assert headers == {
            "x-sib-ratelimit-limit": "10",
            "x-sib-ratelimit-remaining": "0",
            "x-sib-ratelimit-reset": "1",
        }
        event = {"event_name": "e", "identifiers": {"email_id": MAYA}}
        assert (await client.call("POST", "/v3/events", event))[0] == 204
        async with session.get(f"{brevo.url}/account") as response:
            assert response.headers["x-sib-ratelimit-limit"] == "100"
            assert response.headers["x-sib-ratelimit-reset"] == "2600"
        brevo.state.clock = lambda: 1_001.0
        assert (await client.call("GET", "/v3/contacts"))[0] == 200


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
async def test_reset_loses_the_answer_and_applies_only_after(client: Client, kind: str) -> None:
    """The connection breaks both times; only with `reset_after` did the event happen."""
    await client.fault(kind=kind, path_prefix="/v3/events", count=1)
    event = {"event_name": "e", "identifiers": {"email_id": MAYA}}
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.call("POST", "/v3/events", event)
    assert len((await client.state())["events"]) == (1 if kind == "reset_after" else 0)
    assert (await client.call("POST", "/v3/events", event))[0] == 204


@pytest.mark.parametrize("applied", [False, True])
async def test_timeout_hangs_and_applies_as_told(client: Client, *, applied: bool) -> None:
    """A caller's own time-out ends the wait; the state tells whether the call took effect."""
    await client.fault(kind="timeout", applied=applied, count=1)
    with pytest.raises(TimeoutError):
        await client.session.post(
            f"{client.brevo.url}/contacts", json={"email": MAYA}, timeout=aiohttp.ClientTimeout(total=0.2)
        )
    assert len((await client.state())["contacts"]) == int(applied)


@pytest.mark.parametrize(("kind", "status"), [("500", 500), ("html", 524)])
async def test_server_error_can_have_applied_the_call(client: Client, kind: str, status: int) -> None:
    """A 5xx says nothing of whether it happened."""
    await client.fault(kind=kind, applied=True, count=1, method="POST")
    async with client.session.post(f"{client.brevo.url}/contacts", json={"email": MAYA}) as response:
        assert response.status == status
    state = await client.state()
    assert len(state["contacts"]) == 1
    assert state["calls"]["statuses"] == {"POST /v3/contacts": {str(status): 1}}


async def test_dropped_attributes_look_like_success(client: Client) -> None:
    """The call succeeds and no attribute is kept; lists are."""
    await client.fault(kind="drop_attributes", path_prefix="/v3/contacts", count=1)
    body = {"email": MAYA, "attributes": {"NO_SHOWS": 1}, "listIds": [18]}
    assert (await client.call("POST", "/v3/contacts", body))[0] == 201
    (contact,) = (await client.state())["contacts"]
    assert (contact["attributes"], contact["listIds"]) == ({}, [18])


async def test_faults_by_chance_repeat_with_their_seed(client: Client) -> None:
    """The same seed and the same calls meet the same faults."""
    runs = []
    for _ in range(2):
        await client.call("DELETE", "/_sandbox/state")
        await client.fault(kind="500", probability=0.5, seed=7)
        runs.append([(await client.call("GET", "/v3/contacts"))[0] for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


async def test_fault_that_makes_no_sense_is_refused(client: Client) -> None:
    """An unknown kind or a 429 that was applied is a mistake of the test."""
    for fault in ({"kind": "506"}, {"kind": "429", "applied": True}, {"kind": "500", "counts": 1}):
        async with client.session.post(f"{client.brevo.address}/_sandbox/faults", json=fault) as response:
            assert response.status == 400
    assert (await client.call("GET", "/_sandbox/faults"))[1] == {"faults": []}


async def test_reset_gives_an_account_as_new_with_the_prepared_demo(client: Client) -> None:
    """Contacts, calls and faults go; the demo's attributes and lists are there again."""
    await client.call("POST", "/v3/contacts", {"email": MAYA})
    await client.fault(kind="500")
    assert (await client.call("DELETE", "/_sandbox/state"))[0] == 204
    state = await client.state()
    assert (state["contacts"], state["calls"]["total"], state["faults"]) == ([], 0, [])
    assert {each["id"]: each["name"] for each in state["lists"]} == DEMO_LISTS
    types = {each["name"]: each["type"] for each in state["attributes"]}
    assert types == {"FIRSTNAME": "text", "LASTNAME": "text", **DEMO_ATTRIBUTES}


async def test_page_shows_contacts_events_and_calls_escaped_and_without_other_hosts(client: Client) -> None:
    """People see what the account holds; nothing is loaded from elsewhere and markup in values stays text."""
    body = {"email": MAYA, "attributes": {"WEBINAR_NAME": "<b>Tour</b> $x", "ENGAGEMENT_SCORE": 71}, "listIds": [16]}
    await client.call("POST", "/v3/contacts", body)
    await client.call("POST", "/v3/events", {"event_name": "zoom_webinar_attended", "identifiers": {"email_id": MAYA}})
    async with client.session.get(client.brevo.address) as response:
        page = await response.text()
    async with client.session.get(f"{client.brevo.address}/_sandbox/brevo.css") as style:
        assert style.content_type == "text/css"
        css = await style.text()
    for text in (MAYA, "&lt;b&gt;Tour&lt;/b&gt; $x", "Webinar attendees", "zoom_webinar_attended", "POST /v3/contacts"):
        assert text in page
    assert "http" not in page.replace("http-equiv", "") + css


def campaign(**changes: object) -> Json:
    """A campaign that Brevo takes."""
    return {
        "name": "Recording",
        "subject": "It is there",
        "sender": {"id": 3},
        "templateId": 41,
        "recipients": {"listIds": [16], "exclusionListIds": [18]},
        "params": {"share_url": "https://zoom.example.com/rec/share/INVENTED"},
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"subject": None}, "subject is not valid"),
        ({"sender": {"name": "Ada"}}, "Sender is invalid"),
        ({"htmlContent": "<p>Hello there</p>"}, "Exactly one of"),
        ({"templateId": 42}, "Template ID"),
        ({"recipients": {"listIds": []}}, "recipients.listIds"),
        ({"recipients": {"listIds": [99]}}, "List ID 99"),
        ({"topic": "x"}, "Unknown field: topic"),
    ],
)
async def test_campaign_that_brevo_would_refuse_is_refused(client: Client, changes: Json, text: str) -> None:
    """So that a wrong body shows in a test."""
    status, body = await client.call("POST", "/v3/emailCampaigns", campaign(**changes))
    assert (status, text in body["message"]) == (400, True)
    assert (await client.state())["campaigns"] == []


async def test_campaign_is_a_draft_until_it_is_sent_once(client: Client) -> None:
    """To who is on its lists, not unsubscribed and on no excluded list; a second sending is refused."""
    for email, lists in ((MAYA, [16]), (NOOR, [16, 18])):
        await client.call("POST", "/v3/contacts", {"email": email, "listIds": lists})
    blocked = {"email": "ann@example.com", "listIds": [16], "emailBlacklisted": True}
    await client.call("POST", "/v3/contacts", blocked)
    assert await client.call("POST", "/v3/emailCampaigns", campaign()) == (201, {"id": 1})
    assert await client.call("POST", "/v3/emailCampaigns", campaign(name="Other")) == (201, {"id": 2})
    assert (await client.call("GET", "/v3/emailCampaigns/1"))[1]["status"] == "draft"
    assert await client.call("POST", "/v3/emailCampaigns/1/sendNow") == (204, None)
    assert (await client.call("POST", "/v3/emailCampaigns/1/sendNow"))[0] == 400
    assert (await client.call("POST", "/v3/emailCampaigns/9/sendNow"))[0] == 404
    assert (await client.call("GET", "/v3/emailCampaigns/9"))[0] == 404
    _, listing = await client.call("GET", "/v3/emailCampaigns?limit=100&excludeHtmlContent=true")
    assert [(each["name"], each["status"]) for each in listing["campaigns"]] == [
        ("Other", "draft"),
        ("Recording", "sent"),
    ]
    assert [each["mailed"] for each in (await client.state())["campaigns"]] == [[MAYA], []]


async def test_campaign_without_credit_is_402_and_stays_a_draft(client: Client) -> None:
    """It can be sent once there is some."""
    await client.call("POST", "/v3/contacts", {"email": MAYA, "listIds": [16]})
    await client.call("POST", "/v3/emailCampaigns", campaign())
    client.brevo.state.store.campaigns.credits = 0
    assert (await client.call("POST", "/v3/emailCampaigns/1/sendNow"))[0] == 402
    client.brevo.state.store.campaigns.credits = 1
    assert (await client.call("POST", "/v3/emailCampaigns/1/sendNow"))[0] == 204
