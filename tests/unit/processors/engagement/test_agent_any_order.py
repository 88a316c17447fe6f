"""Whatever order the facts of a contact come in, and however often: the same contact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.engagement.agent import ScoreEngagement
from processors.engine.memory_store import MemoryStore
from tests.support.contact_facts import configuration, no_show, registration, result
from tests.support.scored_contact import Contact, Fact

RESULTS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    attendance_status=st.sampled_from(("attended", "left_early", "no_show")),
    retracted=st.booleans(),
    attended_seconds=st.integers(0, 3600),
    late_seconds=st.integers(0, 2000),
    is_final=st.booleans(),
    topic=st.sampled_from(("Roadmap", "Pricing", "")),
    interaction=st.none() | st.just({"polls_answered": 1, "polls_offered": 2}),
)
REGISTRATIONS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    registration_status=st.sampled_from(("approved", "cancelled", "denied", "pending")),
    retracted=st.booleans(),
    days=st.integers(-9, -8),
    observed=st.sampled_from(("webhook", "list")),
    registration_source=st.sampled_from((None, "newsletter", "ad")),
    first_name=st.sampled_from((None, "Maya", "M.")),
)


@st.composite
def fact_sets(draw: st.DrawFn) -> list[Fact]:
    """All revisions of a few results and registrations of one contact."""
    facts: list[Fact] = []
    for number in range(draw(st.integers(0, 3))):
        kind: dict[str, Any] = {
            "days": draw(st.integers(0, 800)),
            "object_type": draw(st.sampled_from(("webinar", "meeting"))),
        }
        for revision, fields in enumerate(draw(st.lists(RESULTS, min_size=1, max_size=3)), start=1):
            facts.append(
                (no_show if fields["attendance_status"] == "no_show" else result)(
                    f"s{number}==", revision=revision, **kind, **_without_presence(fields)
                )
            )
    for number in range(draw(st.integers(0, 2))):
        for revision, fields in enumerate(draw(st.lists(REGISTRATIONS, min_size=1, max_size=3)), start=1):
            facts.append(registration(f"r{number}", revision=revision, **fields))
    return facts or [registration()]


def _without_presence(fields: dict[str, Any]) -> dict[str, Any]:
    present = fields["attendance_status"] != "no_show"
    return {
        name: field for name, field in fields.items() if present or name not in ("attended_seconds", "late_seconds")
    }


def _once_keys(contact: Contact) -> list[str]:
    return [key for event in contact.events for key in event.once_keys]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_rule_any_order_and_repeats_lead_to_the_same_contact(data: st.DataObject) -> None:
    """State, what Brevo shall hold and the score are functions of the set of facts; results' events too."""
    facts = data.draw(fact_sets())
    repeats = data.draw(st.lists(st.sampled_from(facts), max_size=4))
    shuffled: Sequence[Fact] = data.draw(st.permutations(facts + repeats))
    straight, other = Contact(), Contact()
    straight.take(*facts)
    other.take(*shuffled, turn=data.draw(st.integers(1, 5)))
    assert other.rows == straight.rows
    seen = [
        (contact.upsert.attributes, contact.upsert.lists, contact.upsert.lists_left) for contact in (straight, other)
    ]
    assert seen[0] == seen[1]
    scores = [
        contact.score.model_copy(update={"revision": 0}) if contact.score else None for contact in (straight, other)
    ]
    assert scores[0] == scores[1]
    for contact in (straight, other):
        assert len(_once_keys(contact)) == len(set(_once_keys(contact)))
    told = [{key for key in _once_keys(contact) if "_registered|" not in key} for contact in (straight, other)]
    assert told[0] == told[1]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_rule_crash_between_outputs_and_state_repeats_but_ends_the_same(data: st.DataObject) -> None:
    """A turn whose rows were lost is handled again: what stands at the end is the same."""
    facts = data.draw(fact_sets())
    cut = data.draw(st.integers(0, len(facts)))
    straight, crashed = Contact(), Contact()
    straight.take(*facts)
    crashed.take(*facts[:cut])
    rows = dict(crashed.store.rows)
    crashed.take(*facts[cut:])
    crashed.store = MemoryStore(rows)
    crashed.rule = ScoreEngagement(configuration())
    crashed.take(*facts[cut:])
    assert crashed.rows == straight.rows
    assert crashed.upsert == straight.upsert
    assert crashed.score == straight.score
