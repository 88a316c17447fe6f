"""Which part of a write is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.brevo.decisions.answers import classify
from processors.brevo.decisions.attempt import Attempt
from processors.brevo.decisions.refusals import Narrowed, RefusedPart, left_out, narrowed, parts_of, words_of
from processors.brevo.decisions.upsert import Create, Update
from processors.brevo.decisions.wanted import Known, Wanted
from runtime.calls import Answer
from schemas.brevo import AttributeValue

NAMES = [f"A{number}" for number in range(9)]
LISTS = [15, 16, 17, 18]


def _refusal(message: str = "no", code: str = "invalid_parameter", **more: object) -> Answer:
    return Answer(400, {"code": code, "message": message, **more})


def _update(names: list[str], *lists: int) -> Update:
    return Update(dict.fromkeys(names, "x"), frozenset(lists), frozenset())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (_refusal(), Narrowed((frozenset({16, 17}), frozenset({"A", "B"})))),
        (_refusal("Attribute B is invalid"), Narrowed((frozenset({16, 17, "A"}), frozenset({"B"})))),
        (_refusal("List ID does not exist"), Narrowed((frozenset({"A", "B"}), frozenset({16, 17})))),
        (
            _refusal(code="duplicate_parameter", metadata={"duplicate_identifiers": ["A"]}),
            Narrowed((frozenset({16, 17, "B"}),), frozenset({"A"})),
        ),
    ],
)
def test_narrowed_tries_first_what_brevo_does_not_speak_of(answer: Answer, expected: Narrowed) -> None:
    """What it names goes last, or is left out at once; without a word halves are tried."""
    assert narrowed(_update(["A", "B"], 16, 17), answer, ()) == expected


def test_narrowed_asks_for_the_bare_contact_before_its_parts() -> None:
    """When the contact itself is refused, nobody has to try all its parts."""
    found = narrowed(Create({"A": "x", "B": "y"}, frozenset()), _refusal(), ())
    assert found.groups[0] == frozenset()
    assert narrowed(Create({}, frozenset()), _refusal(), found.groups).whole


def test_words_of_hold_no_address_and_no_number() -> None:
    """They are logged and published."""
    told = _refusal("Contact maya@example.com with +33 6 12 34 56 78 is invalid")
    assert words_of(told) == "Contact … with … is invalid"
    assert left_out({99: "List ID does not exist"}) == "left out: list 99 (List ID does not exist)"


@given(
    bad=st.sets(st.sampled_from([*NAMES, *LISTS])),
    exists=st.booleans(),
    values=st.permutations(NAMES),
)
def test_attempt_writes_everything_but_what_is_refused(bad: set[RefusedPart], exists: bool, values: list[str]) -> None:
    """Whatever Brevo refuses, and however little it says: the rest is written, in a bounded number of calls."""
    wanted = Wanted(
        "a@example.com",
        {name: AttributeValue(type="text", value=name) for name in values},
        frozenset(LISTS),
        frozenset(),
    )
    run = Attempt(wanted, Known(exists=exists or None))
    written: set[RefusedPart] = set()
    while (step := run.next_step()) is not None:
        assert isinstance(step, Create | Update)
        parts = parts_of(step)
        answer = _refusal() if parts & bad else Answer(204)
        run.calls += 1
        assert run.learn(step, answer, classify(answer, "contacts"))
        assert not run.contradicts_itself
        written |= set() if parts & bad else parts
    assert written == {*NAMES, *LISTS} - bad
    assert set(run.refused) == bad
    assert set(run.state().refused) | set(run.state().refused_lists) == bad
