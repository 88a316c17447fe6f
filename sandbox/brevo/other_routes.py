"""`/events`, `/smtp/email`, `/emailCampaigns`, `/account` and `/webhooks`. PURE."""

from __future__ import annotations

from sandbox.brevo import bodies, queries, templates
from sandbox.brevo.answers import Answer, not_found
from sandbox.brevo.campaign_bodies import NewCampaign
from sandbox.brevo.events import parse_instant
from sandbox.brevo.routing import Call, Route


def track(call: Call) -> Answer:
    """One event."""
    call.store.events.track(call.body, call.now)
    return Answer(204)


def track_batch(call: Call) -> Answer:
    """Many events, each judged by itself: 202 all queued, 207 some, 400 none."""
    body: bodies.EventBatch = call.body
    failures = call.store.events.track_each(body.events, call.now)
    total, failed = len(body.events), len(failures)
    if not failed:
        return Answer(202, {"message": "Events are queued", "count": total})
    summary = {
        "status": "failed" if failed == total else "partial_success",
        "total_events": total,
        "successful_events": total - failed,
        "failed_events": failed,
        "errors": [{"eventIndex": [index], "message": message} for index, message in failures],
    }
    return Answer(400 if failed == total else 207, summary)


def events(call: Call) -> Answer:
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
    return Answer(200, {"events": chosen[query.offset : query.offset + query.limit], "count": len(chosen)})


def send_mail(call: Call) -> Answer:
    """Accept a transactional mail."""
    return call.store.mails.send(call.body, call.now)


def template(call: Call) -> Answer:
    """One template: of double opt-in, or of transactional mails."""
    number, doi = call.number("template_id"), call.store.options.doi_templates
    if number not in doi | call.store.mails.templates:
        raise not_found("Template ID does not exist")
    return Answer(200, templates.shown(number, for_double_opt_in=number in doi))


def create_campaign(call: Call) -> Answer:
    """Make a draft."""
    return Answer(201, {"id": call.store.campaigns.create(call.body, call.now)})


def campaigns(call: Call) -> Answer:
    """Campaigns in order of creation, at most 100 a page."""
    query: queries.CampaignsPage = call.query
    shown = [each.shown() for each in call.store.campaigns.held if query.status in (None, each.status)]
    ordered = shown[::-1] if query.sort == "desc" else shown
    return Answer(200, {"count": len(shown), "campaigns": ordered[query.offset : query.offset + query.limit]})


def campaign(call: Call) -> Answer:
    """One campaign."""
    return Answer(200, call.store.campaigns.get(call.number("campaign_id")).shown())


def send_campaign(call: Call) -> Answer:
    """Send a draft."""
    call.store.campaigns.send(call.number("campaign_id"), call.now)
    return Answer(204)


def account(call: Call) -> Answer:
    """Whose key this is."""
    address = {"street": "1 Example Street", "city": "Paris", "zipCode": "75001", "country": "France"}
    return Answer(
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


def create_webhook(call: Call) -> Answer:
    """Subscribe."""
    return Answer(201, {"id": call.store.webhooks.create(call.body, call.now)})


def webhooks(call: Call) -> Answer:
    """Subscriptions of one type."""
    return Answer(200, {"webhooks": call.store.webhooks.all(call.query.type)})


def webhook(call: Call) -> Answer:
    """One subscription."""
    return Answer(200, call.store.webhooks.get(call.number("webhook_id")))


def change_webhook(call: Call) -> Answer:
    """Change a subscription."""
    call.store.webhooks.change(call.number("webhook_id"), call.body, call.now)
    return Answer(204)


def remove_webhook(call: Call) -> Answer:
    """Unsubscribe."""
    call.store.webhooks.remove(call.number("webhook_id"))
    return Answer(204)


ROUTES = (
    Route("POST", "/events", track, bodies.Event),
    Route("GET", "/events", events, query=queries.EventsPage),
    Route("POST", "/events/batch", track_batch, bodies.EventBatch),
    Route("POST", "/smtp/email", send_mail, bodies.Mail),
    Route("GET", "/smtp/templates/{template_id}", template),
    Route("POST", "/emailCampaigns", create_campaign, NewCampaign),
    Route("GET", "/emailCampaigns", campaigns, query=queries.CampaignsPage),
    Route("GET", "/emailCampaigns/{campaign_id}", campaign, query=queries.OneCampaign),
    Route("POST", "/emailCampaigns/{campaign_id}/sendNow", send_campaign),
    Route("GET", "/account", account),
    Route("POST", "/webhooks", create_webhook, bodies.Webhook),
    Route("GET", "/webhooks", webhooks, query=queries.WebhooksPage),
    Route("GET", "/webhooks/{webhook_id}", webhook),
    Route("PUT", "/webhooks/{webhook_id}", change_webhook, bodies.WebhookChange),
    Route("DELETE", "/webhooks/{webhook_id}", remove_webhook),
)
