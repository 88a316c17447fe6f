"""attendance.md 1, by hand: runs, sessions, main runs, live time. Minutes from ten o'clock."""

from __future__ import annotations

import pytest

from sandbox.truth import Rules
from tests.support.told import HOST_EMAIL, Told, at, results, statuses, text

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"


def held(start: float = 0, end: float = 60) -> Told:
    """A webinar of ten to eleven to which Ana came, and Bo registered."""
    told = Told()
    told.registers("r-ana", ANA)
    told.registers("r-bo", BO)
    told.run("main", start, end)
    told.stay("main", ANA, start, end)
    return told


def test_start_is_the_smallest_start_time_of_any_live_event_and_end_the_largest_of_ended() -> None:
    """Both are what Zoom says, not when it was sent."""
    told = held()
    told.say("ended", 61, uuid="main", start_time=text(-1), end_time=text(61))
    session = told.session()
    assert (session.ended_at, session.instances) == (at(61), ("main",))
    assert told.session().started_at == at(0)  # cut off at the scheduled start
    told.session_type = 2
    told.object_type, meeting = "meeting", Told("meeting", 2)
    meeting.run("m", 3, 60)
    meeting.say("ended", 60, uuid="m", start_time=text(2), end_time=text(60))
    meeting.stay("m", ANA, 3, 60)
    assert meeting.session().started_at == at(2)


def test_end_is_zooms_past_meeting_then_the_report_then_assumed() -> None:
    """Whatever stands earlier in the list replaces what stands later."""
    told = Told("meeting", 2)
    told.run("m", 0, None)
    told.stay("m", ANA, 0, 20)
    told.stay("m", BO, 0, None)
    assert told.truth().sessions == ()
    assert told.session(Rules(abandoned=True)).ended_at == at(20)
    told.stay("m", CY, 30, None)
    assert told.session(Rules(abandoned=True)).ended_at == at(30)
    told.runs["m"] = (0, 50)
    assert told.session(Rules(abandoned=True)).ended_at == at(50)
    webinar = Told()
    webinar.run("w", 0, None)
    webinar.stay("w", ANA, 0, 20)
    webinar.runs["w"] = (0, 25)
    webinar.reports_row("w", ANA, 0, 20)
    webinar.reports_row("w", BO, 0, 30)
    webinar.reports_row("w", CY, 0, 40, status="in_waiting_room")
    assert webinar.session(Rules(abandoned=True, use_report=True)).ended_at == at(30)


def test_practice_session_has_no_result() -> None:
    """A run whose every `ended` says practice is discarded."""
    told = Told()
    told.registers("r-bo", BO)
    told.run("p", -60, -30, practice=True)
    told.stay("p", ANA, -60, -30)
    assert told.truth().sessions == ()
    assert statuses(told.truth()) == {BO: "registered"}
    told.say("ended", -30, uuid="p", start_time=text(-60), end_time=text(-30), practice_session=False)
    assert ANA in told.session().people


def test_runs_within_the_window_of_an_entry_are_one_session_however_far_apart() -> None:
    """A broken line of twenty minutes, and an opening an hour later."""
    told = held(0, 20)
    told.run("second", 40, 60)
    told.stay("second", BO, 40, 60)
    session = told.session()
    assert session.instances == ("main", "second")
    assert session.session_uuid == "main"
    assert session.length_seconds == 40 * 60
    assert results(told.truth()) == [{ANA: ("left_early", 20), BO: ("attended", 20)}]


def test_run_outside_the_window_of_every_entry_is_a_session_of_its_own_that_nobody_stayed_away_from() -> None:
    """36 hours before T is inside, a minute more is outside."""
    told = held()
    told.run("early", -36 * 60, -35 * 60)
    told.stay("early", CY, -36 * 60, -35 * 60)
    assert told.session().instances == ("early", "main")
    other = held()
    other.run("early", -36 * 60 - 1, -35 * 60)
    other.stay("early", CY, -36 * 60 - 1, -35 * 60)
    early, main = other.truth().sessions
    assert (early.instances, early.occurrence_id, set(early.people)) == (("early",), None, {CY})
    assert set(main.people) == {ANA, BO}


def test_rehearsal_is_a_run_without_audience_that_does_not_overlap_the_schedule() -> None:
    """The host alone the day before, and again after the end: no session, no no-show, no end moved."""
    told = held()
    told.run("day before", -22 * 60, -22 * 60 + 5)
    told.stay("day before", HOST_EMAIL, -22 * 60, -22 * 60 + 5)
    told.run("again", 76, 77)
    told.stay("again", HOST_EMAIL, 76, 77, device="again")
    session = told.session()
    assert (session.instances, session.rehearsals, session.ended_at) == (("main",), 2, at(60))
    assert statuses(told.truth()) == {ANA: "attended", BO: "no_show"}


def test_rehearsal_alone_is_no_session_and_nobody_stayed_away() -> None:
    """A look at the slides."""
    told = Told()
    told.registers("r-bo", BO)
    told.run("day before", -22 * 60, -22 * 60 + 5)
    told.stay("day before", HOST_EMAIL, -22 * 60, -22 * 60 + 5)
    assert told.truth().sessions == ()
    assert statuses(told.truth()) == {BO: "registered"}


def test_webinar_held_at_its_time_to_which_nobody_came_is_a_session() -> None:
    """Then everybody is a no-show, and all runs are main."""
    told = Told()
    told.registers("r-bo", BO)
    told.run("main", 0, 60)
    told.stay("main", HOST_EMAIL, 0, 60)
    session = told.session()
    assert (session.main, session.rehearsals) == (("main",), 0)
    assert statuses(told.truth()) == {BO: "no_show"}


def test_run_that_touches_the_scheduled_time_is_no_rehearsal() -> None:
    """Closed intervals: an end at T overlaps."""
    for end, sessions in ((0, 1), (-1 / 60, 0)):
        told = Told()
        told.run("host", -10, end)
        told.stay("host", HOST_EMAIL, -10, end)
        assert len(told.truth().sessions) == sessions


def test_anonymous_people_are_audience() -> None:
    """Somebody came, though nobody knows who."""
    told = Told()
    told.run("day before", -22 * 60, -22 * 60 + 5)
    told.stay("day before", "", -22 * 60, -22 * 60 + 5)
    assert told.session().anonymous == 1


def test_audience_is_judged_over_all_runs_of_the_entry() -> None:
    """Who was made a panelist in the rehearsal is none of the audience anywhere."""
    told = held()
    told.run("day before", -22 * 60, -22 * 60 + 5)
    told.stay("day before", CY, -22 * 60, -22 * 60 + 5)
    told.act("participant_role_changed", "day before", -22 * 60 + 1, email=CY, new_role="panelist", user_id="x")
    told.stay("main", CY, 0, 60)
    session = told.session()
    assert (session.instances, session.rehearsals) == (("main",), 1)
    assert CY not in session.people


@pytest.mark.parametrize(("gap", "sessions"), [(15, 1), (15 + 1 / 60, 2)])
def test_runs_of_a_meeting_are_joined_within_the_gap(gap: float, sessions: int) -> None:
    """Fifteen minutes from E to the next S."""
    told = Told("meeting", 2)
    told.run("a", 0, 30)
    told.stay("a", ANA, 0, 30)
    told.run("b", 30 + gap, 60 + gap)
    told.stay("b", ANA, 30 + gap, 60 + gap)
    assert len(told.truth().sessions) == sessions


def test_runs_are_joined_by_the_largest_end_so_far() -> None:
    """A short run inside a long one does not end it."""
    told = Told("meeting", 8)
    for uuid, start, end in (("long", 0, 60), ("inside", 5, 10), ("after", 70, 80)):
        told.run(uuid, start, end)
        told.stay(uuid, ANA, start, end)
    assert told.session().instances == ("long", "inside", "after")


@pytest.mark.parametrize("session_type", [1, 3, 4])
def test_runs_of_other_types_are_sessions_each(session_type: int) -> None:
    """An instant meeting, a personal room."""
    told = Told("meeting", session_type)
    for uuid, start, end in (("a", 0, 30), ("b", 31, 60)):
        told.run(uuid, start, end)
        told.stay(uuid, ANA, start, end)
    assert len(told.truth().sessions) == 2


def test_rehearsal_of_a_meeting_is_a_run_without_audience_of_a_session_that_has_one_with() -> None:
    """Joined first: the host was there five minutes before."""
    told = Told("meeting", 2)
    told.run("host", -15, -5)
    told.stay("host", HOST_EMAIL, -15, -5)
    assert told.session().people == {}
    told.run("main", 0, 60)
    told.stay("main", ANA, 0, 60)
    session = told.session()
    assert (session.session_uuid, session.rehearsals, session.length_seconds) == ("main", 1, 3_600)


@pytest.mark.parametrize(("minutes", "main"), [(3, ("main", "again")), (2.9, ("main",))])
def test_main_runs_have_a_twentieth_of_the_weight(minutes: float, main: tuple[str, ...]) -> None:
    """57 minutes in one run: 3 of 60 are 5 %, and what is less moves no end."""
    told = Told()
    told.run("main", 0, 57)
    told.stay("main", ANA, 0, 57)
    told.run("again", 67, 90)
    told.stay("again", BO, 70, 70 + minutes)
    session = told.session()
    assert session.main == main
    assert session.instances == ("main", "again")
    assert session.ended_at == at(57 if len(main) == 1 else 90)
    # Who was in the other run alone came to nothing that counts, and did not stay away.
    assert (BO in session.people) is (len(main) == 2)
    assert session.outside == (len(main) == 1)


def test_weight_is_of_unions_clipped_to_the_run() -> None:
    """Two devices at once count once, and so does who stays connected after the end."""
    told = Told()
    told.run("main", 0, 57)
    told.stay("main", ANA, -30, 90, device="a")
    told.stay("main", ANA, 0, 57, device="b")
    told.run("again", 67, 90)
    told.stay("again", BO, 70, 73)
    assert told.session().main == ("main", "again")


def test_doors_opened_early_are_cut_off_at_the_scheduled_start() -> None:
    """9:30 for 10:00: nobody is late, and nobody's share is smaller."""
    told = Told()
    told.run("main", -30, 60)
    told.stay("main", ANA, 1, 60)
    told.stay("main", BO, -20, 30)
    told.stay("main", CY, -20, -10)
    session = told.session()
    assert (session.started_at, session.length_seconds) == (at(0), 3_600)
    ana, bo = session.people[ANA].presence, session.people[BO].presence
    assert (ana.attended_seconds, ana.late_seconds) == (59 * 60, 60)
    assert (bo.attended_seconds, bo.late_seconds) == (30 * 60, 0)
    assert session.people[BO].first_join == at(0)
    assert CY not in session.people


def test_time_before_the_schedule_stays_where_most_of_the_weight_lies_before_it() -> None:
    """A webinar that was held earlier than planned: 40 minutes before, 20 after; half and half is cut."""
    told = Told()
    told.run("main", -40, 20)
    told.stay("main", ANA, -40, 20)
    assert told.session().length_seconds == 3_600
    half = Told()
    half.run("main", -30, 30)
    half.stay("main", ANA, -30, 30)
    assert half.session().length_seconds == 1_800


def test_meeting_has_no_scheduled_start_to_be_cut_at() -> None:
    """Its live time is that of its runs."""
    told = Told("meeting", 2)
    told.run("m", -30, 60)
    told.stay("m", ANA, 0, 60)
    assert told.session().length_seconds == 90 * 60


def test_session_is_over_when_its_last_run_is() -> None:
    """Until then there is no result."""
    told = held(0, 20)
    told.run("second", 40, None)
    assert told.truth().sessions == ()


def test_waiting_and_breakout_rooms_make_no_connection() -> None:
    """Who was seen only there was not there."""
    told = held()
    for name in ("joined_waiting_room", "left_waiting_room", "joined_breakout_room", "left_breakout_room"):
        told.act(f"participant_{name}", "main", 5, email=BO, user_id="b", participant_uuid="b", user_name="Bo")
    assert statuses(told.truth()) == {ANA: "attended", BO: "no_show"}
