"""Which outcome of a command the read model shows, in whatever order and in however many batches it reads them."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, select

from readmodel import outcomes
from readmodel.changes import Changes, SourceRecord
from readmodel.instants import in_milliseconds
from readmodel.projection import PROJECTIONS
from readmodel.queries.contacts import call_lines
from readmodel.tables import CALLS, CONTACTS, METADATA
from readmodel.writing import write
from schemas.instants import format_instant
from tests.support.read_model import Storyteller, Told, person

MAYA = person(1)
EVENT = {"kind": "event", "name": "zoom_webinar_attended", "once_keys": ["s1"], "acknowledged": None}
RESEND = {"decision_id": "d", "verdict": "resend", "operator": "ana"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Tables in memory, which stay empty: nobody commits."""
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


@contextmanager
def _emptied(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def database(engine: Engine) -> Iterator[Connection]:
    """Empty tables."""
    with _emptied(engine) as connection:
        assert connection.execute(select(CALLS)).all() == []
        yield connection


def _at(second: int, outcome: str, **fields: Any) -> Told:
    """An event's result that was finished in this second."""
    return Storyteller().answer(
        MAYA, 1, outcome=outcome, finished_at=f"2026-08-12T12:00:{second:02}Z", **{**EVENT, **fields}
    )


def _read(database: Connection, told: list[tuple[Told, int]], *, together: bool) -> None:
    """Records with when they were published, in milliseconds since 1970."""
    changes = Changes()
    for offset, ((topic, message), told_ms) in enumerate(told):
        if not together:
            changes = Changes()
        source = SourceRecord(topic.name, 0, offset, told_ms, message.key, message.value, ())
        PROJECTIONS[topic.name](source, changes)
        if not together:
            write(database, changes)
    if together:
        write(database, changes)


STORIES: dict[str, tuple[list[Told], str]] = {
    "a doubt behind an acknowledgement": ([_at(1, "acknowledged"), _at(2, "in_doubt")], "acknowledged"),
    "an acknowledgement behind a doubt": ([_at(1, "in_doubt"), _at(2, "acknowledged")], "acknowledged"),
    "the intent told once more": ([_at(1, "intended"), _at(2, "acknowledged"), _at(1, "intended")], "acknowledged"),
    "a doubt, then the late intent of a stopped worker": ([_at(1, "in_doubt"), _at(2, "intended")], "in_doubt"),
    "a doubt that a person has sent again": (
        [_at(1, "in_doubt"), _at(2, "intended", decision=RESEND), _at(3, "intended")],
        "intended",
    ),
    "sent again, and in doubt again": (
        [_at(1, "in_doubt"), _at(2, "intended", decision=RESEND), _at(3, "intended"), _at(4, "in_doubt")],
        "in_doubt",
    ),
    "sent again after it had arrived": ([_at(1, "acknowledged"), _at(2, "intended", decision=RESEND)], "acknowledged"),
    "the withdrawal of an intent": ([_at(1, "intended"), _at(2, "withdrawn")], "withdrawn"),
    "refused, tried once more, in doubt": ([_at(1, "rejected"), _at(2, "intended"), _at(3, "in_doubt")], "in_doubt"),
    "a refusal told once more": ([_at(1, "rejected"), _at(2, "acknowledged"), _at(1, "rejected")], "acknowledged"),
    "an older result behind a refusal": ([_at(2, "rejected"), _at(1, "in_doubt")], "rejected"),
    "a replay of what was sent": ([_at(1, "acknowledged"), _at(2, "suppressed")], "acknowledged"),
}


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "a batch each"])
@pytest.mark.parametrize("story", STORIES)
def test_outcome_of_an_event_is_what_the_sink_knows(database: Connection, story: str, together: bool) -> None:
    """The last word is not always the one that stands."""
    told, stands = STORIES[story]
    _read(database, [(one, 0) for one in told], together=together)
    assert database.execute(select(CALLS.c.outcome)).scalars().all() == [stands]


RESULTS = st.tuples(
    st.integers(0, 5),
    st.sampled_from(("intended", "withdrawn", "in_doubt", "rejected", "suppressed", "acknowledged")),
    st.sampled_from((None, RESEND)),
)


@given(st.lists(st.tuples(RESULTS, st.booleans()), max_size=8))
def test_outcome_does_not_depend_on_the_batches(engine: Engine, told: list[tuple[tuple[int, str, Any], bool]]) -> None:
    """A projector that was killed reads on with other batches, and comes to the same rows."""
    results = [(_at(second, outcome, decision=decision), ends) for (second, outcome, decision), ends in told]
    shown = []
    for one_by_one in (True, False):
        with _emptied(engine) as database:
            batch: list[tuple[Told, int]] = []
            for result, ends in results:
                batch.append((result, 0))
                if ends or one_by_one:
                    _read(database, batch, together=True)
                    batch = []
            _read(database, batch, together=True)
            shown.append(database.execute(select(CALLS)).all())
    assert shown[0] == shown[1]


TOLD_AT = st.integers(0, 10**7)


@given(st.permutations(range(3)), TOLD_AT, TOLD_AT, TOLD_AT, TOLD_AT, st.booleans())
def test_instants_of_a_call_are_what_was_said_whoever_said_it_first(
    engine: Engine, order: list[int], occurred: int, told_as: int, wanted: int, finished: int, together: bool
) -> None:
    """Also where a result tells another time of the event than the command: the command's stands."""
    tell = Storyteller()
    command, once_more = (
        tell.upsert(MAYA, 1, occurred_at=format_instant(occurred), session=session) for session in ("a", "b")
    )
    result = tell.answer(MAYA, 1, occurred_at=format_instant(told_as), finished_at=format_instant(finished))
    said = [(command, wanted), (once_more, wanted + 1), (result, 0)]
    with _emptied(engine) as database:
        _read(database, [said[place] for place in order], together=together)
        (line,) = call_lines(database, select(CALLS))
    assert line.session_uuid == "b"
    assert [in_milliseconds(at) for at in (line.occurred_at, line.wanted_at, line.finished_at) if at] == [
        occurred * 1_000, wanted + 1, finished * 1_000,
    ]  # fmt: skip


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "a batch each"])
def test_contact_shows_what_became_of_its_newest_upsert(database: Connection, together: bool) -> None:
    """An older one that is told once more changes nothing; of one revision the later word counts."""
    tell = Storyteller()
    told = [
        tell.answer(MAYA, revision, outcome=outcome, finished_at=f"2026-08-12T12:00:{second:02}Z")
        for revision, outcome, second in (
            (2, "acknowledged", 5), (3, "rejected", 6), (3, "unchanged", 8), (2, "acknowledged", 9), (3, "rejected", 6),
        )
    ]  # fmt: skip
    _read(database, [(one, 0) for one in told], together=together)
    rows = database.execute(select(CONTACTS.c.answered_revision, CONTACTS.c.outcome)).all()
    assert [tuple(row) for row in rows] == [(3, "unchanged")]


def test_examples_of_the_formula() -> None:
    """For numbers, as they stand in its docstring."""
    found = doctest.testmod(outcomes)
    assert found.attempted
    assert not found.failed
