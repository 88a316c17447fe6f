"""The effect `look-up`, with the engine's part played on tables in memory."""

from __future__ import annotations

from collections import deque

import pytest

from processors.zoom import agent as look_up
from runtime.outcome import NoAnswer, Outcome
from schemas.attendance import ObjectType
from schemas.lookups import LookupKind, LookupRequest
from schemas.topics import ERASURES, LOOKUP_RESULTS, LOOKUPS, LOOKUPS_BULK
from tests.support.lookup_agent import Engine, ScriptedZoom, outcome, request
from tests.support.processes import eventually


def test_agent_declares_its_sources_and_table() -> None:
    """Both topics, live first, whom to forget, and the one table."""
    assert look_up.SPEC.name == "look-up"
    assert look_up.SPEC.sources == (LOOKUPS, LOOKUPS_BULK, ERASURES)
    assert look_up.SPEC.tables == ("lookups-pending",)


@pytest.mark.parametrize(
    ("asked", "call"),
    [
        (request("r", "session", occurrence_id="7"), "webinar 1 7"),
        (request("r", "session", object_type="meeting"), "meeting 1"),
        (request("r", "registrants", occurrence_id="7"), "registrants 1 7"),
        (request("r", "panelists"), "panelists 1"),
        (request("r", "past_session", session_uuid="u/1=="), "past u/1=="),
        (request("r", "report", session_uuid="u/1=="), "webinar report u/1=="),
        (request("r", "report", session_uuid="u/1==", object_type="meeting"), "meeting report u/1=="),
        (request("r", "absentees", session_uuid="u/1=="), "absentees u/1=="),
        (request("r", "recordings", session_uuid="u/1=="), "recordings u/1=="),
    ],
)
async def test_request_is_answered_once_under_its_objects_key_and_settled(
    engine: Engine, zoom: ScriptedZoom, asked: LookupRequest, call: str
) -> None:
    """The answer goes to the object's partition, the note "settled" to the account's."""
    engine.ask(asked)
    async with engine.running():
        await engine.until_settled()
    assert zoom.calls == [call]
    (page,) = engine.results
    assert (page.outcome, page.page, page.last) == ("found", 0, True)
    assert page.rows == ({"id": call},)
    assert engine.keys == [(LOOKUP_RESULTS.name, b"1"), (LOOKUPS.name, b"acc")]


@pytest.mark.parametrize("lookup", ["polls", "questions"])
@pytest.mark.parametrize("kind", ["meeting", "webinar"])
async def test_participation_is_asked_for_by_instance_and_told_without_a_word(
    engine: Engine, zoom: ScriptedZoom, lookup: LookupKind, kind: ObjectType
) -> None:
    """Hashes by address; a refused kind is answered as such, and does not keep the other instance's from coming."""
    call = f"{kind} {lookup} u/1=="
    details = [{"question": "Is my illness covered?", "answer": "never"}]
    zoom.answers[call] = [{"email": "Maya@example.com", "name": "Maya Okafor", "question_details": details}]
    scope = NoAnswer(Outcome.STOP, "4711: scopes")
    zoom.failures[f"{kind} {lookup} u/2=="] = deque([scope])
    engine.ask(
        request("a", lookup, session_uuid="u/1==", object_type=kind),
        request("again", lookup, session_uuid="u/1==", object_type=kind),
        request("b", lookup, session_uuid="u/2==", object_type=kind),
    )
    async with engine.running():
        await engine.until_settled()
    assert sorted(zoom.calls) == [call, f"{kind} {lookup} u/2=="]
    assert outcome(engine, "b") == ("unavailable", "4711: scopes")
    told = [result.rows for result in engine.results if result.request_id in ("a", "again")]
    assert told[0] == told[1]
    (row,) = told[0]
    assert (row["email"], len(row["items"])) == ("maya@example.com", 1)
    assert not any(word in str(row) for word in ("illness", "never", "Okafor"))


async def test_requests_of_the_same_kind_and_object_are_one_call(engine: Engine, zoom: ScriptedZoom) -> None:
    """Each still gets its own answer."""
    engine.ask(request("a"), request("b"), request("c"))
    async with engine.running():
        await engine.until_settled()
    assert zoom.calls == ["registrants 1"]
    assert [result.request_id for result in engine.results] == ["a", "b", "c"]


async def test_long_list_comes_in_pages_without_links(engine: Engine, zoom: ScriptedZoom) -> None:
    """At most 300 rows each, in order, redacted."""
    zoom.answers["registrants 1"] = [{"id": str(n), "join_url": "https://zoom.example.com/w"} for n in range(650)]
    engine.ask(request("a"))
    async with engine.running():
        await engine.until_settled()
    assert [(page.page, page.last, len(page.rows)) for page in engine.results] == [
        (0, False, 300),
        (1, False, 300),
        (2, True, 50),
    ]
    assert engine.results[2].rows[-1] == {"id": "649"}


async def test_report_rows_keep_what_tells_who_was_there_when(engine: Engine, zoom: ScriptedZoom) -> None:
    """Redaction takes nothing that attendance is computed from, and an empty report is an answer."""
    row = {
        "id": "u1",
        "user_id": "33554432",
        "registrant_id": "r1",
        "user_email": "ines@example.com",
        "participant_user_id": "u1",
        "name": "Inés",
        "join_time": "2026-08-19T15:55:12Z",
        "leave_time": "2026-08-19T17:31:05Z",
        "duration": 5753,
        "status": "in_waiting_room",
    }
    zoom.answers = {"webinar report u": [row], "webinar report v": []}
    engine.ask(request("a", "report", session_uuid="u"), request("b", "report", session_uuid="v"))
    async with engine.running():
        await engine.until_settled()
    assert {page.request_id: (page.outcome, page.rows) for page in engine.results} == {
        "a": ("found", (row,)),
        "b": ("found", ()),
    }


async def test_identities_are_answered_from_one_list_of_users_kept_15_minutes(
    engine: Engine, zoom: ScriptedZoom
) -> None:
    """Who belongs to the account and who does not, without asking Zoom again."""
    zoom.answers["users"] = [{"id": "u1", "email": "Ines@Example.com"}, {"id": "u2", "email": "x@example.com"}]
    hit = request("hit", "identities", emails=("INES@example.com",))
    miss = request("miss", "identities", object_id="2", emails=("guest@example.com",), user_ids=("u9",))
    async with engine.running():
        engine.ask(hit, miss)
        await engine.until_settled()
        engine.ask(request("later", "identities", user_ids=("u2",)))
        await engine.until_settled()
        assert zoom.calls == ["users"]
        engine.clock_offset = 901
        engine.ask(request("much later", "identities"))
        await engine.until_settled()
    assert zoom.calls == ["users", "users"]
    assert {page.request_id: page.rows for page in engine.results} == {
        "hit": ({"id": "u1", "email": "ines@example.com"},),
        "miss": (),
        "later": ({"id": "u2", "email": "x@example.com"},),
        "much later": (),
    }


async def test_identities_without_the_scope_are_unavailable_and_zoom_is_not_asked_again(
    engine: Engine, zoom: ScriptedZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that repeats may cost the app its access; the operator reads of it once."""
    zoom.failures["users"] = deque([NoAnswer(Outcome.STOP, "4711: scopes")])
    async with engine.running():
        engine.ask(request("a", "identities"))
        await engine.until_settled()
        engine.ask(request("b", "identities"))
        await engine.until_settled()
    assert zoom.calls == ["users"]
    assert outcome(engine, "a") == outcome(engine, "b") == ("unavailable", "4711: scopes")
    told = [record.__dict__["reason"] for record in caplog.records if record.levelname == "ERROR"]
    assert told == ["zoom account acc: identities: 4711: scopes"]


async def test_refusal_is_answered_with_zooms_code_and_does_not_stop_others(engine: Engine, zoom: ScriptedZoom) -> None:
    """What Zoom refuses is an answer too."""
    zoom.failures["registrants 1"] = deque([NoAnswer(Outcome.MISSING, "3001: gone")])
    engine.ask(request("gone"), request("there", object_id="2"))
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "gone") == ("missing", "3001: gone")
    assert outcome(engine, "there") == ("found", "")


async def test_unknown_account_is_unavailable_with_its_id(engine: Engine, zoom: ScriptedZoom) -> None:
    """A request that nobody can answer is not kept for ever."""
    engine.ask(request("a", account_id="stranger"))
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "a") == (
        "unavailable",
        "Zoom account stranger is not configured in connectors.zoom",
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request("a", "panelists", object_type="meeting"), ("missing", "a meeting has no panelists")),
        (request("a", "past_session"), ("unavailable", "the request names no session_uuid")),
        (request("a", "recordings"), ("unavailable", "the request names no session_uuid")),
        (request("a", "report"), ("unavailable", "the request names no session_uuid")),
        (request("a", "absentees"), ("unavailable", "the request names no session_uuid")),
        (
            request("a", "absentees", object_type="meeting", session_uuid="u"),
            ("missing", "a meeting has no absentees"),
        ),
    ],
)
async def test_question_that_makes_no_sense_is_answered_without_asking(
    engine: Engine, zoom: ScriptedZoom, asked: LookupRequest, expected: tuple[str, str]
) -> None:
    """Zoom would only count an error."""
    engine.ask(asked)
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "a") == expected
    assert zoom.calls == []


async def test_answer_that_cannot_be_read_is_unavailable_and_does_not_stop_others(
    engine: Engine, zoom: ScriptedZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect of ours costs one answer, is logged and counted."""
    zoom.failures["registrants 1"] = deque([TypeError("odd row")])
    engine.ask(request("odd"), request("fine", object_id="2"))
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "odd") == ("unavailable", "internal error (TypeError), see the worker's log")
    assert outcome(engine, "fine")[0] == "found"
    assert "odd row" in caplog.text


async def test_stranger_in_zooms_place_is_believed_in_nothing_and_told_once(
    engine: Engine, zoom: ScriptedZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """Questions wait, readiness and one line say why, and the answer comes when Zoom does."""
    foreign = NoAnswer(Outcome.FOREIGN, "HTTP 404, and not from Zoom")
    zoom.failures["registrants 1"] = deque([foreign] * 3)
    zoom.failures["registrants 2"] = deque([foreign] * 3)
    engine.ask(request("a"), request("b", object_id="2"))
    async with engine.running():
        await zoom.until_called(4)
        assert engine.look_up.reasons == ("zoom account acc: HTTP 404, and not from Zoom",)
        await engine.until_settled()
    assert outcome(engine, "a") == outcome(engine, "b") == ("found", "")
    assert not list(engine.look_up.reasons)
    told = [record.__dict__["reason"] for record in caplog.records if record.levelname == "ERROR"]
    assert told == ["zoom account acc: HTTP 404, and not from Zoom"]
    assert engine.registry.get_sample_value("rollcall_zoom_troubles", {"account": "acc"}) == 0


async def test_plan_without_reports_is_answered_and_told(engine: Engine, zoom: ScriptedZoom) -> None:
    """The session goes on without its report, and people hear why there is none."""
    zoom.failures["webinar report u"] = deque([NoAnswer(Outcome.STOP, "200: Only available for Paid account.")])
    engine.ask(request("a", "report", session_uuid="u"))
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "a") == ("unavailable", "200: Only available for Paid account.")
    assert engine.look_up.reasons == ("zoom account acc: report: 200: Only available for Paid account.",)


async def test_secret_and_scopes_are_looked_at_before_the_first_question(zoom: ScriptedZoom) -> None:
    """Whoever mistyped something hears of it at the start."""
    zoom.scopes = [NoAnswer(Outcome.PARK, "check client_secret", 0.001), frozenset({"user:read:admin"})]
    engine = Engine(zoom, missing_scopes={"acc": lambda _: {"report:read:admin": "sessions.report_checks"}})

    async def told() -> bool:
        return "report:read:admin (sessions.report_checks)" in "".join(engine.look_up.reasons)

    async with engine.running():
        await eventually(told, what="the scopes that the token lacks")
    assert len(engine.look_up.reasons) == 1
    engine.look_up.revoke(0)
    assert not list(engine.look_up.reasons)


async def test_questions_are_asked_with_the_priority_of_those_who_wait(engine: Engine, zoom: ScriptedZoom) -> None:
    """A back-fill leaves a part of the day to what is live."""
    engine.ask(request("old"), topic=LOOKUPS_BULK.name)
    engine.ask(request("new", object_id="2"))
    async with engine.running():
        await engine.until_settled()
    assert sorted(zoom.priorities) == ["bulk", "live"]
