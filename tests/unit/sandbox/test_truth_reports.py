"""attendance.md 4, by hand: what Zoom's report adds and corrects."""

from __future__ import annotations

from sandbox.truth import Rules
from tests.support.told import Told, came, held

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"
REPORT = Rules(use_report=True)


def test_row_corrects_a_lost_leave() -> None:
    """Zoom knows better when somebody left whose `left` was lost."""
    told = held()
    told.stay("w", ANA, 0, None)
    told.reports_row("w", ANA, 0, 20)
    assert came(told, ANA) == ("attended", 60)
    assert came(told, ANA, REPORT) == ("left_early", 20)
    assert told.session().people[ANA].assumed
    assert not told.session(REPORT).people[ANA].assumed


def test_row_corrects_a_lost_join() -> None:
    """The visit of zero length that only a `left` told of goes."""
    told = held()
    told.stay("w", ANA, None, 30)
    told.reports_row("w", ANA, 10, 30)
    assert came(told, ANA) == ("left_early", 0)
    assert came(told, ANA, REPORT) == ("left_early", 20)


def test_closed_intervals_stay_beside_rows() -> None:
    """A join and a leave that were received are presence, whatever the rows say."""
    told = held()
    told.stay("w", ANA, 0, 30)
    told.reports_row("w", ANA, 40, 60)
    ana = told.session(REPORT).people[ANA]
    assert (ana.presence.attended_seconds, ana.presence.status) == (50 * 60, "attended")
    assert ana.joins == 1  # rows, where the report has any


def test_person_without_a_row_stands_whole() -> None:
    """A join that was received is proof."""
    told = held()
    told.registers("r", BO)
    told.stay("w", ANA, 0, 60)
    told.stay("w", BO, 0, None)
    told.reports_row("w", ANA, 0, 60)
    assert came(told, BO, REPORT) == ("attended", 60)
    assert told.session(REPORT).only_webhooks == 1
    assert told.session().only_webhooks == 0


def test_person_known_from_the_report_alone_came() -> None:
    """Their webhooks were lost."""
    told = held()
    told.registers("r", BO)
    told.reports_row("w", "", 0, 60, registrant_id="r")
    assert came(told, BO, REPORT) == ("attended", 60)
    assert came(told, BO)[0] == "no_show"


def test_row_takes_what_it_lacks_from_the_connection_with_its_user_id() -> None:
    """Addresses and registrant ids are left out for some accounts."""
    told = held()
    told.registers("r", BO)
    told.stay("w", "private@example.com", 0, None, device="one", registrant_id="r")
    told.stay("w", ANA, 0, None, device="two")
    told.reports_row("w", "", 0, 20, handle="handle of one")
    told.reports_row("w", "", 0, 30, handle="handle of two")
    told.reports_row("w", "", 0, 60, handle="unknown")
    assert came(told, BO, REPORT) == ("left_early", 20)
    assert came(told, ANA, REPORT) == ("left_early", 30)
    assert told.session(REPORT).anonymous == 1


def test_row_of_a_phone_leg_belongs_to_whom_the_leg_is_bound_to() -> None:
    """Also when only the `participant_bind` of the leg was received."""
    for hears_leg in (True, False):
        told = held()
        told.stay("w", ANA, 0, 20, device="pc")
        if hears_leg:
            told.stay("w", "", 20, 60, device="leg", name="1415555****")
        bind = {"participant_uuid": "leg", "user_id": "handle of leg", "bind_participant_uuid": "pc"}
        told.act("participant_bind", "w", 21, **bind)
        told.reports_row("w", ANA, 0, 20, handle="handle of pc")
        told.reports_row("w", "", 20, 60, handle="handle of leg", name="1415555****")
        assert came(told, ANA, REPORT) == ("attended", 60)


def test_row_of_a_phone_leg_that_shows_who_it_is_stays_its_own() -> None:
    """A bound leg takes what it lacks, and an address it has."""
    told = held()
    told.stay("w", ANA, 0, 10, device="pc")
    told.stay("w", BO, 0, 60, device="leg")
    told.act("participant_bind", "w", 5, participant_uuid="leg", user_id="handle of leg", bind_participant_uuid="pc")
    told.reports_row("w", "", 0, 60, handle="handle of leg")
    assert came(told, BO, REPORT) == ("attended", 60)
    assert came(told, ANA, REPORT) == ("left_early", 10)


def test_anonymous_connection_takes_the_identity_of_the_row_with_its_user_id() -> None:
    """And loses its assumed intervals, like anybody who is in the report."""
    told = held()
    told.stay("w", "", 0, None, device="one")
    told.reports_row("w", ANA, 0, 20, handle="handle of one")
    assert came(told, ANA, REPORT) == ("left_early", 20)
    assert (told.session().anonymous, told.session(REPORT).anonymous) == (1, 0)


def test_anonymous_connection_and_its_anonymous_row_are_one_visitor() -> None:
    """So that the report makes nobody's run heavier."""
    told = held()
    told.stay("w", "", 0, None, device="one")
    told.reports_row("w", "", 0, 20, handle="handle of one")
    assert told.session(REPORT).anonymous == 1


def test_waiting_is_no_presence_in_the_report() -> None:
    """A row with `in_waiting_room`."""
    told = held()
    told.registers("r", BO)
    told.stay("w", ANA, 0, 60)
    told.reports_row("w", ANA, 0, 60)
    told.reports_row("w", BO, 0, 60, status="in_waiting_room")
    assert came(told, BO, REPORT)[0] == "no_show"


def test_report_that_cannot_be_had_leaves_the_live_result() -> None:
    """No rows, no correction."""
    told = held()
    told.stay("w", ANA, 0, None)
    assert told.truth(REPORT).sessions == told.truth().sessions


def test_report_is_of_one_run() -> None:
    """Who is in the report of the first run only stands whole in the second."""
    told = Told()
    told.run("a", 0, 20)
    told.stay("a", ANA, 0, None)
    told.run("b", 40, 60)
    told.stay("b", ANA, 40, None)
    told.reports_row("a", ANA, 0, 10)
    assert came(told, ANA, REPORT) == ("attended", 30)


def test_nobody_is_told_twice_and_who_came_is_told_as_the_live_result_said() -> None:
    """The first published result makes the event; a correction changes attributes alone."""
    told = held()
    told.stay("w", ANA, 0, None)
    told.reports_row("w", ANA, 0, 20)
    contact = told.contact(ANA, REPORT)
    (event,) = contact.events
    assert (event.properties["status"], event.properties["minutes"]) == ("attended", 60)
    assert [alternative.properties["minutes"] for alternative in event.alternatives] == [20]
    assert (contact.status, contact.attributes["MEETING_DURATION"]) == ("left_early", 20)


def test_result_that_the_report_takes_back_leaves_what_nothing_stands_for_any_more() -> None:
    """Live they stayed from the lobby to the end; the report knows that they left before the start."""
    told = Told()
    told.run("w", -30, 60)
    told.registers("r", BO)
    told.stay("w", ANA, 0, 60)
    told.stay("w", BO, -20, None)
    told.stay("w", CY, -20, None)
    told.reports_row("w", ANA, 0, 60)
    told.reports_row("w", BO, -20, -10)
    told.reports_row("w", CY, -20, -10)
    assert told.contact(BO).status == "attended"
    bo, cy = told.contact(BO, REPORT), told.contact(CY, REPORT)
    assert (bo.status, bo.lists, bo.may_be_missing) == ("registered", frozenset({17}), False)
    assert bo.leftovers["MEETING_DURATION"] == {60}
    assert bo.leftovers["WEBINARS_ATTENDED"] == {0, 1}
    assert {event.name: event.may_be_missing for event in bo.events} == {
        "zoom_webinar_registered": False,
        "zoom_webinar_attended": True,
    }
    assert (cy.lists, cy.may_be_missing) == (frozenset(), True)
