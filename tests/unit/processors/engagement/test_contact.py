from __future__ import annotations

import itertools

from processors.engagement.assessment import in_order
from processors.engagement.contact import Membership, Values, membership, registration_values, result_values
from processors.engagement.state import ContactRegistration, SessionRow, merged_registration, merged_session
from runtime.models import Lists
from schemas.attendance import Registration, Result
from tests.support.contact_facts import ACCOUNT, LISTS, no_show, registration, result


def sessions(*facts: Result) -> list[SessionRow]:
    """Rows of first facts, in order of (E, session_uuid)."""
    return in_order(merged_session(None, fact, None) for fact in facts)


def signed_up(*facts: Registration) -> list[ContactRegistration]:
    """Rows of first facts."""
    return [merged_registration(None, fact, None) for fact in facts]


def shown(*facts: Result) -> Values:
    """What results show."""
    return result_values(sessions(*facts))


def test_registration_values_latest_by_event_time_stands() -> None:
    """Name, title, source and status are the latest registration's, whatever the order."""
    older = registration(
        "r2", days=-9, topic="Old", registration_source="ad", first_name="M.", registration_status="cancelled"
    )
    newer = registration("r1", days=-8)
    for order in itertools.permutations((older, newer)):
        assert registration_values(signed_up(*order)) == {
            "name": "Maya",
            "webinar_title": "Roadmap",
            "registration_source": "newsletter",
            "attendance_status": "registered",
        }


def test_registration_values_same_event_time_is_told_apart_by_key() -> None:
    """Two registrations of one second: the order in which they came does not matter."""
    first, second = registration("r1", first_name="Maya"), registration("r2", first_name="M.")
    for order in itertools.permutations((first, second)):
        assert registration_values(signed_up(*order))["name"] == "M."


def test_registration_values_missing_fields_fall_back_to_earlier_ones() -> None:
    """The latest that has a source gives it; so with the first name."""
    blank = registration("r2", days=-1, registration_source=None, first_name=" ")
    values = registration_values(signed_up(registration(days=-8), blank))
    assert (values["registration_source"], values["name"]) == ("newsletter", "Maya")


def test_registration_values_cancelled_shows_cancelled_and_denied_nothing() -> None:
    """Statuses that are not synced are not shown."""
    assert (
        registration_values(signed_up(registration(registration_status="cancelled")))["attendance_status"]
        == "cancelled"
    )
    assert "attendance_status" not in registration_values(signed_up(registration(registration_status="denied")))


def test_result_values_latest_is_by_end_then_uuid() -> None:
    """Two sessions that end together are told apart by their uuid."""
    assert shown(result("b", topic="B"), result("a", topic="A"))["webinar_title"] == "B"
    assert shown(result("a", days=1, topic="A"), result("b", topic="B"))["webinar_title"] == "A"


def test_result_values_no_show_keeps_duration_and_join_time() -> None:
    """A no-show changes status and title, not what the contact did before."""
    values = shown(result("a"), no_show("b", days=1, topic="Next"))
    assert values["attendance_status"] == "no_show"
    assert values["webinar_title"] == "Next"
    assert values["duration"] == 55
    assert values["join_time"] == "2026-08-12"


def test_result_values_meeting_does_not_write_title() -> None:
    """The title is the latest webinar's."""
    values = shown(result("a"), result("b", days=1, object_type="meeting", topic="Stand-up"))
    assert values["webinar_title"] == "Roadmap"


def test_result_values_outside_live_time_has_duration_but_no_join_time() -> None:
    """Who was never there while it was live came for 0 minutes and did not join."""
    outside = {"first_join_at": None, "late_seconds": None, "attended_seconds": 0}
    values = shown(result("a"), result("b", days=1, **outside))
    assert (values["duration"], values["join_time"]) == (0, "2026-08-12")


def lists_of(results: list[SessionRow], registrations: list[ContactRegistration]) -> Membership:
    """Membership with all four lists configured."""
    return membership(results, registrations, {ACCOUNT: Lists(**LISTS)})


def test_membership_only_registered_is_on_registrants_and_leaves_nothing() -> None:
    """Lists that no fact speaks of stay as they are."""
    assert lists_of([], signed_up(registration())) == Membership((17,), ())


def test_membership_one_of_two_registrations_cancelled_stays_on_registrants() -> None:
    """On the list while any registration is approved."""
    cancelled = registration("r2", registration_status="cancelled")
    assert lists_of([], signed_up(registration(), cancelled)).joined == (17,)
    assert lists_of([], signed_up(cancelled)) == Membership((), (17,))


def test_membership_attended_and_missed_is_on_both_lists() -> None:
    """Attendees while any result is attended or left early, no-shows while any is a no-show."""
    assert lists_of(sessions(result("a"), no_show("b")), []) == Membership((16, 18), ())
    assert lists_of(sessions(result("a")), []) == Membership((16,), (18,))
    assert lists_of(sessions(no_show("b")), []) == Membership((18,), (16,))


def test_membership_meeting_is_on_participants_only() -> None:
    """Meetings write their own list."""
    assert lists_of(sessions(result(object_type="meeting", attendance_status="attended")), []) == Membership((15,), ())


def test_membership_all_retracted_leaves_the_lists_it_was_on() -> None:
    """A contact for which nothing stands any more leaves."""
    rows = sessions(result(retracted=True), result("m", object_type="meeting", retracted=True))
    assert lists_of(rows, signed_up(registration(retracted=True))) == Membership((), (15, 16, 17, 18))


def test_membership_list_shared_by_kinds_is_joined_when_any_wants_it() -> None:
    """One list for attendees and participants: who came to a webinar, and to no meeting any more, is on it."""
    shared = {ACCOUNT: Lists(webinar_attendees=5, meeting_participants=5)}
    rows = sessions(result(), result("m", object_type="meeting", retracted=True))
    assert membership(rows, [], shared) == Membership((5,), ())


def test_membership_lists_belong_to_the_account_of_the_fact() -> None:
    """Each account writes its own lists; an account that is not configured writes none."""
    other = {ACCOUNT: Lists(webinar_attendees=5), "other": Lists(webinar_attendees=6)}
    assert membership(sessions(result(account_id="other")), [], other) == Membership((6,), ())
    assert membership(sessions(result(account_id="gone")), [], other) == Membership((), ())
