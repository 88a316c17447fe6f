"""`/events`, `/smtp/email`, `/emailCampaigns`, `/account` and `/webhooks`. PURE."""

from __future__ import annotations

from sandbox.brevo import bodies, queries, templates
from sandbox.brevo.answers import BrevoAnswer, not_found
from sandbox.brevo.campaign_bodies import NewCampaign
from sandbox.brevo.events import parse_instant
from sandbox.brevo.routing import ReceivedCall, Route


def track(call: ReceivedCall) -> BrevoAnswer:
    """One event."""
    call.store.events.track(call.body, call.now)
    return BrevoAnswer(204)


def track_batch(call: ReceivedCall) -> BrevoAnswer:
    """Many events, each judged by itself: 202 all queued, 207 some, 400 none."""
    body: bodies.EventBatch = call.body
    failures = call.store.events.track_each(body.events, call.now)
    total, failed = len(body.events), len(failures)
    if not failed:
        return BrevoAnswer(202, {"message": "Events are queued", "count": total})
    summary = {
        "status": "failed" if failed == total else "partial_success",
        "total_events": total,
        "successful_events": total - failed,
        "failed_events": failed,
        "errors": [{"eventIndex": [index], "message": message} for index, message in failures],
    }
    return BrevoAnswer(400 if failed == total else 207, summary)


def events(call: ReceivedCall) -> BrevoAnswer:
    """Events that match, newest first."""
    query: queries.EventsPage = call.query
    start = parse_instant(query.start_date, "startDate") if query.start_date else None
    end = parse_instant(query.end_date, "endDate") if query.end_date else None
    chosen = [
        event.shown()
        for event in reversed(call.store.events.received)
        if query.contact_id in (None, event.contact_id)
        and query.event_name in (None, event.name)
        and (start is None or event.date >= start)
        and (end is None or event.date <= end)
    ]
    return BrevoAnswer(200, {"events": chosen[query.offset : query.offset + query.limit], "count": len(chosen)})


def send_mail(call: ReceivedCall) -> BrevoAnswer:
    """Accept a transactional mail."""
    return call.store.mails.send(call.body, call.now)


def template(call: ReceivedCall) -> BrevoAnswer:
    """One template: of double opt-in, or of transactional mails."""
    number, doi = call.number("template_id"), call.store.options.doi_templates
    if number not in doi | call.store.mails.templates:
        raise not_found("Template ID does not exist")
    return BrevoAnswer(200, templates.shown(number, for_double_opt_in=number in doi))


def create_campaign(call: ReceivedCall) -> BrevoAnswer:
    """Make a draft."""
    return BrevoAnswer(201, {"id": call.store.campaigns.create(call.body, call.now)})


def campaigns(call: ReceivedCall) -> BrevoAnswer:
    """Campaigns in order of creation, at most 100 a page."""
    query: queries.CampaignsPage = call.query
    shown = [campaign.shown() for campaign in call.store.campaigns.held if query.status in (None, campaign.status)]
    ordered = shown[::-1] if query.sort == "desc" else shown
    return BrevoAnswer(200, {"count": len(shown), "campaigns": ordered[query.offset : query.offset + query.limit]})


def campaign(call: ReceivedCall) -> BrevoAnswer:
    """One campaign."""
    return BrevoAnswer(200, call.store.campaigns.get(call.number("campaign_id")).shown())


def send_campaign(call: ReceivedCall) -> BrevoAnswer:
    """Send a draft."""
    call.store.campaigns.send(call.number("campaign_id"), call.now)
    return BrevoAnswer(204)


def account(call: ReceivedCall) -> BrevoAnswer:
    """Whose key this is."""
    address = {"street": "1 Example Street", "city": "Paris", "zipCode": "75001", "country": "France"}
    return BrevoAnswer(
        200,
        {
            "organization_id": "sandbox",
            "user_id": 1,
            "email": call.store.options.account_email,
            "firstName": "Sandbox",
            "lastName": "Owner",
            "companyName": "Rollcall sandbox",
            "address": address,
            "plan": [{"type": "free", "creditsType": "sendLimit", "credits": 300}],
            "relay": {"enabled": True, "data": {"userName": "sandbox", "relay": "smtp.example.com", "port": 587}},
            "marketingAutomation": {"enabled": True, "key": "sandbox"},
        },
    )


def create_webhook(call: ReceivedCall) -> BrevoAnswer:
    """Subscribe."""
    return BrevoAnswer(201, {"id": call.store.webhooks.create(call.body, call.now)})


def webhooks(call: ReceivedCall) -> BrevoAnswer:
    """Subscriptions of one type."""
    return BrevoAnswer(200, {"webhooks": call.store.webhooks.all(call.query.type)})


def webhook(call: ReceivedCall) -> BrevoAnswer:
    """One subscription."""
    return BrevoAnswer(200, call.store.webhooks.get(call.number("webhook_id")))


def change_webhook(call: ReceivedCall) -> BrevoAnswer:
    """Change a subscription."""
    call.store.webhooks.change(call.number("webhook_id"), call.body, call.now)
    return BrevoAnswer(204)


def remove_webhook(call: ReceivedCall) -> BrevoAnswer:
    """Unsubscribe."""
    call.store.webhooks.remove(call.number("webhook_id"))
    return BrevoAnswer(204)


ROUTES = (
    Route("POST", "/events", track, bodies.EventBody),
    Route("GET", "/events", events, query=queries.EventsPage),
    Route("POST", "/events/batch", track_batch, bodies.EventBatch),
    Route("POST", "/smtp/email", send_mail, bodies.Mail),
    Route("GET", "/smtp/templates/{template_id}", template),
    Route("POST", "/emailCampaigns", create_campaign, NewCampaign),
    Route("GET", "/emailCampaigns", campaigns, query=queries.CampaignsPage),
    Route("GET", "/emailCampaigns/{campaign_id}", campaign, query=queries.OneCampaign),
    Route("POST", "/emailCampaigns/{campaign_id}/sendNow", send_campaign),
    Route("GET", "/account", account),
    Route("POST", "/webhooks", create_webhook, bodies.WebhookCreation),
    Route("GET", "/webhooks", webhooks, query=queries.WebhooksPage),
    Route("GET", "/webhooks/{webhook_id}", webhook),
    Route("PUT", "/webhooks/{webhook_id}", change_webhook, bodies.WebhookChange),
    Route("DELETE", "/webhooks/{webhook_id}", remove_webhook),
)
