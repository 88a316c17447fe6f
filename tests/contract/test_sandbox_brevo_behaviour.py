"""The sandbox over HTTP beyond the samples: strictness, silent drops, imports, control and page."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from sandbox.brevo import DEMO_ATTRIBUTES, DEMO_LISTS, Options, serving
from tests.support.brevo_client import KEY, MAYA, Client, Json
from tests.support.processes import eventually


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
    assert [call["method"] for call in state["refused"]] == [method]
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
    assert [contact["email"] for contact in members["contacts"]] == [MAYA]


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
    assert [(contact["attributes"], contact["listIds"]) for contact in state["contacts"]] == [({"NO_SHOWS": 2}, [18])]


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
    assert [(event["event_name"], event["contact_id"]) for event in state["events"]] == [
        ("zoom_webinar_attended", 1),
        ("zoom_webinar_attended", 1),
        ("other", None),
    ]
    assert all(event["received_at"].endswith("Z") for event in state["events"])
    assert [contact["attributes"] for contact in state["contacts"]] == [{"ENGAGEMENT_SCORE": 71}]
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


async def test_reset_gives_an_account_as_new_with_the_prepared_demo(client: Client) -> None:
    """Contacts, calls and faults go; the demo's attributes and lists are there again."""
    await client.call("POST", "/v3/contacts", {"email": MAYA})
    await client.fault(kind="500")
    assert (await client.call("DELETE", "/_sandbox/state"))[0] == 204
    state = await client.state()
    assert (state["contacts"], state["calls"]["total"], state["faults"]) == ([], 0, [])
    assert {brevo_list["id"]: brevo_list["name"] for brevo_list in state["lists"]} == DEMO_LISTS
    types = {attribute["name"]: attribute["type"] for attribute in state["attributes"]}
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
