"""What Zoom's answers mean."""

from __future__ import annotations

import time
from typing import Any

import pytest

from processors.zoom.api.verdicts import MAX_MESSAGE_CHARACTERS, Action, judge

LIST: dict[str, Any] = {"registrants": [], "next_page_token": ""}


@pytest.mark.parametrize(
    ("status", "code", "action"),
    [
        (401, 124, "token"),
        (400, 124, "token"),  # as the page of GET /users documents it
        (400, 200, "unavailable"),
        (200, 200, "unavailable"),
        (400, 300, "permanent"),
        (404, 1001, "missing"),
        (400, 1010, "permanent"),
        (401, 1010, "permanent"),  # past Q&A: a 401 that is not about the token
        (404, 2300, "permanent"),
        (400, 2300, "permanent"),
        (403, 2305, "missing"),
        (400, 3000, "permanent"),
        (404, 3001, "missing"),
        (400, 3001, "missing"),
        (400, 3161, "permanent"),
        (404, 3301, "missing"),
        (400, 12702, "permanent"),
        (400, 12703, "permanent"),
        (400, 4700, "unavailable"),
        (400, 4711, "unavailable"),
        (429, 429, "retry"),
        (200, 429, "retry"),
        (401, 9999, "unavailable"),
        (404, 9999, "missing"),
        (400, 9999, "permanent"),
        (200, 9999, "permanent"),
        (500, 9999, "retry"),
    ],
)
def test_judge_with_a_code_decides_on_the_code_first(status: int, code: int, action: Action) -> None:
    """Each row of Zoom's error table, and codes that it does not list."""
    body = {"code": code, "message": "words"}
    for expects in (None, "registrants"):
        verdict = judge(status, body, expects=expects, in_paging=False)
        assert (verdict.action, verdict.code, verdict.message) == (action, code, "words")


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (401, "token"),
        (403, "unavailable"),
        (404, "missing"),
        (400, "permanent"),
        (302, "retry"),
        (408, "retry"),
        (425, "retry"),
        (429, "retry"),
        (500, "retry"),
        (502, "retry"),
        (503, "retry"),
    ],
)
@pytest.mark.parametrize("body", [None, {}, [], "text"])
def test_judge_without_a_code_decides_on_the_status(status: int, action: Action, body: object) -> None:
    """An answer of a proxy, or one without a body."""
    assert judge(status, body, expects=None, in_paging=False).action == action


def test_judge_code_300_while_paging_means_an_expired_page_token() -> None:
    """Zoom has one code for a bad field and for a page token older than 15 minutes."""
    body = {"code": 300, "message": "The next page token is invalid or expired."}
    assert judge(400, body, expects="registrants", in_paging=True).action == "expired page"
    assert judge(400, body, expects="registrants", in_paging=False).action == "permanent"


@pytest.mark.parametrize(
    ("body", "expects", "action"),
    [
        (LIST, "registrants", "accept"),
        ({"id": 1, "topic": "Demo"}, None, "accept"),
        ({"id": 1, "message": "a field of that name"}, None, "accept"),
        ({"message": "Only available for Paid account."}, None, "unavailable"),
        ({"message": "No permission."}, "registrants", "unavailable"),
        (LIST, "users", "unavailable"),
        ({"users": None}, "users", "unavailable"),
        (None, "registrants", "retry"),
        (None, None, "retry"),
    ],
)
def test_judge_http_200_accepts_only_what_was_asked_for(body: object, expects: str | None, action: Action) -> None:
    """HTTP 200 may hide an error: a list that is not there is none."""
    assert judge(200, body, expects=expects, in_paging=False).action == action


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
    verdict = judge(400, {"code": 4711, "message": message}, expects=None, in_paging=False)
    assert verdict.missing_scopes == scopes


def test_judge_a_message_with_an_address_keeps_the_address_out() -> None:
    """Messages end in logs and topics; addresses must not."""
    body = {"code": 1001, "message": "User does not exist: maya.okafor@example.com."}
    assert judge(404, body, expects=None, in_paging=False).message == "User does not exist: <e-mail>"


@pytest.mark.parametrize("character", ["a", "@", "a@", ".", " ", "scopes[", "scope ", "é", "%40"])
def test_judge_a_message_costs_no_more_than_its_length(character: str) -> None:
    """Zoom's words come from outside: 256 KB of them must not stop the worker."""
    began = time.process_time()
    verdict = judge(400, {"code": 3001, "message": character * 262_144}, expects=None, in_paging=False)
    assert time.process_time() - began < 0.05
    assert len(verdict.message) <= MAX_MESSAGE_CHARACTERS


def test_judge_a_message_that_is_cut_in_an_address_keeps_it_out() -> None:
    """Half an address still names a person."""
    body = {"message": "x" * (MAX_MESSAGE_CHARACTERS - 8) + " maya.okafor@example.com"}
    assert "maya" not in judge(400, body, expects=None, in_paging=False).message


def test_judge_a_code_of_very_many_digits_is_none() -> None:
    """Python refuses to read a number of more than 4,300 digits."""
    assert judge(404, {"code": "3" * 5_000}, expects=None, in_paging=False).code is None


def test_judge_a_code_as_text_is_read_as_a_number() -> None:
    """Some gateways write numbers as text."""
    assert judge(404, {"code": "3001"}, expects=None, in_paging=False).code == 3001


def test_judge_a_code_that_means_none_for_an_endpoint_is_missing_there_alone() -> None:
    """Absentees of a webinar without registration; elsewhere 3000 is the wrong endpoint."""
    body = {"code": 3000, "message": "Registration has not been enabled."}
    of_absentees = judge(400, body, expects="registrants", in_paging=False, none_codes=frozenset({3000}))
    assert of_absentees.action == "missing"
    assert judge(400, body, expects="registrants", in_paging=False).action == "permanent"


@pytest.mark.parametrize(
    ("status", "body", "action"),
    [
        (204, None, "accept"),
        (200, {}, "accept"),
        (200, {"code": 200, "message": "no"}, "unavailable"),
        (502, None, "retry"),
    ],
)
def test_judge_an_answer_that_may_be_empty_is_good_without_a_body(status: int, body: object, action: str) -> None:
    """HTTP 204; an error is still an error."""
    assert judge(status, body, expects=None, in_paging=False, may_be_empty=True).action == action
