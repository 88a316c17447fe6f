"""The sandbox's campaigns: drafts, sent once, for credit."""

from __future__ import annotations

import pytest

from tests.support.brevo_client import MAYA, NOOR, Client, Json, campaign


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
    assert [(campaign["name"], campaign["status"]) for campaign in listing["campaigns"]] == [
        ("Other", "draft"),
        ("Recording", "sent"),
    ]
    assert [campaign["mailed"] for campaign in (await client.state())["campaigns"]] == [[MAYA], []]


async def test_campaign_without_credit_is_402_and_stays_a_draft(client: Client) -> None:
    """It can be sent once there is some."""
    await client.call("POST", "/v3/contacts", {"email": MAYA, "listIds": [16]})
    await client.call("POST", "/v3/emailCampaigns", campaign())
    client.brevo.state.store.campaigns.credits = 0
    assert (await client.call("POST", "/v3/emailCampaigns/1/sendNow"))[0] == 402
    client.brevo.state.store.campaigns.credits = 1
    assert (await client.call("POST", "/v3/emailCampaigns/1/sendNow"))[0] == 204
