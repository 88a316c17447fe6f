"""What Brevo posts, as its own samples have it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingress.brevo_feedback import feedback_of
from schemas.codec import contact_id

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MAYA = contact_id("maya.okafor@example.com")
SAMPLES = {
    case["name"]: case["body"]
    for case in json.loads((Path(__file__).parents[3] / "schemas/examples/brevo/12_brevo_webhooks.json").read_bytes())[
        "cases"
    ]
    if "body" in case
}


@pytest.mark.parametrize(
    ("sample", "kind", "source"),
    [
        ("marketing unsubscribe", "unsubscribed", "marketing"),
        ("blocklisted by hand or API", "blocklisted", "marketing"),
        ("deleted", "deleted", "marketing"),
        ("added to list", "returned", "marketing"),
        ("transactional unsubscribed (separate webhook type)", "unsubscribed", "transactional"),
    ],
)
def test_sample_becomes_news_of_its_contact(sample: str, kind: str, source: str) -> None:
    """Each of the shapes that Brevo sends, without any address in the record."""
    feedback = feedback_of(json.dumps(SAMPLES[sample]).encode(), NOW)
    assert feedback is not None
    assert [(said.kind, said.contact_id, said.source) for said in feedback] == [(kind, MAYA, source)]
    assert b"@" not in feedback[0].to_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"email": "maya.okafor@example.com", "content": [{"emailBlacklist": True}]},
        {"email": "maya.okafor@example.com", "content": [None, {"emailBlacklist": True, "email": ""}]},
        {"content": {"email": "maya.okafor@example.com", "emailBlacklist": True}},
    ],
)
def test_blocklisting_is_understood_wherever_the_address_stands(change: dict[str, object]) -> None:
    """Brevo shows it in the event, in the detail, or in both; overlooked, the person would be mailed."""
    feedback = feedback_of(json.dumps({"event": "contact_updated", "ts": 1_795_240_431} | change).encode(), NOW)
    assert feedback is not None
    assert [(said.kind, said.contact_id) for said in feedback] == [("blocklisted", MAYA)]


@pytest.mark.parametrize("sample", ["attributes changed"])
def test_other_events_are_nothing_to_us(sample: str) -> None:
    """They are answered and not stored."""
    assert feedback_of(json.dumps(SAMPLES[sample]).encode(), NOW) == []


def test_batch_becomes_news_of_every_contact() -> None:
    """`batched: true` sends a list."""
    feedback = feedback_of(json.dumps([SAMPLES["marketing unsubscribe"], SAMPLES["deleted"]]).encode(), NOW)
    assert feedback is not None
    assert [said.kind for said in feedback] == ["unsubscribed", "deleted"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"3", b'["a"]'])
def test_body_that_is_no_event_is_refused(body: bytes) -> None:
    """Brevo sends JSON objects."""
    assert feedback_of(body, NOW) is None


def test_time_comes_from_ts_and_else_from_the_receipt() -> None:
    """The format of `date` has changed before."""
    event = SAMPLES["marketing unsubscribe"]
    (timed,) = feedback_of(json.dumps(event).encode(), NOW) or []
    assert timed.occurred_at == datetime.fromtimestamp(event["ts"], UTC)
    (untimed,) = feedback_of(json.dumps({**event, "ts": "soon"}).encode(), NOW) or []
    assert untimed.occurred_at == NOW
