"""What Zoom's answers mean."""

from __future__ import annotations

import time
from typing import Any

import pytest

from processors.zoom.api.verdicts import MAX_MESSAGE_CHARACTERS, judge
from runtime.outcome import Outcome

LIST: dict[str, Any] = {"registrants": [], "next_page_token": ""}
PAGE = None
"""What a page of HTML is after parsing."""


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (401, 124, Outcome.PARK),
        (400, 124, Outcome.PARK),  # as the page of GET /users documents it
        (400, 200, Outcome.STOP),
        (200, 200, Outcome.STOP),
        (400, 300, Outcome.REJECT),
        (404, 1001, Outcome.MISSING),
        (400, 1010, Outcome.REJECT),
        (401, 1010, Outcome.REJECT),  # past Q&A: a 401 that is not about the token
        (404, 2300, Outcome.REJECT),
        (400, 2300, Outcome.REJECT),
        (403, 2305, Outcome.MISSING),
        (400, 3000, Outcome.REJECT),
        (404, 3001, Outcome.MISSING),
        (400, 3001, Outcome.MISSING),
        (400, 3161, Outcome.REJECT),
        (404, 3301, Outcome.MISSING),
        (400, 12702, Outcome.REJECT),
        (400, 12703, Outcome.REJECT),
        (400, 4700, Outcome.STOP),
        (400, 4711, Outcome.STOP),
        (429, 429, Outcome.PAUSE),
        (200, 429, Outcome.PAUSE),
        (429, 9999, Outcome.PAUSE),
        (401, 9999, Outcome.STOP),
        (404, 9999, Outcome.MISSING),
        (400, 9999, Outcome.REJECT),
        (200, 9999, Outcome.REJECT),
        (500, 9999, Outcome.RETRY),
        (302, 3001, Outcome.FOREIGN),
    ],
)
def test_judge_with_a_code_decides_on_the_code_first(status: int, code: int, outcome: Outcome) -> None:
    """Each row of Zoom's error table, and codes that it does not list."""
    body = {"code": code, "message": "words"}
    for holds, is_list in (("id", False), ("registrants", True)):
        verdict = judge(status, body, holds=holds, is_list=is_list)
        assert (verdict.outcome, verdict.code) == (outcome, code)
        assert verdict.message == ("" if outcome is Outcome.FOREIGN else "words")
        assert verdict.step == ("new token" if code == 124 else None)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.FOREIGN),
        (204, Outcome.FOREIGN),
        (301, Outcome.FOREIGN),
        (302, Outcome.FOREIGN),
        (400, Outcome.FOREIGN),
        (401, Outcome.FOREIGN),
        (403, Outcome.FOREIGN),
        (404, Outcome.FOREIGN),
        (405, Outcome.FOREIGN),
        (413, Outcome.FOREIGN),
        (408, Outcome.RETRY),
        (425, Outcome.RETRY),
        (429, Outcome.PAUSE),
        (500, Outcome.RETRY),
        (502, Outcome.RETRY),
        (503, Outcome.RETRY),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        PAGE,
        "",
        {},
        [],
        {"error": "not found"},
        {"code": "not_found"},
        {"code": 5, "details": []},
        {"code": True},
        {"status": "ok", "data": {}},
    ],
)
def test_judge_without_a_code_of_zooms_believes_nothing(status: int, outcome: Outcome, body: object) -> None:
    """A proxy's page, a login page, a gateway's JSON, a body that is cut short: that there is none is Zoom's to say."""
    for holds, is_list in (("id", False), ("registrants", True)):
        assert judge(status, body, holds=holds, is_list=is_list).outcome is outcome


@pytest.mark.parametrize("status", [400, 403, 404, 405])
def test_judge_a_code_that_repeats_the_status_is_a_gateways(status: int) -> None:
    """Many gateways write `{"code": 404, "message": "Not Found"}`; Zoom's codes are others."""
    verdict = judge(status, {"code": status, "message": "Not Found" if status != 403 else ""}, holds="id")
    assert (verdict.outcome, verdict.code) == (Outcome.FOREIGN, None)


def test_judge_a_403_with_a_message_alone_is_zooms() -> None:
    """Shared access: "user has not permitted access to the targeted resource", without a code."""
    assert judge(403, {"message": "not permitted"}, holds="id").outcome is Outcome.STOP


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize(
    "body",
    [
        {"message": "Forbidden"},
        {"message": "User is not authorized to access this resource with an explicit deny"},
        {"message": "Missing Authentication Token"},
        {"code": "AccessDenied", "message": "Access Denied"},
        {"message": "Please sign in to continue"},
    ],
)
def test_judge_a_gateways_message_without_a_code_believes_nothing(status: int, body: object) -> None:
    """That users or panelists may not be listed is Zoom's to say: without them own staff would become contacts."""
    for holds, is_list in (("id", False), ("users", True)):
        assert judge(status, body, holds=holds, is_list=is_list).outcome is Outcome.FOREIGN


def test_judge_that_there_is_none_after_a_first_page_is_for_later() -> None:
    """Half a list is not "there is none"."""
    body = {"code": 3001, "message": "Webinar does not exist"}
    assert judge(404, body, holds="registrants", is_list=True, in_paging=True).outcome is Outcome.RETRY
    assert judge(404, body, holds="registrants", is_list=True).outcome is Outcome.MISSING


def test_judge_a_401_without_a_code_is_tried_with_a_new_token_first() -> None:
    """It may be about the token; a stranger's is told after that."""
    assert judge(401, PAGE, holds="id").step == "new token"


def test_judge_code_300_while_paging_means_an_expired_page_token() -> None:
    """Zoom has one code for a bad field and for a page token older than 15 minutes."""
    body = {"code": 300, "message": "The next page token is invalid or expired."}
    assert judge(400, body, holds="registrants", is_list=True, in_paging=True).step == "first page"
    assert judge(400, body, holds="registrants", is_list=True).step is None


@pytest.mark.parametrize(
    ("body", "holds", "is_list", "outcome"),
    [
        (LIST, "registrants", True, Outcome.DONE),
        ({"id": 1, "topic": "Demo"}, "id", False, Outcome.DONE),
        ({"id": 1, "message": "a field of that name"}, "id", False, Outcome.DONE),
        ({"message": "Only available for Paid account."}, "id", False, Outcome.STOP),
        ({"message": "No permission."}, "registrants", True, Outcome.STOP),
        (LIST, "users", True, Outcome.FOREIGN),
        ({"users": None}, "users", True, Outcome.FOREIGN),
    ],
)
def test_judge_http_200_accepts_only_what_was_asked_for(
    body: object, holds: str, is_list: bool, outcome: Outcome
) -> None:
    """HTTP 200 may hide an error: what was not asked for is no answer."""
    assert judge(200, body, holds=holds, is_list=is_list).outcome is outcome


@pytest.mark.parametrize(
    ("message", "scopes"),
    [
        (
            "Invalid access token, does not contain scopes:[user:read:list_users:admin].",
            ("user:read:list_users:admin",),
        ),
        ("Invalid access token, does not contain scopes:[a:b, c:d].", ("a:b", "c:d")),
        ("does not contain scopes: []", ()),
        ("No permission.", ()),
    ],
)
def test_judge_code_4711_names_the_missing_scopes(message: str, scopes: tuple[str, ...]) -> None:
    """The operator is told which scopes to add."""
    verdict = judge(400, {"code": 4711, "message": message}, holds="id")
    assert verdict.missing_scopes == scopes


def test_judge_a_message_with_an_address_keeps_the_address_out() -> None:
    """Messages end in logs and topics; addresses must not."""
    body = {"code": 1001, "message": "User does not exist: maya.okafor@example.com."}
    assert judge(404, body, holds="id").message == "User does not exist: <e-mail>"


@pytest.mark.parametrize("character", ["a", "@", "a@", ".", " ", "scopes[", "scope ", "é", "%40"])
def test_judge_a_message_costs_no_more_than_its_length(character: str) -> None:
    """Zoom's words come from outside: 256 KB of them must not stop the worker."""
    began = time.process_time()
    verdict = judge(400, {"code": 3001, "message": character * 262_144}, holds="id")
    assert time.process_time() - began < 0.05
    assert len(verdict.message) <= MAX_MESSAGE_CHARACTERS


def test_judge_a_message_that_is_cut_in_an_address_keeps_it_out() -> None:
    """Half an address still names a person."""
    body = {"message": "x" * (MAX_MESSAGE_CHARACTERS - 8) + " maya.okafor@example.com"}
    assert "maya" not in judge(400, body, holds="id").message


def test_judge_a_code_of_very_many_digits_is_none() -> None:
    """Python refuses to read a number of more than 4,300 digits."""
    assert judge(404, {"code": "3" * 5_000}, holds="id").code is None


def test_judge_a_code_as_text_is_read_as_a_number() -> None:
    """Some gateways write numbers as text."""
    assert judge(404, {"code": "3001"}, holds="id").code == 3001


def test_judge_a_code_that_means_none_for_an_endpoint_is_missing_there_alone() -> None:
    """Absentees of a webinar without registration; elsewhere 3000 is the wrong endpoint."""
    body = {"code": 3000, "message": "Registration has not been enabled."}
    of_absentees = judge(400, body, holds="registrants", is_list=True, none_codes=frozenset({3000}))
    assert of_absentees.outcome is Outcome.MISSING
    assert judge(400, body, holds="registrants", is_list=True).outcome is Outcome.REJECT


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (204, "", Outcome.DONE),
        (200, {}, Outcome.DONE),
        (200, PAGE, Outcome.FOREIGN),
        (200, {"code": 200, "message": "no"}, Outcome.STOP),
        (502, PAGE, Outcome.RETRY),
    ],
)
def test_judge_an_answer_without_a_body_is_good_where_there_is_to_be_none(
    status: int, body: object, outcome: Outcome
) -> None:
    """HTTP 204; an error is still an error, and a page is no 204."""
    assert judge(status, body, holds="").outcome is outcome
