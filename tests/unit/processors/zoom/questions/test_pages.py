"""Answers as pages, without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from processors.zoom.questions.identities import Directory
from processors.zoom.questions.pages import PAGE_BYTES, QuestionAnswer, found, result_pages
from schemas.instants import as_datetime
from schemas.lookups import LOOKUP, LookupRequest, LookupResult

EXAMPLES = Path(__file__).parents[5] / "schemas" / "examples"
AT = as_datetime(1_786_543_200)
REQUEST = LookupRequest(
    request_id="r1",
    lookup="registrants",
    account_id="acc",
    object_id="93577204816",
    object_type="webinar",
    session_uuid="pT9/Qw3sRzGm4yBhK1xVdA==",
    occurrence_id="77",
    origin="backfill",
    requested_at=AT,
)


def pages(answer: QuestionAnswer, request: LookupRequest = REQUEST) -> list[LookupResult]:
    """All pages of an answer."""
    return list(result_pages(request, answer, AT))


@pytest.mark.parametrize(("rows", "sizes"), [(0, [0]), (1, [1]), (300, [300]), (301, [300, 1]), (900, [300, 300, 300])])
def test_result_pages_hold_at_most_300_rows_and_mark_the_last(rows: int, sizes: list[int]) -> None:
    """The consumer knows from the numbers and the mark that it has everything."""
    made = pages(found([{"id": str(n)} for n in range(rows)]))
    assert [len(page.rows) for page in made] == sizes
    assert [page.page for page in made] == list(range(len(sizes)))
    assert [page.last for page in made] == [False] * (len(sizes) - 1) + [True]
    assert [row["id"] for page in made for row in page.rows] == [str(n) for n in range(rows)]


def test_result_pages_of_large_rows_stay_below_the_topics_limit() -> None:
    """A page that the broker refuses would stop the worker."""
    made = pages(found([{"id": str(n), "comments": "ü" * 30_000} for n in range(90)]))
    assert len(made) > 1
    assert sum(len(page.rows) for page in made) == 90
    assert max(len(page.to_bytes()) for page in made) < PAGE_BYTES + 2_000


def test_result_pages_repeat_what_was_asked() -> None:
    """The consumer need not remember its request."""
    (page,) = pages(QuestionAnswer("missing", "3001: Webinar does not exist"))
    assert page == LookupResult(
        request_id="r1",
        lookup="registrants",
        account_id="acc",
        object_id="93577204816",
        object_type="webinar",
        session_uuid="pT9/Qw3sRzGm4yBhK1xVdA==",
        occurrence_id="77",
        outcome="missing",
        detail="3001: Webinar does not exist",
        origin="backfill",
        answered_at=AT,
    )


def test_found_rows_lose_links_passcodes_and_phone_numbers_at_any_depth() -> None:
    """What makes its holder a host, or names a private number, is not published; the rest is as Zoom sends it."""
    kept: dict[str, Any] = {
        "id": 93577204816,
        "topic": "Demo",
        "email": "maya.okafor@example.com",
        "host_email": "host@example.com",
        "occurrences": [{"occurrence_id": "77", "start_time": "2026-08-12T14:00:00Z"}],
        "settings": {"approval_type": 0, "audio": "telephony", "alternative_hosts": ""},
        "custom_questions": [{"title": "Source?", "value": "Newsletter"}],
        "tracking_source": {"id": "5516", "source_name": "newsletter"},
    }
    settings = {
        **kept["settings"],
        "global_dial_in_numbers": [{"number": "+49 30 1234"}],
        "audio_conference_info": "+49 30 1234",
        "panelists_invitation_email_notification": True,
        "meeting_password_requirement": {},
    }
    secret = {
        "join_url": "https://zoom.example.com/w/1?tk=x",
        "start_url": "https://zoom.example.com/s/1?zak=x",
        "registration_url": "https://zoom.example.com/r",
        "password": "p",
        "encrypted_passcode": "p",
        "h323_passcode": "1",
        "pstn_password": "1",
        "participant_pin_code": 380303,
        "phone": "+49",
        "phone_number": "+49",
        "Phone_Country": "DE",
        "host_key": "1",
        "download_token": "t",
        "settings": settings,
        "tracking_source": {**kept["tracking_source"], "tracking_url": "https://zoom.example.com/t"},
        "occurrences": [{**kept["occurrences"][0], "join_url": "https://zoom.example.com"}],
    }
    (page,) = pages(found([{**kept, **secret}]))
    (row,) = page.rows
    assert row.pop("settings") == {**kept["settings"], "panelists_invitation_email_notification": True}
    assert row == {name: value for name, value in kept.items() if name != "settings"}


def test_directory_hits_only_what_was_asked_for_in_any_case() -> None:
    """Addresses are normalised on both sides; who is none of the account's is left out; nobody comes twice."""
    directory = Directory(
        [
            {"id": "u1", "email": "Ines.Oyelaran@Example.com", "status": "active"},
            {"id": "u2", "email": "other@example.com"},
            {"email": "Pending.Person@example.com", "status": "pending"},
        ]
    )
    asked = REQUEST.model_copy(
        update={
            "lookup": "identities",
            "user_ids": ("u1", "nobody"),
            "emails": (" INES.oyelaran@example.com", "pending.person@example.com", "guest@example.com", "no address"),
        }
    )
    (page,) = pages(QuestionAnswer("found", rows=directory), asked)
    assert page.outcome == "found"
    assert page.rows == (
        {"id": "u1", "email": "ines.oyelaran@example.com"},
        {"id": "", "email": "pending.person@example.com"},
    )


@pytest.mark.parametrize("path", sorted((EXAMPLES / "zoom.lookups.v1").glob("*.json")), ids=lambda path: path.stem)
def test_example_of_a_look_up_is_one(path: Path) -> None:
    """The examples are the contract: each parses, and its name says what it is."""
    message = LOOKUP.validate_json(path.read_bytes())
    what = message.lookup if isinstance(message, LookupRequest) else message.kind
    assert path.stem.split("__")[0] == what


@pytest.mark.parametrize(
    "path", sorted((EXAMPLES / "zoom.lookup-results.v1").glob("*.json")), ids=lambda path: path.stem
)
def test_example_of_a_look_up_result_is_one(path: Path) -> None:
    """As above; its rows hold nothing that is taken out."""
    result = LookupResult.from_bytes(path.read_bytes())
    assert path.stem.split("__")[0] == result.lookup
    assert found(result.rows).rows == list(result.rows)


def test_object_that_fits_into_no_record_is_unavailable() -> None:
    """An agenda of 2 MiB would be refused by the broker; asked again it would come again."""
    answer = found([{"id": "1", "agenda": "a" * 2_000_000}])
    assert (answer.outcome, answer.rows) == ("unavailable", ())
    assert "more than a record takes" in answer.detail
