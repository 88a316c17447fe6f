"""attendance.md 2 to 4, by hand: intervals, identities, exclusion, and what the report adds and corrects."""

from __future__ import annotations

import pytest

from sandbox.truth import Rules
from sandbox.truth.presence import intervals
from tests.support.told import HOST, HOST_EMAIL, Told, at

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"
REPORT = Rules(use_report=True)


def held() -> Told:
    """A webinar of ten to eleven."""
    told = Told()
    told.run("w", 0, 60)
    return told


def minutes(told: Told, email: str, rules: Rules | None = None) -> tuple[str, float]:
    """Status and attended minutes of one person."""
    presence = told.session(rules).people[email].presence
    return presence.status, presence.attended_seconds / 60


@pytest.mark.parametrize(
    ("joins", "leaves", "wanted"),
    [
        ({0}, {10}, [(0, 10, False)]),
        ({0, 5}, {10}, [(0, 10, False)]),
        ({0}, set(), [(0, 50, True)]),
        (set(), {10}, [(10, 10, True)]),
        ({0, 10}, {10}, [(0, 10, False), (10, 50, True)]),
        ({0, 10}, {10, 20}, [(0, 10, False), (10, 20, False)]),
        ({10}, {10}, [(10, 10, False)]),
        ({10}, {10, 20}, [(10, 10, True), (10, 20, False)]),
        ({60}, set(), [(60, 60, True)]),
    ],
)
def test_intervals_of_a_connection_follow_the_walk(
    joins: set[int], leaves: set[int], wanted: list[tuple[int, int, bool]]
) -> None:
    """attendance.md 2, with the run's end at 50."""
    assert [tuple(interval) for interval in intervals(joins, leaves, 50)] == wanted


def test_registration_comes_before_own_address_before_user() -> None:
    """Three kinds of identity, in this order."""
    told = held()
    told.registers("r", ANA)
    told.users.append({"id": "u", "email": BO, "account_id": "another"})
    told.stay("w", "private@example.com", 0, 60, registrant_id="r", id="u")
    assert set(told.session().people) == {ANA}
    unknown = held()
    unknown.stay("w", CY, 0, 60, registrant_id="nobody's")
    assert set(unknown.session().people) == {CY}


def test_user_of_the_account_is_found_by_id() -> None:
    """Where own people are not left out."""
    told = held()
    told.users.append({"id": "u", "email": BO})
    told.stay("w", "", 0, 60, id="u")
    assert told.session().people == {}
    assert set(told.session(Rules(exclude_internal=False)).people) == {BO}


def test_registrant_of_every_status_is_known_from_zooms_list() -> None:
    """Who was denied and came all the same."""
    told = held()
    told.lists("r", ANA, status="denied")
    told.stay("w", "", 0, 60, registrant_id="r")
    assert set(told.session().people) == {ANA}


def test_of_several_addresses_of_a_registration_the_latest_counts_then_the_smallest() -> None:
    """A row of the list is never newer than a webhook."""
    told = held()
    told.registers("r", "old@example.com", -20)
    told.registers("r", BO, -10)
    told.registers("r", ANA, -10)
    told.lists("r", CY, -1)
    told.stay("w", "", 0, 60, registrant_id="r")
    assert set(told.session().people) == {ANA}


def test_smallest_of_several_values_counts_and_what_is_no_address_is_dropped_before() -> None:
    """`n/a@` is smaller, and none."""
    told = held()
    for shown in ("n/a@", BO, ANA, "", "two words@example.com", "root@localhost"):
        told.stay("w", shown, 0, 60, device="one")
    assert set(told.session().people) == {ANA}
    only = held()
    only.stay("w", "n/a@", 0, 60)
    assert only.session().people == {}
    assert only.session().anonymous == 1


def test_addresses_are_trimmed_and_lower_cased_and_nothing_else() -> None:
    """A plus-address is another person."""
    told = held()
    told.stay("w", " Ana@Example.COM ", 0, 30, device="a")
    told.stay("w", ANA, 30, 60, device="b")
    told.stay("w", "ana+x@example.com", 0, 60, device="c")
    assert minutes(told, ANA) == ("attended", 60)
    assert set(told.session().people) == {ANA, "ana+x@example.com"}


@pytest.mark.parametrize("target", [{"bind_participant_uuid": "pc"}, {"bind_user_id": "handle of pc"}], ids=str)
def test_phone_leg_takes_what_it_lacks_from_whom_it_is_bound_to(target: dict[str, str]) -> None:
    """By connection, else by user id."""
    told = held()
    told.stay("w", ANA, 0, 20, device="pc")
    told.stay("w", "", 20, 60, device="leg", name="1415555****")
    told.stay("w", "", 0, 60, device="stranger", name="1303555****")
    bind = {"participant_uuid": "leg", "user_id": "handle of leg", "user_name": "1415555****"}
    told.act("participant_bind", "w", 21, **bind, **target)
    session = told.session()
    assert minutes(told, ANA) == ("attended", 60)
    assert session.people[ANA].name == "Maya"
    assert session.anonymous == 1


@pytest.mark.parametrize("by", ["id", "email"])
def test_host_is_left_out(by: str) -> None:
    """By user id as by address."""
    told = held()
    told.stay("w", HOST_EMAIL if by == "email" else "", 0, 60, **({"id": HOST} if by == "id" else {}))
    assert (told.session().people, told.session().excluded, told.session().anonymous) == ({}, 1, 0)


def test_panelists_are_left_out_by_the_list_and_by_a_change_of_role() -> None:
    """One connection excludes the person for that session."""
    told = held()
    told.panelists.append(ANA)
    told.stay("w", ANA, 0, 60)
    told.stay("w", BO, 0, 30, device="one")
    told.stay("w", BO, 30, 60, device="two")
    told.act("participant_role_changed", "w", 5, participant_uuid="one", email=BO, new_role="panelist")
    assert told.session().people == {}
    assert told.session().excluded == 2
    assert told.session(Rules(exclude_panelists=False)).people.keys() == {ANA, BO}


def test_own_people_are_left_out_by_address_and_by_id_and_never_become_contacts() -> None:
    """Not as registrants either."""
    told = held()
    told.users += [{"id": "b", "email": BO}, {"id": "c", "email": CY}]
    told.registers("r", BO)
    told.stay("w", BO, 0, 60)
    told.stay("w", "", 0, 60, device="c", participant_user_id="c")
    assert told.truth().contacts == {}
    assert told.session().excluded == 2


def test_excluded_domain_is_excluded_everywhere_however_the_rule_is_written() -> None:
    """As a participant and as a registrant."""
    told = held()
    told.registers("r", BO)
    told.stay("w", "ana@partner.example", 0, 60)
    told.registers("p", "pat@partner.example")
    for rule in ("partner.example", "@Partner.Example"):
        truth = told.truth(Rules(exclude_domains=frozenset({rule})))
        assert set(truth.contacts) == {BO}


def test_exclusion_is_of_one_session() -> None:
    """A panelist of the first meeting is a guest of the second."""
    told = Told("webinar", 6)
    for uuid, start in (("a", 0), ("b", 120)):
        told.run(uuid, start, start + 60)
        told.stay(uuid, ANA, start, start + 60, device=uuid)
    told.act("participant_role_changed", "a", 5, participant_uuid="a", email=ANA, new_role="panelist")
    assert [set(session.people) for session in told.truth().sessions] == [set(), {ANA}]


def test_presence_is_the_union_clipped_to_the_live_time() -> None:
    """Ten minutes early, overlapping devices, five minutes over."""
    told = held()
    told.stay("w", ANA, -10, 20, device="a")
    told.stay("w", ANA, 10, 30, device="b")
    told.stay("w", ANA, 50, 65, device="c")
    ana = told.session().people[ANA]
    assert (ana.presence.attended_seconds, ana.first_join, ana.last_leave) == (40 * 60, at(0), at(60))
    assert (ana.joins, ana.assumed) == (3, False)


def test_gap_between_runs_is_no_live_time() -> None:
    """Late seconds do not count it."""
    told = Told()
    told.run("a", 0, 20)
    told.stay("a", BO, 0, 20)
    told.run("b", 40, 60)
    told.stay("b", ANA, 45, 60)
    ana = told.session().people[ANA].presence
    assert (ana.late_seconds, ana.attended_seconds, ana.length_seconds) == (25 * 60, 15 * 60, 40 * 60)


def test_who_was_outside_the_live_time_has_no_result_and_did_not_stay_away() -> None:
    """What they were, registered, stands."""
    told = held()
    told.registers("r", BO)
    told.stay("w", ANA, 0, 60)
    told.stay("w", BO, -9, -1)
    told.stay("w", CY, -9, -1)
    assert told.session().outside == 2
    assert told.contact(BO).status == "registered"
    assert CY not in told.truth().contacts
    assert told.contact(BO).lists == {17}


# ---- the report


def test_row_corrects_a_lost_leave() -> None:
    """Zoom knows better when somebody left whose `left` was lost."""
    told = held()
    told.stay("w", ANA, 0, None)
    told.reports_row("w", ANA, 0, 20)
    assert minutes(told, ANA) == ("attended", 60)
    assert minutes(told, ANA, REPORT) == ("left_early", 20)
    assert told.session().people[ANA].assumed
    assert not told.session(REPORT).people[ANA].assumed


def test_row_corrects_a_lost_join() -> None:
    """The visit of zero length that only a `left` told of goes."""
    told = held()
    told.stay("w", ANA, None, 30)
    told.reports_row("w", ANA, 10, 30)
    assert minutes(told, ANA) == ("left_early", 0)
    assert minutes(told, ANA, REPORT) == ("left_early", 20)


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
    assert minutes(told, BO, REPORT) == ("attended", 60)
    assert told.session(REPORT).only_webhooks == 1
    assert told.session().only_webhooks == 0


def test_person_known_from_the_report_alone_came() -> None:
    """Their webhooks were lost."""
    told = held()
    told.registers("r", BO)
    told.reports_row("w", "", 0, 60, registrant_id="r")
    assert minutes(told, BO, REPORT) == ("attended", 60)
    assert minutes(told, BO)[0] == "no_show"


def test_row_takes_what_it_lacks_from_the_connection_with_its_user_id() -> None:
    """Addresses and registrant ids are left out for some accounts."""
    told = held()
    told.registers("r", BO)
    told.stay("w", "private@example.com", 0, None, device="one", registrant_id="r")
    told.stay("w", ANA, 0, None, device="two")
    told.reports_row("w", "", 0, 20, handle="handle of one")
    told.reports_row("w", "", 0, 30, handle="handle of two")
    told.reports_row("w", "", 0, 60, handle="unknown")
    assert minutes(told, BO, REPORT) == ("left_early", 20)
    assert minutes(told, ANA, REPORT) == ("left_early", 30)
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
        assert minutes(told, ANA, REPORT) == ("attended", 60)


def test_anonymous_connection_takes_the_identity_of_the_row_with_its_user_id() -> None:
    """And loses its assumed intervals, like anybody who is in the report."""
    told = held()
    told.stay("w", "", 0, None, device="one")
    told.reports_row("w", ANA, 0, 20, handle="handle of one")
    assert minutes(told, ANA, REPORT) == ("left_early", 20)
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
    assert minutes(told, BO, REPORT)[0] == "no_show"


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
    assert minutes(told, ANA, REPORT) == ("attended", 30)


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
