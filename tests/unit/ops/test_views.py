"""What the looking commands decide: which one is meant, what needs a person, how a score came about."""

from __future__ import annotations

import csv
import doctest
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ops.views import output
from ops.views.choice import NotOneError, one_session
from ops.views.explanation import candidate, evidence, parts
from ops.views.health import Picture, of_worker, troubles
from ops.views.history import changes_of_tier, history
from ops.views.output import table, terminal, write_csv
from ops.views.people import as_table, row
from ops.views.words import at_brevo, state
from readmodel.health import known
from readmodel.lines.candidates import CandidateLine
from readmodel.lines.contacts import SessionResult
from readmodel.lines.operations import Totals
from runtime.scoring_models import Scoring
from schemas.workers import AgentStatus, BudgetUse, WorkerStatus
from tests.support.lines import NOW, person, session

QUIET = Totals(dead_letters=0, in_doubt=0, rejected=0, quarantined=0, sessions_waiting=0)


def worker(**fields: Any) -> WorkerStatus:
    """One that is well."""
    well: dict[str, Any] = {
        "worker_id": "w1", "version": "1", "started_at": NOW, "at": NOW, "ready": True, "partitions": (0, 1),
        "agents": (AgentStatus(name="look-up", partitions=2, lag=7),),
    }  # fmt: skip
    return WorkerStatus(**(well | fields))


def picture(*workers: WorkerStatus, stale: str | None = None, **totals: int) -> Picture:
    """All is quiet but for these."""
    return Picture(NOW, stale, workers, replace(QUIET, **totals), ())


def test_one_session_is_meant_or_the_candidates_are_named() -> None:
    """Two that fit are both named; where none fits, the latest are."""
    first, second = session("one=="), session("two==")
    assert one_session("roadmap", [first], []) is first
    with pytest.raises(NotOneError, match=r"several sessions.*one== \(Roadmap, 2026-11-27 11:00\); two=="):
        one_session("roadmap", [first, second], [])
    with pytest.raises(NotOneError, match="no session is `x`; the latest are: two=="):
        one_session("x", [], [second])
    with pytest.raises(NotOneError, match="none at all yet"):
        one_session("latest", [], [])


def test_a_well_installation_needs_nobody() -> None:
    """Not even with quarantined deliveries and sessions that wait: neither is a person's work."""
    assert list(troubles(picture(worker(), quarantined=3, sessions_waiting=2))) == []


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (picture(), "no worker is running"),
        (picture(worker(at=NOW - timedelta(minutes=5))), "has said nothing for 5 min"),
        (picture(worker(ready=False, reasons=("Kafka is away",))), "w1: Kafka is away"),
        (picture(worker(parked=("events",))), "calls to Brevo of `events` are parked"),
        (picture(worker(parked=("events", "mails"))), "calls to Brevo of `events`, `mails` are parked"),
        (picture(worker(without_contact=1)), "1 event waits for a contact"),
        (picture(worker(without_contact=2)), "2 events wait for a contact"),
        (picture(worker(), in_doubt=1), "1 event in doubt"),
        (picture(worker(), dead_letters=4), "4 dead letters"),
        (picture(worker(), rejected=1), "1 command refused by Brevo"),
        (picture(worker(), stale="Kafka does not answer"), "Kafka does not answer"),
    ],
)
def test_what_needs_a_person_is_said(found: Picture, word: str) -> None:
    """Each trouble by itself."""
    assert any(word in trouble for trouble in troubles(found))


def test_a_worker_that_was_replaced_is_forgotten_after_a_day() -> None:
    """A container that was killed comes back under another name."""
    gone, lately = worker(at=NOW - timedelta(hours=25)), worker(at=NOW - timedelta(hours=23))
    assert known([gone, lately], NOW) == (lately,)


def test_a_worker_is_told_in_lines() -> None:
    """Its lag per agent; a worker that fell silent says since when."""
    assert list(of_worker(worker(), NOW))[:2] == ["w1  1, ready, 2 partitions", "  behind by records: look-up 7"]
    used = BudgetUse(name="contacts", period="hour", used=66, limit=200)
    assert list(of_worker(worker(budgets=(used,)), NOW))[-1] == "  used: contacts 66 of 200 an hour"
    assert "silent since 2026-11-27 11:00" in next(iter(of_worker(worker(at=NOW - timedelta(hours=1)), NOW)))


def test_the_history_is_the_score_s_own_fold() -> None:
    """A half after a half life, and a tier per session."""
    earlier = session("a==", ended_at=NOW - timedelta(days=90))
    attendances = [SessionResult(person(score=82), session("b==")), SessionResult(person(score=30), earlier)]
    steps = history(attendances, Scoring(), date(2026, 11, 27))
    assert [(step.session_uuid, step.weight, step.contact_score, step.tier) for step in steps] == [
        ("a==", 0.5, 30, "cold"),
        ("b==", 1.0, 97, "hot"),
    ]
    assert [step.session_uuid for step in changes_of_tier([*steps, steps[-1]])] == ["a==", "b=="]
    assert history([SessionResult(person(score=None), earlier)], Scoring(), date(2026, 11, 27)) == ()


def test_absence_names_what_was_looked_at() -> None:
    """Without the report it may still be corrected."""
    absent = person(webhooks=0, report_rows=0, joins=0, status="no_show", rule="registrant")
    assert evidence(absent) == (
        "nothing was seen in webhooks and in Zoom's report; recognised by the registration's e-mail"
    )
    assert evidence(replace(absent, evidence="live", is_final=False, rule=None)) == (
        "nothing was seen in webhooks; not final yet: Zoom's report may still correct it"
    )


def test_candidate_is_told_beside_the_live_model() -> None:
    """One that failed gives nothing, and says why."""
    line = CandidateLine("2", 75, "hot", None, live_score=61, live_tier="warm", reference_date=date(2026, 8, 12))
    assert candidate(line) == "candidate 2: 75, hot; live: 61, warm, as of 2026-08-12"
    failed = replace(line, score=None, tier=None, failed="ZeroDivisionError")
    assert candidate(failed) == "candidate 2: nothing (ZeroDivisionError); live: 61, warm, as of 2026-08-12"


def test_parts_add_up_in_words() -> None:
    """A part that was not offered is left out."""
    assert parts(person().scoring) == " = attendance 54.1 + punctuality 11.6 + stayed 10.0, of 85"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "written 2026-11-27 12:00"),
        ({"left_out": "SMS"}, "written 2026-11-27 12:00, without SMS"),
        ({"sync": "refused", "sync_detail": "invalid phone number"}, "refused: invalid phone number"),
        ({"sync": "waiting"}, "waits"),
        ({"sync": "suppressed"}, "not sent: suppressed"),
    ],
)
def test_what_brevo_has_of_somebody(fields: dict[str, Any], told: str) -> None:
    """Every state has its words."""
    assert at_brevo(person(**fields)) == told


def test_events_in_doubt_are_told_beside_what_brevo_has_of_somebody() -> None:
    """A contact can be written while nobody knows of an event whether it was sent."""
    doubts = {person().contact_id: ["zoom_webinar_attended"], "somebody else": ["x"]}
    assert row(person(), doubts, mask=True)["in_doubt"] == "zoom_webinar_attended"
    assert row(person(), mask=True)["in_doubt"] == ""
    (cell,) = as_table([person()], doubts, mask=True).columns[4].cells
    assert str(cell).endswith("Brevo: written 2026-11-27 12:00\nin doubt: zoom_webinar_attended")


def test_a_state_says_when_it_is_looked_at_again() -> None:
    """Today by the clock, later by the date, and `due` once the time has come."""
    waiting = session(state="live", is_final=False, next_check_at=NOW + timedelta(hours=2))
    assert state(waiting, NOW) == "live,\nnext 14:00"
    assert state(waiting, NOW + timedelta(hours=3)) == "live,\nnext due"
    assert state(replace(waiting, next_check_at=NOW + timedelta(days=2)), NOW) == "live,\nnext 11-29"
    assert state(session(retracted=True), NOW) == "taken back"


def test_masked_rows_and_tables_hold_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor a name; what a spreadsheet would compute is text."""
    assert (row(person(), mask=True)["email"], row(person(), mask=True)["name"]) == (None, None)
    assert list(as_table([person()], mask=True).columns[0].cells) == ["b64b178a98df"]
    assert list(as_table([person()], mask=False).columns[0].cells) == ["ana@example.com\nAna"]
    write_csv([row(person(name="=1+1"), mask=False)], ("email", "name", "minutes"))
    (written,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert written == {"email": "ana@example.com", "name": "'=1+1", "minutes": "54"}


def test_examples_in_the_docs_of_functions_hold() -> None:
    """Each is run as it stands."""
    found = doctest.testmod(output)
    assert found.attempted
    assert not found.failed


def test_table_that_is_no_persons_screen_has_no_blanks_at_the_ends_of_its_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They would stay in files, and in what people paste."""
    made = table("what", "why")
    made.add_row("a", "because of something long")
    made.add_row("b", "so")
    terminal().print(made)
    assert capsys.readouterr().out == "what why\na    because of something long\nb    so\n"
