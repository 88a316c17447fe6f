"""attendance.md 1, by hand: the dates of a webinar, and to which of them a run belongs. Minutes from ten o'clock."""

from __future__ import annotations

from sandbox.truth import Rules
from sandbox.truth.schedule import said_by
from tests.support.told import DAY, HOST_EMAIL, Told, at, results, statuses, text

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"


def series(**starts: float) -> Told:
    """A series with occurrences by id."""
    told = Told(session_type=9)
    for name, start in starts.items():
        told.occurs(name, start)
    return told


def attended(told: Told, uuid: str, start: float, end: float) -> None:
    """A run in which Ana was from beginning to end."""
    told.run(uuid, start, end)
    told.stay(uuid, ANA, start, end)


def test_run_belongs_to_the_entry_whose_start_is_nearest() -> None:
    """Of equal ones to the earlier."""
    told = series(monday=0, tuesday=DAY)
    attended(told, "a", 11 * 60, 12 * 60)
    attended(told, "b", 13 * 60, 14 * 60)
    attended(told, "c", 12 * 60, 12 * 60 + 30)
    first, second = told.truth().sessions
    assert (first.occurrence_id, first.instances) == ("monday", ("a", "c"))
    assert (second.occurrence_id, second.instances) == ("tuesday", ("b",))


def test_deleted_occurrence_is_no_entry() -> None:
    """Whoever rehearses at that time rehearses for the next one."""
    told = series(monday=0)
    told.occurs("gone", -22 * 60, status="deleted")
    told.registers("r-bo", BO)
    told.run("host", -22 * 60, -22 * 60 + 5)
    told.stay("host", HOST_EMAIL, -22 * 60, -22 * 60 + 5)
    assert told.truth().sessions == ()


def test_entry_that_has_a_session_stays_when_zoom_calls_it_deleted_or_forgets_it() -> None:
    """What was said later changes nothing of what was held."""
    before = series(monday=0, tuesday=DAY)
    attended(before, "a", 0, 60)
    for status in ("deleted", None):
        after = series(tuesday=DAY)
        attended(after, "a", 0, 60)
        if status:
            after.occurs("monday", 0, status)
        (session,) = after.truth(earlier=[(at(1), before.zoom())]).sessions
        assert session.occurrence_id == "monday"
        (lost,) = after.truth().sessions
        assert lost.occurrence_id == "tuesday"


def test_occurrence_that_zoom_always_knew_is_its_runs() -> None:
    """It was read before, and is still there."""
    told = series(monday=0, tuesday=DAY)
    attended(told, "a", 0, 60)
    (session,) = told.truth(Rules(now=at(3 * DAY)), earlier=[(at(-60), told.zoom())]).sessions
    assert session.occurrence_id == "monday"


def test_occurrence_deleted_before_a_run_is_not_that_runs() -> None:
    """It was gone when the run began."""
    before = series(monday=0, tuesday=DAY)
    after = series(tuesday=DAY)
    attended(after, "a", 0, 60)
    (session,) = after.truth(
        Rules(now=at(3 * DAY)), earlier=[(at(-60), before.zoom()), (at(-30), after.zoom())]
    ).sessions
    assert session.occurrence_id == "tuesday"


def test_moved_occurrence_keeps_its_id_and_its_runs_see_the_time_nearer_to_them() -> None:
    """Said before the run's end: tomorrow; said afterwards: today."""
    told = series(moved=0)
    told.registers("r-bo", BO, occurrences=[("moved", DAY)])
    attended(told, "a", 0, 60)
    session = told.session()
    assert (session.occurrence_id, session.scheduled_at) == ("moved", at(0))
    assert statuses(told.truth()) == {ANA: "attended", BO: "no_show"}


def test_webinar_that_was_held_keeps_its_date_when_the_host_gives_it_a_new_one() -> None:
    """The reading afterwards says next week; the registration before it said today."""
    told = Told(start=7 * DAY)
    told.registers("r-ana", ANA, start=0)
    attended(told, "a", 0, 60)
    session = told.session(Rules(now=at(DAY)))
    assert session.scheduled_at == at(0)
    assert session.is_final


def test_webinar_held_again_under_its_old_id_is_another_session() -> None:
    """And who was in the first one did not stay away from the second."""
    told = Told(start=7 * DAY)
    told.registers("r-ana", ANA, start=0)
    told.registers("r-bo", BO, start=0)
    attended(told, "a", 0, 60)
    told.say("updated", 60 * 24, start_time=text(7 * DAY))
    told.run("b", 7 * DAY, 7 * DAY + 60)
    told.stay("b", CY, 7 * DAY, 7 * DAY + 60)
    first, second = told.truth().sessions
    assert (first.scheduled_at, second.scheduled_at) == (at(0), at(7 * DAY))
    assert results(told.truth()) == [
        {ANA: ("attended", 60), BO: ("no_show", 0)},
        {CY: ("attended", 60), BO: ("no_show", 0)},
    ]


def test_schedule_falls_back_to_registrations_and_events_where_zoom_has_no_answer() -> None:
    """`created`, `updated` and registrations; `deleted` takes an occurrence out."""
    told = Told(session_type=9, knows_details=False)
    told.registers("r-bo", BO, occurrences=[("monday", 0)])
    told.say("created", -2 * DAY, occurrences=[{"occurrence_id": "tuesday", "start_time": text(DAY)}])
    attended(told, "a", 0, 60)
    assert told.session().occurrence_id == "monday"
    told.say("deleted", -60, occurrences=[{"occurrence_id": "monday", "start_time": text(0)}])
    assert told.session().occurrence_id == "tuesday"
    fixed = Told(knows_details=False)
    fixed.registers("r-bo", BO)
    attended(fixed, "a", 0, 60)
    assert (fixed.session().occurrence_id, fixed.session().scheduled_at) == ("", at(0))


def test_series_without_occurrences_has_no_schedule() -> None:
    """The start of the whole series is no entry, and type 6 has none at all."""
    for session_type in (6, 9, 99):
        told = Told(session_type=session_type)
        attended(told, "a", 0, 60)
        assert told.session().occurrence_id is None


def test_start_of_a_fixed_time_is_said_by_a_registration_that_names_an_occurrence() -> None:
    """Zoom refuses the details: the webinar's own `start_time` is its T."""
    content = {"start_time": text(0), "duration": 60, "occurrences": [{"occurrence_id": "1", "start_time": text(0)}]}
    dates = said_by("registration_created", 1, content)
    assert [(date.occurrence_id, date.start, date.length) for date in dates] == [("", at(0), 3600), ("1", at(0), 3600)]
    assert [date.occurrence_id for date in said_by("updated", 1, content)] == ["1"]


def test_nobody_stays_away_from_what_is_held_beside_a_series_whose_dates_are_all_deleted() -> None:
    """Zoom can tell that there is none; of a webinar of type 6 it cannot."""
    told = series()
    told.occurs("gone", -22 * 60, status="deleted")
    told.registers("r-bo", BO)
    attended(told, "a", 0, 60)
    assert results(told.truth()) == [{ANA: ("attended", 60)}]
    told.occurrences, told.session_type = [], 6
    assert results(told.truth()) == [{ANA: ("attended", 60), BO: ("no_show", 0)}]
