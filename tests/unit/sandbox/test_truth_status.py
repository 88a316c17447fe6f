"""attendance.md 4 and 5, by hand: when a result is final, what a registration counts for, who stayed away."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from sandbox.truth import Rules
from sandbox.truth.registrations import RegistrationFact, registrations_of
from tests.support.told import DAY, HOST_EMAIL, Told, at, results, statuses

ANA, BO, CY, DEE = "ana@example.com", "bo@example.com", "cy@example.com", "dee@example.com"


def held(told: Told, uuid: str = "w", start: float = 0) -> Told:
    """A run of an hour in which Ana was from beginning to end."""
    told.run(uuid, start, start + 60)
    told.stay(uuid, ANA, start, start + 60)
    return told


@pytest.mark.parametrize(
    ("leave", "rules", "status"),
    [
        (57, Rules(), "attended"),
        (57 - 1 / 60, Rules(), "left_early"),
        (60, Rules(attended_minimum=60 * 60), "attended"),
        (60, Rules(attended_minimum=60 * 60 + 1), "left_early"),
        (57, Rules(attended_minimum=Fraction(95, 100)), "attended"),
        (57, Rules(attended_minimum=Fraction(96, 100)), "left_early"),
        (54, Rules(end_window=Fraction(1, 10)), "attended"),
    ],
)
def test_attended_is_the_last_twentieth_and_the_minimum(leave: float, rules: Rules, status: str) -> None:
    """The last 5 % of an hour begin at 57:00, closed; the minimum is a duration or a share."""
    told = Told()
    told.run("w", 0, 60)
    told.stay("w", ANA, 0, leave)
    assert told.session(rules).people[ANA].presence.status == status


def test_no_show_is_only_told_once_the_webinar_was_due_to_be_over() -> None:
    """The line breaks after five minutes; until T + D nobody has stayed away."""
    told = Told()
    told.registers("r", BO)
    told.run("w", 0, 5)
    told.stay("w", ANA, 0, 5)
    before, then = told.truth(Rules(now=at(60) - 1)), told.truth(Rules(now=at(60)))
    assert (before.sessions[0].is_final, then.sessions[0].is_final) == (False, True)
    assert statuses(before) == {ANA: "attended", BO: "registered"}
    assert statuses(then) == {ANA: "attended", BO: "no_show"}


def test_live_result_is_not_published_before_the_scheduled_start() -> None:
    """Who tests the day before has not attended yet."""
    told = held(Told(start=DAY))
    assert told.truth(Rules(now=at(DAY) - 1)).sessions == ()
    assert len(told.truth(Rules(now=at(DAY))).sessions) == 1


def test_approved_before_the_end_counts_and_at_the_end_does_not() -> None:
    """By `event_ts` or `create_time`."""
    told = held(Told())
    told.registers("early", BO, 60 - 2 / 60)  # its event_ts is a second later
    told.registers("late", CY, 60 - 1 / 60)
    told.lists("listed", DEE, 59)
    assert statuses(told.truth()) == {ANA: "attended", BO: "no_show", CY: "registered", DEE: "no_show"}


@pytest.mark.parametrize(
    ("said", "status", "lists"),
    [
        ([("approved", -9)], "no_show", {17, 18}),
        ([("approved", -9), ("cancelled", -5)], "cancelled", set()),
        ([("approved", -9), ("cancelled", -5), ("approved", -3)], "no_show", {17, 18}),
        ([("approved", -9), ("cancelled", 61)], "no_show", {18}),
        ([("pending", -9), ("approved", 61)], "registered", {17}),
        ([("approved", -9), ("denied", -5)], "cancelled", set()),
    ],
)
def test_state_is_what_was_said_last(said: list[tuple[str, float]], status: str, lists: set[int]) -> None:
    """Judged as of the end; the list of registrants is as of now."""
    told = held(Told())
    for word, minutes in said:
        told.registers("r", BO, minutes, status=word)
    contact = told.contact(BO)
    assert contact.status == status
    assert contact.lists == lists


def test_pending_and_denied_people_are_no_contacts() -> None:
    """Nor are they no-shows."""
    told = held(Told())
    told.registers("p", BO, status="pending")
    told.registers("d", CY, status="denied")
    told.lists("l", DEE, status="pending")
    assert set(told.truth().contacts) == {ANA}


def test_at_one_instant_cancelled_outweighs_denied_approved_and_pending() -> None:
    """In this order."""
    words = ("pending", "approved", "denied", "cancelled")
    for weaker, stronger in pairwise(words):
        facts = [RegistrationFact("r", word, True, 1, BO) for word in (stronger, weaker)]
        assert registrations_of(facts)["r"].latest.status == stronger


def test_row_of_the_list_is_never_newer_than_a_webhook() -> None:
    """Zoom's list still has whom a webhook called cancelled."""
    told = held(Told())
    told.registers("r", BO, -60, status="cancelled")
    told.registers("r", BO, -90)
    told.lists("r", BO, -1)
    assert told.contact(BO).status == "cancelled"


def test_contact_is_on_the_registrants_list_while_any_registration_is_approved() -> None:
    """One was cancelled."""
    told = Told()
    told.registers("a", BO, -60)
    told.registers("b", BO, -50)
    told.registers("b", BO, -40, status="cancelled")
    assert told.contact(BO).lists == {17}


def test_registration_of_a_meeting_serves_identity_only() -> None:
    """Nobody stays away from a meeting."""
    told = held(Told("meeting", 2))
    told.registers("r", BO)
    assert statuses(told.truth()) == {ANA: "attended"}


def test_who_was_in_any_run_did_not_stay_away() -> None:
    """Not even in one that moves no end."""
    told = held(Told())
    told.registers("r", BO)
    told.run("again", 70, 78)
    told.stay("again", BO, 70, 71)
    assert told.session().main == ("w",)
    assert statuses(told.truth()) == {ANA: "attended", BO: "registered"}


def test_panelist_is_no_no_show_even_where_panelists_count() -> None:
    """Whatever `exclude_panelists` says."""
    told = held(Told())
    told.registers("r", BO)
    told.panelists.append(BO)
    assert told.contact(BO, Rules(exclude_panelists=False)).status == "registered"


def test_nobody_stays_away_from_a_webinar_without_schedule_that_had_no_audience() -> None:
    """Type 6: with an audience they do."""
    told = Told(session_type=6)
    told.registers("r", BO)
    told.run("w", 0, 60)
    told.stay("w", HOST_EMAIL, 0, 60)
    assert statuses(told.truth()) == {BO: "registered"}
    told.stay("w", ANA, 0, 60)
    assert statuses(told.truth()) == {ANA: "attended", BO: "no_show"}


def test_who_was_in_an_earlier_session_without_entry_can_stay_away_from_the_next() -> None:
    """Only an entry's sessions are one and the same webinar."""
    told = Told(session_type=6)
    told.registers("r", ANA)
    held(told, "a", 0)
    told.run("b", 120, 180)
    told.stay("b", BO, 120, 180)
    assert results(told.truth()) == [{ANA: ("attended", 60)}, {BO: ("attended", 60), ANA: ("no_show", 0)}]


# ---- series


def series() -> Told:
    """Monday and Tuesday at ten were held, Wednesday is to come."""
    told = Told(session_type=9)
    for number, name in enumerate(("monday", "tuesday", "wednesday")):
        told.occurs(name, number * DAY)
    held(told, "a", 0)
    return held(told, "b", DAY)


def stayed_away(told: Told, email: str) -> list[bool]:
    """From which of the sessions."""
    return [email in session for session in results(told.truth())]


def test_registration_that_names_no_occurrence_counts_for_all() -> None:
    """Whatever lists say: they never narrow."""
    told = series()
    told.registers("r", BO, -DAY)
    told.lists("r", BO, of=["monday"])
    assert stayed_away(told, BO) == [True, True]
    assert told.contact(BO).attributes["NO_SHOWS"] == 2


def test_registration_counts_for_the_occurrences_that_it_names() -> None:
    """By id, whatever its start is now."""
    told = series()
    told.registers("r", BO, -DAY, occurrences=[("tuesday", 99)])
    told.registers("s", CY, -DAY, occurrences=[("wednesday", 2 * DAY)])
    assert stayed_away(told, BO) == [False, True]
    assert statuses(told.truth())[CY] == "registered"


def test_list_read_for_an_occurrence_adds_it() -> None:
    """To what the webhooks named."""
    told = series()
    told.registers("r", BO, -DAY, occurrences=[("tuesday", DAY)])
    told.lists("r", BO, of=["monday"])
    assert stayed_away(told, BO) == [True, True]


def test_registration_known_from_lists_counts_for_those_in_whose_list_it_stands() -> None:
    """For Tuesday only, or for every one."""
    told = series()
    told.lists("r", BO, of=["tuesday"])
    told.lists("s", CY)
    assert stayed_away(told, BO) == [False, True]
    assert stayed_away(told, CY) == [True, True]


def test_occurrence_without_id_is_found_by_its_start() -> None:
    """Only where no id is known."""
    told = series()
    told.registers("r", BO, -DAY, occurrences=[("", DAY)])
    told.registers("s", CY, -DAY, occurrences=[("another", DAY)])
    assert stayed_away(told, BO) == [False, True]
    assert stayed_away(told, CY) == [False, False]


def test_list_of_a_webinar_with_one_time_is_that_of_its_entry() -> None:
    """Who is known from it alone stayed away."""
    told = held(Told())
    told.lists("r", BO)
    assert statuses(told.truth()) == {ANA: "attended", BO: "no_show"}
