"""Candidate models: what they are told to give, that nothing else notices them, and how a score is rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.agents import scoring_rule
from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engagement.contact_score import ScoreOnDay
from processors.engagement.model import Model
from processors.engagement.row_bytes import contact_prefix, decode_rows, encode_head, head_key
from processors.engagement.state import Head, SessionRow
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Output
from runtime.models import Configuration
from schemas.attendance import Result
from schemas.brevo import BREVO_COMMAND, UpsertContact
from schemas.engagement import CandidateScores, ContactScore, FailedModel, RebuildScore, ResyncContact
from schemas.ticks import SweepTick
from schemas.topics import (
    BREVO_COMMANDS_BULK,
    ENGAGEMENT_CANDIDATES,
    ENGAGEMENT_RESYNCS,
    ENGAGEMENT_SCORES,
    ENGAGEMENT_TICKS,
)
from tests.support.contact_facts import (
    CONTACT,
    EMAIL,
    STARTED_AT,
    configuration,
    no_show,
    records,
    registration,
    result,
)
from tests.support.erasures import order, swept
from tests.support.rules import record, run

ASKED_AT = datetime(2026, 11, 27, 3, 30, tzinfo=UTC)
SHORT = {"half_life_days": 10}
STAYING = {"weights": {"stayed": 100}}
PLAIN = configuration()
BESIDE = configuration(scoring={"candidates": {"short": SHORT, "staying": STAYING}})
TWO_SESSIONS = (result("s1=="), result("s2==", days=30, attended_seconds=1800))


def candidates_of(outputs: Iterable[Output]) -> list[CandidateScores | None]:
    """What was told of candidates; ``None``: a tombstone."""
    return [
        CandidateScores.from_bytes(output.value) if output.value else None
        for output in outputs
        if output.topic == ENGAGEMENT_CANDIDATES.name
    ]


def others(outputs: Iterable[Output]) -> list[Output]:
    """All but what is told of candidates."""
    return [output for output in outputs if output.topic != ENGAGEMENT_CANDIDATES.name]


def given_scores(told: CandidateScores | None) -> dict[str, tuple[int, str]]:
    """Score and tier by candidate."""
    assert told is not None
    return {candidate.model_version: (candidate.contact_score, candidate.tier) for candidate in told.candidates}


def model(configured: Configuration, name: str | None = None) -> Model:
    """The live model, or the candidate."""
    return Model(configured.scoring if name is None else configured.scoring.candidate(name))


def rebuilt(store: MemoryStore, configured: Configuration, by: Model, *, switch: bool) -> list[Output]:
    """Outputs of one request."""
    value = RebuildScore(
        contact_id=CONTACT,
        requested_at=ASKED_AT,
        model_version=by.settings.model_version,
        settings_digest=by.settings_digest,
        switch=switch,
    ).to_bytes()
    asked = record(ENGAGEMENT_RESYNCS.name, value, key=CONTACT.encode())
    return run(ScoreEngagement(configured), [asked], {ENGAGEMENT_TABLE: store})


def taken(configured: Configuration, *facts: Any) -> tuple[MemoryStore, list[Output]]:
    """What is kept after these facts, and what was sent."""
    store = MemoryStore()
    return store, run(ScoreEngagement(configured), records(*facts), {ENGAGEMENT_TABLE: store})


def test_candidates_stand_beside_the_live_score_of_the_same_day() -> None:
    """82 thirty days ago and 53 today: with ten days of half life the older one counts an eighth."""
    _, outputs = taken(BESIDE, *TWO_SESSIONS)
    told = candidates_of(outputs)[-1]
    assert told is not None
    assert (told.live.contact_score, told.live.tier, str(told.reference_date)) == (100, "hot", "2026-09-11")
    assert given_scores(told) == {"short": (63, "warm"), "staying": (58, "warm")}
    assert [candidate.settings_digest for candidate in told.candidates] == [
        model(BESIDE, "short").settings_digest,
        model(BESIDE, "staying").settings_digest,
    ]


def test_candidate_is_what_the_live_model_gives_once_it_is_that() -> None:
    """Same score, same tier, same digest: what was looked at is what is switched to."""
    _, before = taken(BESIDE, *TWO_SESSIONS)
    _, after = taken(configuration(scoring={"model_version": "short", **SHORT}), *TWO_SESSIONS)
    told = candidates_of(before)[-1]
    assert told is not None
    live = [ContactScore.from_bytes(output.value or b"") for output in after if output.topic == ENGAGEMENT_SCORES.name][
        -1
    ]
    assert (live.model_version, live.settings_digest, live.contact_score, live.tier) == (
        *(told.candidates[0].model_version, told.candidates[0].settings_digest),
        *(told.candidates[0].contact_score, told.candidates[0].tier),
    )


FACTS = st.lists(
    st.builds(
        result,
        st.sampled_from(["s1==", "s2==", "s3=="]),
        days=st.integers(0, 900),
        attended_seconds=st.integers(1, 3600),
        late_seconds=st.integers(0, 1500),
        revision=st.integers(1, 3),
        retracted=st.booleans(),
    ),
    max_size=6,
)


@given(facts=FACTS)
@settings(deadline=None)
def test_everything_else_is_the_same_byte_for_byte_with_candidates(facts: list[Result]) -> None:
    """Scores, commands, their revisions and ids, and all rows but the digest of what candidates gave."""
    plain, without = taken(PLAIN, registration(), *facts)
    beside, with_them = taken(BESIDE, registration(), *facts)
    assert others(with_them) == without
    head = head_key(CONTACT)
    assert {key: value for key, value in beside.rows.items() if key != head} == {
        key: value for key, value in plain.rows.items() if key != head
    }
    stored = decode_rows(CONTACT, beside.scan(contact_prefix(CONTACT), b"")).head
    assert encode_head(stored._replace(candidates_digest="")) == plain.rows[head]


def test_same_facts_again_tell_nothing_again() -> None:
    """As the live score."""
    store, _ = taken(BESIDE, *TWO_SESSIONS)
    assert run(ScoreEngagement(BESIDE), records(*TWO_SESSIONS), {ENGAGEMENT_TABLE: store}) == []


def test_candidates_follow_a_retraction_with_a_tombstone() -> None:
    """No result stands: no score of any model."""
    store, _ = taken(BESIDE, result())
    outputs = run(ScoreEngagement(BESIDE), records(result(revision=2, retracted=True)), {ENGAGEMENT_TABLE: store})
    assert candidates_of(outputs) == [None]


def test_candidates_that_the_file_no_longer_has_go_with_the_next_fact() -> None:
    """The topic holds nothing of people that nobody asks for."""
    store, _ = taken(BESIDE, result())
    outputs = run(ScoreEngagement(PLAIN), records(no_show("s2==", days=1)), {ENGAGEMENT_TABLE: store})
    assert candidates_of(outputs) == [None]
    assert decode_rows(CONTACT, store.scan(contact_prefix(CONTACT), b"")).head.candidates_digest == ""


def test_head_without_candidates_is_stored_as_before_there_were_any() -> None:
    """Whoever has none pays no byte for them."""
    assert len(encode_head(Head(1, "a@example.com"))) < len(
        encode_head(Head(1, "a@example.com", candidates_digest="d"))
    )
    head = Head(1, "a@example.com", "s", "u")
    assert encode_head(head) == b'[1,"a@example.com","s","u",[]]'
    assert encode_head(head._replace(candidates_digest="c")) == b'[1,"a@example.com","s","u",[],0,"c"]'


def test_decay_sweep_takes_candidates_to_its_day() -> None:
    """Both stand at one day, else a difference would be that of the days."""
    scoring = {"decay_sweep": "03:30", "candidates": {"short": SHORT}}
    swept = configuration(scoring=scoring)
    store, _ = taken(swept, result())
    day = (STARTED_AT.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days + 90
    tick = SweepTick(day=datetime.fromtimestamp(day * 86_400, UTC).date())
    outputs = run(ScoreEngagement(swept), [record(ENGAGEMENT_TICKS.name, tick.to_bytes())], {ENGAGEMENT_TABLE: store})
    told = candidates_of(outputs)[-1]
    assert told is not None
    assert (told.live.contact_score, str(told.reference_date)) == (41, "2026-11-10")
    assert given_scores(told) == {"short": (0, "cold")}


def test_fault_of_a_candidate_is_named_and_touches_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live score of the same rows is there, and the other candidate's."""
    whole = Model.standing

    def faulty(self: Model, results: Sequence[SessionRow], swept_day: int) -> ScoreOnDay | None:
        if self.settings.model_version == "short":
            raise ZeroDivisionError
        return whole(self, results, swept_day)

    monkeypatch.setattr(Model, "standing", faulty)
    _, outputs = taken(BESIDE, *TWO_SESSIONS)
    told = candidates_of(outputs)[-1]
    assert told is not None
    assert told.failed == (FailedModel(model_version="short", error="ZeroDivisionError"),)
    assert given_scores(told) == {"staying": (58, "warm")}
    assert others(outputs) == taken(PLAIN, *TWO_SESSIONS)[1]


def test_rebuild_by_a_candidate_computes_it_and_sends_nothing_to_brevo() -> None:
    """A candidate that came after the facts is computed from what is kept."""
    store, _ = taken(PLAIN, registration(), *TWO_SESSIONS)
    outputs = rebuilt(store, BESIDE, model(BESIDE, "short"), switch=False)
    assert [output.topic for output in outputs] == [ENGAGEMENT_CANDIDATES.name]
    assert given_scores(candidates_of(outputs)[0]) == {"short": (63, "warm"), "staying": (58, "warm")}
    assert rebuilt(store, BESIDE, model(BESIDE, "short"), switch=False) == []


def test_rebuild_by_the_live_model_sends_the_score_and_the_difference_once() -> None:
    """With bulk priority, no event, and not what Brevo has already."""
    store, _ = taken(PLAIN, registration(), *TWO_SESSIONS)
    switched = configuration(scoring={"model_version": "short", **SHORT})
    outputs = rebuilt(store, switched, model(switched), switch=True)
    assert [output.topic for output in outputs] == [ENGAGEMENT_SCORES.name, BREVO_COMMANDS_BULK.name]
    command = BREVO_COMMAND.validate_json(outputs[1].value or b"")
    assert isinstance(command, UpsertContact)
    assert (command.reason, command.retries_refused, command.attributes["ENGAGEMENT_SCORE"].value) == (
        "rebuild", False, 63,
    )  # fmt: skip
    assert rebuilt(store, switched, model(switched), switch=True) == []


def test_rebuild_by_the_live_model_that_changes_no_attribute_sends_no_command() -> None:
    """Other tiers and the same score: the score is told, Brevo hears nothing."""
    store, _ = taken(PLAIN, registration(), result())
    switched = configuration(scoring={"model_version": "2", "tiers": {"hot": 75}})
    outputs = rebuilt(store, switched, model(switched), switch=True)
    assert [output.topic for output in outputs] == [ENGAGEMENT_SCORES.name]


@pytest.mark.parametrize("switch", [True, False])
def test_rebuild_by_a_model_that_the_worker_does_not_have_is_skipped(switch: bool) -> None:
    """Its file is another than the one that was looked at."""
    store, _ = taken(PLAIN, *TWO_SESSIONS)
    before = dict(store.rows)
    assert rebuilt(store, PLAIN, model(BESIDE, "short"), switch=switch) == []
    assert store.rows == before


def test_rebuild_of_a_candidate_is_no_switch_once_that_candidate_is_live() -> None:
    """A request that waited in Kafka meanwhile: nobody has told to switch."""
    store, _ = taken(PLAIN, *TWO_SESSIONS)
    switched = configuration(scoring={"model_version": "short", **SHORT})
    assert rebuilt(store, switched, model(BESIDE, "short"), switch=False) == []
    assert rebuilt(store, switched, model(switched), switch=True) != []


def test_resync_tells_candidates_again() -> None:
    """The topic may hold what followed from other tables."""
    store, before = taken(BESIDE, *TWO_SESSIONS)
    value = ResyncContact(contact_id=CONTACT, requested_at=ASKED_AT).to_bytes()
    again = run(ScoreEngagement(BESIDE), [record(ENGAGEMENT_RESYNCS.name, value)], {ENGAGEMENT_TABLE: store})
    assert candidates_of(again) == candidates_of(before)[-1:]


def test_rebuild_of_an_excluded_domain_does_nothing() -> None:
    """Nobody writes of people who are left out."""
    excluding = configuration(filters={"exclude_domains": ["example.com"]}, scoring={"model_version": "2"})
    store, _ = taken(PLAIN, *TWO_SESSIONS)
    assert rebuilt(store, excluding, model(excluding), switch=True) == []


def test_erasure_takes_what_candidates_gave_too() -> None:
    """The address is nowhere in it; the contact id is enough."""
    store, _ = taken(BESIDE, result())
    follows = swept(scoring_rule(BESIDE), {ENGAGEMENT_TABLE: store}, order(EMAIL, ASKED_AT))
    assert candidates_of(follows) == [None]
    plain, _ = taken(PLAIN, result())
    assert candidates_of(swept(scoring_rule(PLAIN), {ENGAGEMENT_TABLE: plain}, order(EMAIL, ASKED_AT))) == []


def test_scores_on_the_wire_have_the_parts_of_every_session() -> None:
    """Not of the latest alone, and with what the whole follows from on any day."""
    _, outputs = taken(PLAIN, *TWO_SESSIONS, no_show("s3==", days=40))
    score = [
        ContactScore.from_bytes(output.value or b"") for output in outputs if output.topic == ENGAGEMENT_SCORES.name
    ][-1]
    assert [
        (session.session_uuid, session.score, session.parts.attendance, session.parts.maximum)
        for session in score.sessions
    ] == [
        ("s1==", 82, 55.0, 85.0),
        ("s2==", 53, 30.0, 85.0),
        ("s3==", 0, 0.0, 85.0),
    ]
    assert (score.half_life_days, score.hot_from, score.warm_from) == (90, 70, 40)
