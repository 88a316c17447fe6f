"""Why a result is what it is, on its record: somebody who complains can be answered."""

from __future__ import annotations

from schemas.attendance import Result
from tests.support.worked_examples import Example, address, seconds
from tests.support.worked_outcomes import played

LINES = """\
webinar 10:00 60 min
registered ana
registered bo
run Try -1d 16:00-16:10
host in Try -1d 16:00-16:10
run A 10:00-11:00
ana in A 10:00-11:00
cy in A 10:00-10:30
reading A: ana 10:00-10:50
report A: ana 10:00-10:50, ana 10:52-11:00"""


def results() -> dict[str, Result]:
    """By who it is, at the end."""
    example = Example()
    for line in LINES.splitlines():
        example.read(line)
    return {result.email.partition("@")[0]: result for result in played(example).results.values()}


def test_result_counts_what_webhooks_and_report_say_of_each_run() -> None:
    """Counts, not rows; a rehearsal is no run of the session."""
    found = results()
    told = {
        who: [(run.run_uuid, run.is_main, run.webhooks, run.report_rows, run.report) for run in result.runs]
        for who, result in found.items()
    }
    assert told == {
        "ana": [("A", True, 1, 2, "settled")],
        "cy": [("A", True, 1, 0, "settled")],
        "bo": [("A", True, 0, 0, "settled")],
    }
    assert {who: (result.evidence, result.reason) for who, result in found.items()} == {
        "ana": ("both", "present_to_the_end"),
        "cy": ("live", "left_before_the_end"),
        "bo": ("report", "approved_and_not_seen"),
    }


def test_no_show_names_registration_date_runs_and_when_it_was_judged() -> None:
    """Not before the last reading of the report, fifteen minutes after the end was learned."""
    no_show = results()["bo"]
    assert (no_show.attendance_status, no_show.email) == ("no_show", address("bo"))
    assert no_show.identity is not None
    assert (no_show.identity.rule, no_show.identity.registrant_id) == ("registrant", "Rbo")
    assert no_show.scheduled is not None
    assert int(no_show.scheduled.starts_at.timestamp()) == seconds("10:00")
    assert no_show.scheduled.duration_seconds == 3_600
    assert (no_show.instances, set(no_show.given)) == (("A",), {"A", "Try"})
    assert no_show.judged_at is not None
    assert int(no_show.judged_at.timestamp()) >= seconds("11:15")


def test_result_names_the_strongest_rule_that_recognised_its_person() -> None:
    """On one device she came by her registration, on another by the address alone."""
    example = Example()
    lines = "webinar 10:00 60 min\nregistered ana\nrun A 10:00-11:00\nana in A 10:00-11:00 phone"
    for line in (*lines.splitlines(), "ana in A 10:00-11:00 pc (registrant_id Rana)"):
        example.read(line)
    (result,) = played(example).results.values()
    assert result.identity is not None
    assert (result.identity.rule, result.identity.registrant_id) == ("registrant", "Rana")
