"""The table of answers: a test per row."""

from __future__ import annotations

from typing import Any

import pytest

from processors.brevo.api.rate_headers import rate_headers
from processors.brevo.decisions.answers import ANSWER_CLASSES, classify, refused_address
from processors.brevo.decisions.families import MAILING
from runtime.calls import Answer
from runtime.outcome import Outcome
from tests.support.scripted_brevo import UNRECOGNISED_IP


def _told(code: str, message: str = "") -> dict[str, Any]:
    return {"code": code, "message": message}


def _page(status: int) -> Answer:
    """As the client tells of a page of HTML: there is a body, and none of it is kept."""
    return Answer(status, is_page=True)


ROWS = [
    (Answer(201, {"id": 4821}), "ok", Outcome.DONE, False),
    (Answer(201), "ok", Outcome.DONE, False),
    (Answer(204), "ok", Outcome.DONE, False),
    (Answer(None, failure="refused"), "refused", Outcome.RETRY, False),
    (Answer(None, failure="reset"), "reset", Outcome.RETRY, True),
    (Answer(None, failure="timeout"), "timeout", Outcome.RETRY, True),
    (Answer(401, UNRECOGNISED_IP), "unrecognised_ip", Outcome.PARK, False),
    (Answer(401, _told("unauthorized", "authentication not found in headers")), "no_key", Outcome.PARK, False),
    (Answer(401, _told("unauthorized", "Key not found")), "unknown_key", Outcome.PARK, False),
    (Answer(402, _told("not_enough_credits")), "no_credit", Outcome.STOP, False),
    (Answer(403, _told("permission_denied")), "forbidden", Outcome.STOP, False),
    (Answer(400, _told("account_in_process")), "account_busy", Outcome.RETRY, False),
    (Answer(400, _told("duplicate_parameter", "Unable to create contact")), "identifier_taken", Outcome.REJECT, False),
    (Answer(400, _told("invalid_parameter", "Invalid email address")), "invalid_email", Outcome.REJECT, False),
    (Answer(400, _told("invalid_parameter", "Invalid template id")), "no_template", Outcome.STOP, False),
    (Answer(400, _told("invalid_parameter", "templateId is invalid")), "no_template", Outcome.STOP, False),
    (Answer(400, _told("invalid_parameter", "Sender is invalid / inactive")), "no_sender", Outcome.STOP, False),
    (
        Answer(400, _told("invalid_parameter", "An active DOI template does not exist")),
        "no_template",
        Outcome.STOP,
        False,
    ),
    (Answer(400, _told("invalid_parameter", "invalid date format")), "invalid_request", Outcome.REJECT, False),
    (Answer(404, _told("document_not_found", "Contact does not exist")), "missing", Outcome.MISSING, False),
    (Answer(405, _told("method_not_allowed")), "rejected", Outcome.REJECT, False),
    (Answer(408), "timeout_told", Outcome.RETRY, True),
    (Answer(425, _told("account_in_process")), "too_early", Outcome.RETRY, False),
    (_page(429), "rate_limited", Outcome.PAUSE, False),
    *(
        (_page(status), "foreign", Outcome.FOREIGN, False)
        for status in (200, 201, 204, 302, 400, 401, 403, 404, 405, 413)
    ),
    *((Answer(status), "foreign", Outcome.FOREIGN, False) for status in (302, 404, 405, 407, 413)),
    *((Answer(status), "unlike_brevo", Outcome.FOREIGN, True) for status in (200, 202, 206)),
    *(
        (Answer(status, body), "unlike_brevo", Outcome.FOREIGN, True)
        for status, body in ((200, []), (201, "ok"), (201, 7), (204, []), (200, _told("invalid_parameter", "no")))
    ),
    (Answer(404, {"message": "no Route matched with those values"}), "foreign", Outcome.FOREIGN, False),
    (Answer(500, _told("internal")), "failed", Outcome.RETRY, True),
    (_page(502), "failed", Outcome.RETRY, True),
    (_page(524), "failed", Outcome.RETRY, True),
]


@pytest.mark.parametrize(("answer", "name", "outcome", "ambiguous"), ROWS, ids=[f"{r[1]}-{r[0].status}" for r in ROWS])
def test_classify_answer_finds_its_row(answer: Answer, name: str, outcome: Outcome, ambiguous: bool) -> None:
    """Status, code and message decide; ambiguous is only what Brevo may have done."""
    row = classify(answer)
    assert (row.name, row.outcome, row.ambiguous) == (name, outcome, ambiguous)


def test_answer_classes_have_a_test_each() -> None:
    """A row without a case here would be untested."""
    assert {name for _, name, _, _ in ROWS} == {row.name for row in ANSWER_CLASSES}


def test_refused_address_is_the_one_that_brevo_names() -> None:
    """A person has to know which address to authorise; IPv6 counts too, the full stop behind it does not."""
    assert refused_address(Answer(401, UNRECOGNISED_IP)) == "203.0.113.10"
    body = _told("unauthorized", "you are using an unrecognised IP address 2001:db8::1. If you")
    assert refused_address(Answer(401, body)) == "2001:db8::1"
    assert refused_address(_page(401)) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "1"}, (0.0, 1.0)),
        ({}, (None, None)),
        ({"x-sib-ratelimit-reset": "soon"}, (None, None)),
        ({"x-sib-ratelimit-reset": "-3"}, (None, None)),
        ({"x-sib-ratelimit-reset": "inf"}, (None, None)),
        ({"x-sib-ratelimit-reset": "1795305600"}, (None, 3600.0)),
    ],
)
def test_rate_headers_senseless_ones_are_absent_and_none_waits_past_the_longest_window(
    headers: dict[str, str], expected: tuple[float | None, float | None]
) -> None:
    """The reset is a duration; a point in time would park the call family for decades."""
    assert rate_headers(headers) == expected


@pytest.mark.parametrize("message", ["Invalid attribute Template", "the sender of this contact is unknown"])
def test_word_in_a_message_about_a_contact_parks_no_contacts(message: str) -> None:
    """Templates and senders belong to what is mailed; of a contact or an event it is the command's own fault."""
    answer = Answer(400, _told("invalid_parameter", message))
    assert {classify(answer, family).outcome for family in ("contacts", "events", "account")} == {Outcome.REJECT}
    assert {classify(answer, family).outcome for family in MAILING} == {Outcome.STOP}
