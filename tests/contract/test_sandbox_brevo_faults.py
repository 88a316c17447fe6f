"""What the sandbox shows as Brevo's published contract has it, and the faults that are about a call's content."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from sandbox.brevo.contacts import ContactChange
from sandbox.brevo.faults import FaultKind
from sandbox.zoom.faults import ZoomFault
from tests.support.brevo_client import MAYA, NOOR, Client, Json, campaign
from tests.support.processes import eventually

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sandboxes.md"
# Required by Brevo's OpenAPI (developers.brevo.com/reference, checked 2026-11-27).
TEMPLATE = "createdAt htmlContent id isActive modifiedAt name replyTo sender subject tag testSent toField doiTemplate"
LIST = "id name totalBlacklisted totalSubscribers uniqueSubscribers createdAt folderId"
CAMPAIGN = (
    "id name status type createdAt footer header htmlContent modifiedAt replyTo sender testSent recipients statistics"
)
STATISTICS = "campaignStats globalStats linksStats mirrorClick remaining statsByBrowser statsByDevice statsByDomain"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v3/smtp/templates/5", TEMPLATE),
        ("/v3/smtp/templates/41", TEMPLATE),
        ("/v3/contacts/lists/16", LIST),
        ("/v3/emailCampaigns/1", CAMPAIGN),
    ],
)
async def test_answer_has_every_field_that_the_contract_requires(client: Client, path: str, fields: str) -> None:
    """And `doiTemplate`, by which a wrong template is known."""
    await client.call("POST", "/v3/emailCampaigns", campaign())
    status, body = await client.call("GET", path)
    assert (status, set(fields.split()) - set(body)) == (200, set())


async def test_template_tells_whether_it_is_for_double_opt_in(client: Client) -> None:
    """5 is, 41 is not."""
    told = [(await client.call("GET", f"/v3/smtp/templates/{number}"))[1]["doiTemplate"] for number in (5, 41)]
    assert told == [True, False]


async def test_campaign_counts_the_mails_that_it_sent(client: Client) -> None:
    """In the statistics that the contract requires."""
    await client.call("POST", "/v3/contacts", {"email": MAYA, "listIds": [16]})
    await client.call("POST", "/v3/emailCampaigns", campaign())
    await client.call("POST", "/v3/emailCampaigns/1/sendNow")
    _, body = await client.call("GET", "/v3/emailCampaigns/1")
    assert set(body["statistics"]) == set(STATISTICS.split())
    assert body["statistics"]["globalStats"]["delivered"] == 1
    assert body["modifiedAt"] >= body["createdAt"]


async def test_unknown_list_is_refused_wherever_a_call_names_it(client: Client) -> None:
    """404 below its own path, 400 in a write; the listing leaves it out, and other lists are as ever."""
    await client.fault(kind="unknown_list", list_id=16)
    assert (await client.call("GET", "/v3/contacts/lists/16"))[0] == 404
    refused, body = await client.call("POST", "/v3/contacts", {"email": MAYA, "listIds": [16, 17]})
    assert (refused, body["code"], body["message"]) == (400, "invalid_parameter", "List ID 16 does not exist")
    assert (await client.call("POST", "/v3/contacts", {"email": MAYA, "listIds": [17]}))[0] == 201
    assert (await client.call("GET", "/v3/contacts/lists/17"))[0] == 200
    _, listing = await client.call("GET", "/v3/contacts/lists?limit=50")
    assert (listing["count"], [brevo_list["id"] for brevo_list in listing["lists"]]) == (3, [18, 17, 15])
    await client.call("DELETE", "/_sandbox/faults")
    assert (await client.call("PUT", f"/v3/contacts/{MAYA}", {"listIds": [16]}))[0] == 204


async def test_taken_identifier_is_refused_with_its_name(client: Client) -> None:
    """Only where it is written: the rest of the contact goes through."""
    await client.fault(kind="identifier_taken", identifier="SMS")
    status, body = await client.call("POST", "/v3/contacts", {"email": MAYA, "attributes": {"SMS": "33612345678"}})
    assert (status, body["code"]) == (400, "duplicate_parameter")
    assert body["metadata"] == {"duplicate_identifiers": ["SMS"]}
    assert (await client.call("POST", "/v3/contacts", {"email": MAYA, "attributes": {"FIRSTNAME": "Maya"}}))[0] == 201


@pytest.mark.parametrize("status", [200, 404])
async def test_page_of_a_proxy_stands_where_brevo_would_answer(client: Client, status: int) -> None:
    """HTML with a status that looks like Brevo's, and nothing is done."""
    await client.fault(kind="html", status=status, path_prefix="/v3/contacts", count=1)
    async with client.session.post(f"{client.brevo.url}/contacts", json={"email": MAYA}) as response:
        assert (response.status, response.content_type) == (status, "text/html")
    assert (await client.state())["contacts"] == []


@pytest.mark.parametrize("fault", [{"kind": "unknown_list"}, {"kind": "slow", "list_id": 3}])
async def test_fault_of_a_list_names_it(client: Client, fault: Json) -> None:
    """And no other fault does."""
    async with client.session.post(f"{client.brevo.address}/_sandbox/faults", json=fault) as response:
        assert response.status == 400


async def test_import_reports_whose_phone_belongs_to_another(client: Client) -> None:
    """The other rows are taken, and the process completes."""
    store = client.brevo.state.store
    store.contacts.upsert(ContactChange(MAYA, attributes={"SMS": "33612345678"}), client.brevo.state.now(), update=True)
    rows = [{"email": NOOR, "attributes": {"SMS": "33612345678"}}, {"email": "ann@example.com", "attributes": {}}]
    store.contacts.upsert(ContactChange(NOOR), client.brevo.state.now(), update=True)
    _, started = await client.call("POST", "/v3/contacts/import", {"jsonBody": rows, "listIds": [15]})
    process: dict[str, Any] = {}

    async def done() -> bool:
        process.update((await client.call("GET", f"/v3/processes/{started['processId']}"))[1])
        return bool(process["status"] == "completed")

    await eventually(done, what="the import completes")
    async with client.session.get(process["info"]["import"]["duplicate_phone_id"]) as report:
        assert NOOR in await report.text()
    assert "ann@example.com" in {contact["email"] for contact in (await client.state())["contacts"]}


def test_every_fault_is_described_on_its_page() -> None:
    """docs/reference/sandboxes.md names every kind of both sandboxes."""
    brevo, zoom = PAGE.read_text().split("## Zoom")
    kinds = (get_args(FaultKind), get_args(ZoomFault.model_fields["kind"].annotation))
    for part, names in zip((brevo, zoom), kinds, strict=True):
        assert [name for name in names if f"| `{name}` |" not in part] == []
