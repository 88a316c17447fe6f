"""attendance.md 2 and 3, by hand: intervals, identities, exclusion and presence."""

from __future__ import annotations

import pytest

from sandbox.truth import Rules
from sandbox.truth.presence import intervals
from tests.support.told import HOST, HOST_EMAIL, Told, at, came, held

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"


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
    assert came(told, ANA) == ("attended", 60)
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
    assert came(told, ANA) == ("attended", 60)
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
