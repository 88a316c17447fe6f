"""The smallest next call towards the wanted state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from processors.brevo.decisions.upsert import (
    Create,
    Read,
    Update,
    UpsertStep,
    after_create,
    after_read,
    after_update,
    create_body,
    next_step,
    update_body,
    was_deleted,
)
from processors.brevo.decisions.wanted import Known, Wanted
from schemas.brevo import AttributeValue, ContactState, Overwrite
from tests.support.brevo_commands import MAYA, upsert


def _wanted(lists: tuple[int, ...] = (16,), lists_left: tuple[int, ...] = (), **attributes: AttributeValue) -> Wanted:
    return Wanted(MAYA, attributes, frozenset(lists), frozenset(lists_left))


def _number(value: float) -> AttributeValue:
    return AttributeValue(type="float", value=value)


def _name(overwrite: Overwrite = "if_empty") -> AttributeValue:
    return AttributeValue(type="text", value="iPhone", overwrite=overwrite)


def _day(value: str) -> AttributeValue:
    return AttributeValue(type="date", value=value, overwrite="if_newer")


def test_value_that_was_refused_is_tried_again_only_when_it_is_another() -> None:
    """Brevo does not change its mind about the same one."""
    known = replace(KNOWN, refused={"D": 48})
    assert next_step(_wanted(lists_left=(18,), D=_number(48)), known) is None
    assert next_step(_wanted(lists_left=(18,), D=_number(49)), known) == Update({"D": 49}, frozenset(), frozenset())


def test_list_that_is_both_joined_and_left_is_joined() -> None:
    """One account's webinar puts a contact on it, another's takes them off."""
    command = upsert(1, email=MAYA, lists=(16,), lists_left=(16, 17))
    wanted = Wanted.of(command, {})
    assert (wanted.lists, wanted.lists_left) == (frozenset({16}), frozenset({17}))


KNOWN = Known.of(ContactState(attributes={"D": 47, "T": "x"}, lists=(16,), lists_left=(18,), held=("FIRSTNAME",)))


def test_next_step_unknown_contact_is_created_at_once() -> None:
    """Nothing that depends on what Brevo holds: no read."""
    step = next_step(_wanted(D=_number(47)), Known())
    assert step == Create({"D": 47}, frozenset({16}))


def test_next_step_state_as_acknowledged_needs_no_call() -> None:
    """Unchanged means no call."""
    want = _wanted(lists_left=(18,), D=_number(47.0), FIRSTNAME=_name())
    assert next_step(want, KNOWN) is None


def test_next_step_known_contact_gets_only_what_differs() -> None:
    """What Brevo has already is not sent."""
    want = _wanted((16, 17), (18, 19), D=_number(48), T=AttributeValue(type="text", value="x"))
    assert next_step(want, KNOWN) == Update({"D": 48}, frozenset({17}), frozenset({19}))


@pytest.mark.parametrize("attribute", [_name(), _name("never"), _day("2026-11-20")])
def test_next_step_condition_on_an_unknown_contact_reads_first(attribute: AttributeValue) -> None:
    """Nobody knows what Brevo holds: ask once."""
    assert next_step(_wanted(FIRSTNAME=attribute), Known()) == Read()


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"FIRSTNAME": "Maya"}, Update({"D": 1}, frozenset({16}), frozenset())),
        ({"FIRSTNAME": ""}, Update({"FIRSTNAME": "iPhone", "D": 1}, frozenset({16}), frozenset())),
        ({"FIRSTNAME": None}, Update({"FIRSTNAME": "iPhone", "D": 1}, frozenset({16}), frozenset())),
        ({}, Update({"FIRSTNAME": "iPhone", "D": 1}, frozenset({16}), frozenset())),
    ],
)
def test_next_step_if_empty_leaves_what_brevo_holds(held: dict[str, object], expected: Update) -> None:
    """A display name such as "iPhone" does not overwrite a first name."""
    want = _wanted(FIRSTNAME=_name(), D=_number(1))
    assert next_step(want, after_read(want, {"attributes": held, "listIds": [3]})) == expected


def test_after_read_remembers_names_not_values_of_what_others_wrote() -> None:
    """The ledger does not copy other people's data; the name alone spares the next read."""
    want = _wanted(FIRSTNAME=_name())
    state = after_read(want, {"attributes": {"FIRSTNAME": "Maya", "SECRET": "x"}, "listIds": [16, 99]}).state()
    assert state == ContactState(held=("FIRSTNAME",), lists=(16,))
    assert next_step(want, Known.of(state)) is None


@pytest.mark.parametrize("empty", [{"attributes": []}, {"attributes": None, "listIds": None}, {}])
def test_after_read_without_attributes_is_a_contact_without_any(empty: dict[str, object]) -> None:
    """An empty object may come as an empty list."""
    known = after_read(_wanted(), empty)
    assert known.exists
    assert known.attributes == {}


@pytest.mark.parametrize(
    ("current", "sent"),
    [("2026-11-19", True), ("2026-11-20", False), ("2026-11-21", False), ("2026-11-19T00:00:00.000Z", True)],
)
def test_next_step_if_newer_writes_later_dates_only(current: str, sent: bool) -> None:
    """What Brevo holds may be newer than what we learn late."""
    want = _wanted(J=_day("2026-11-20"))
    step = next_step(want, after_read(want, {"attributes": {"J": current}, "listIds": [16]}))
    assert (step is not None) is sent


def test_next_step_never_writes_only_a_new_contact() -> None:
    """`never` is for what a person may change afterwards."""
    want = _wanted(FIRSTNAME=_name("never"))
    assert next_step(want, after_read(want, None)) == Create({"FIRSTNAME": "iPhone"}, frozenset({16}))
    assert next_step(want, KNOWN) is None


def test_after_create_of_an_existing_contact_still_leaves_its_lists() -> None:
    """`POST` cannot take anybody off a list, and 204 says that there was a contact."""
    want = _wanted((16,), (18,))
    create = Create({}, frozenset({16}))
    known = after_create(want, Known(), create, created=False)
    assert next_step(want, known) == Update({}, frozenset(), frozenset({18}))
    assert next_step(want, after_create(want, Known(), create, created=True)) is None


@pytest.mark.parametrize(
    ("known", "recorded", "step", "deleted"),
    [
        (KNOWN, ContactState(), Update({}, frozenset({16}), frozenset()), True),
        (Known(exists=True), None, Update({}, frozenset({16}), frozenset()), True),
        (Known(), ContactState(), Read(), True),
        (Known(), None, Read(), False),
        (Known(), None, Create({}, frozenset()), False),
    ],
)
def test_missing_contact_was_deleted_if_anybody_knew_it(
    known: Known, recorded: ContactState | None, step: UpsertStep, deleted: bool
) -> None:
    """A 404 to what the ledger or Brevo itself has just said exists; one that nobody knew is simply new."""
    assert was_deleted(known, recorded, step) is deleted


def test_uncertain_contact_is_updated_and_never_created() -> None:
    """It may be deleted meanwhile, and `POST /contacts` would create it again."""
    want = _wanted((16,), (18,), D=_number(47))
    known = Known.of(ContactState(attributes={"D": 47}, lists=(16,)), uncertain=True)
    assert next_step(want, known) == Update({"D": 47}, frozenset({16}), frozenset({18}))


EXISTING_ONLY = replace(_wanted(()), lists_for_existing=frozenset({16}), creates=False)
CREATED = {"createdAt": "2026-11-18T09:12:44.120Z", "listIds": []}


def test_list_for_existing_contacts_is_joined_by_a_contact_that_brevo_had() -> None:
    """Brevo is asked, and what it said is kept."""
    assert next_step(EXISTING_ONLY, Known()) == Read()
    known = after_read(EXISTING_ONLY, CREATED)
    step = next_step(EXISTING_ONLY, known)
    assert step == Update({}, frozenset({16}), frozenset())
    assert Known.of(after_update(known, step).state()).existed is True


def test_contact_of_lists_for_existing_contacts_alone_is_not_created() -> None:
    """Brevo has no such contact: there is nothing to do."""
    assert next_step(EXISTING_ONLY, after_read(EXISTING_ONLY, None)) is None


@pytest.mark.parametrize(
    ("since", "existed"),
    [("2026-11-18T09:18:00+00:00", True), ("2026-11-18T09:17:00+00:00", False), ("2026-11-01T00:00:00+00:00", False)],
)
def test_contact_existed_if_it_is_clearly_older_than_our_first_command(since: str, existed: bool) -> None:
    """One that we created ourselves, perhaps with a lost answer, is not one that Brevo had; clocks may differ."""
    want = replace(EXISTING_ONLY, creatable_at=datetime.fromisoformat(since))
    known = after_read(want, CREATED)
    assert known.existed is existed
    assert (next_step(want, known) is not None) is existed


@pytest.mark.parametrize("told", [None, "yesterday", "2026-11-18T09:12:44"])
def test_contact_without_a_readable_date_is_not_taken_for_an_older_one(told: str | None) -> None:
    """Nobody joins a list on a guess."""
    want = replace(EXISTING_ONLY, creatable_at=datetime(2026, 11, 20, tzinfo=UTC))
    assert after_read(want, {"createdAt": told}).existed is False


def test_created_contact_joins_only_the_lists_that_are_open_to_it() -> None:
    """It comes for another list; that it exists now does not count."""
    want = replace(_wanted((17,)), lists_for_existing=frozenset({16}))
    create = next_step(want, after_read(want, None))
    assert create == Create({}, frozenset({17}))
    assert isinstance(create, Create)
    known = after_create(want, Known(exists=False), create, created=True)
    assert next_step(want, Known.of(known.state())) is None


def test_after_update_a_list_left_and_joined_again_is_joined() -> None:
    """A correction may bring back who left."""
    left = after_update(KNOWN, Update({}, frozenset(), frozenset({16})))
    assert left.state().lists_left == (16, 18)
    joined = after_update(left, Update({}, frozenset({16}), frozenset()))
    assert (joined.state().lists, joined.state().lists_left) == ((16,), (18,))


def test_bodies_hold_what_brevo_expects_and_never_the_blocklist() -> None:
    """`emailBlacklisted` is Brevo's alone; empty parts are left out."""
    body = create_body(_wanted(), Create({"D": 47}, frozenset({17, 16})))
    assert body == {"email": MAYA, "updateEnabled": True, "attributes": {"D": 47}, "listIds": [16, 17]}
    assert update_body(Update({}, frozenset(), frozenset({18}))) == {"unlinkListIds": [18]}


def test_contact_just_created_is_on_no_other_list_of_ours() -> None:
    """To take it off one of them needs no call; a list that Brevo itself may put it on does."""
    want = replace(_wanted(), ours_alone=frozenset({16, 17}))
    step = next_step(want, Known())
    assert isinstance(step, Create)
    known = after_create(want, Known(), step, created=True)
    assert next_step(_wanted(lists_left=(17,)), known) is None
    assert next_step(_wanted(lists_left=(19,)), known) == Update({}, frozenset(), frozenset({19}))


def test_contact_that_was_there_already_may_be_on_any_list() -> None:
    """204 to a creation: nobody has said which lists it is on."""
    want = replace(_wanted(), ours_alone=frozenset({16, 17}))
    known = after_create(want, Known(), Create({}, frozenset({16})), created=False)
    assert next_step(_wanted(lists_left=(17,)), known) == Update({}, frozenset(), frozenset({17}))
