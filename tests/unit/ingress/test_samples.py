from __future__ import annotations

import logging

import pytest

from ingress.decision import Publish, decide
from ingress.envelope import Delivery
from ingress.samples import SampleLog
from ingress.signature import signature_of
from tests.support.ingress import ACCOUNT, KEY, REQUEST_ID, SECRET, as_zoom_writes, example
from tests.support.log_lines import facts


def delivery_of(name: str, at: float) -> tuple[Delivery, Publish]:
    """A delivery of a sample, and what was decided."""
    body, timestamp = as_zoom_writes(example(name)), str(int(at)).encode()
    delivery = Delivery(body, timestamp, signature_of(SECRET, timestamp, body), REQUEST_ID, at)
    decided = decide([KEY], delivery)
    assert isinstance(decided, Publish)
    return delivery, decided


def test_sample_log_shows_no_person(caplog: pytest.LogCaptureFixture) -> None:
    """Which event, which object, how large: no name, address, link or secret of the body."""
    caplog.set_level(logging.INFO)
    SampleLog({ACCOUNT}).show(*delivery_of("webinar.registration_created__registrant", 1e9))
    (record,) = caplog.records
    shown = {key: value for key, value in record.__dict__.items() if key in ("delivery", "type", "object", "outcome")}
    assert shown == {
        "delivery": REQUEST_ID,
        "type": "webinar.registration_created",
        "object": "93577204816",
        "outcome": "accepted",
    }
    assert not any(word in str(record.__dict__) for word in ("Lucía", "@", "tk=", "Monterrey"))


def test_sample_log_one_a_second_and_event(caplog: pytest.LogCaptureFixture) -> None:
    """A rush of one event does not fill the disk, nor hide another event."""
    caplog.set_level(logging.INFO)
    samples = SampleLog({ACCOUNT})
    for at in (1e9, 1e9 + 0.5, 1e9 + 0.9, 1e9 + 1.1):
        samples.show(*delivery_of("meeting.started__plain", at))
    samples.show(*delivery_of("meeting.ended__plain", 1e9 + 1.1))
    assert len(caplog.records) == 3


def test_sample_log_ends_by_itself_after_an_hour_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever has forgotten it finds no full disk a year later."""
    caplog.set_level(logging.INFO)
    samples = SampleLog({ACCOUNT})
    for at in (1e9, 1e9 + 3_599, 1e9 + 3_600, 1e9 + 9_999):
        samples.show(*delivery_of("meeting.started__plain", at))
    assert caplog.messages == ["delivery", "delivery", "deliveries shown no more"]
    assert facts(caplog.records[-1])["next"] == "restart the ingress for another one"


def test_sample_log_account_that_did_not_ask_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    """`log_webhooks` is off by default."""
    caplog.set_level(logging.DEBUG)
    SampleLog(frozenset()).show(*delivery_of("meeting.started__plain", 1e9))
    assert caplog.records == []
