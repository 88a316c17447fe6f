"""Letters in the tables, of both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

from sqlalchemy.engine import URL

from readmodel.database import opened
from readmodel.queries.operations import dead_letters, deliveries, totals
from schemas.letters import MOST_RESENDS, LetterState, letter_id, state_of
from schemas.topics import BREVO_COMMANDS, QUARANTINE
from tests.support.console import fill
from tests.support.read_model import Storyteller, person

NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)
DECIDED: tuple[LetterState | None, ...] = (None, "resent", "parked", "dropped")


async def test_state_is_what_the_commands_say(url: URL) -> None:
    """Of every decision with every failure before and after it, and as the filter; the rest needs nobody."""
    tell, told, wanted = Storyteller(), [], {}
    cases = list(product(DECIDED, (0, MOST_RESENDS), (None, -1, 0, 1)))
    for number, (decided, resends, failed) in enumerate(cases):
        topic, record = tell.dead_letter(number)
        identity = letter_id(BREVO_COMMANDS.name, record.key, record.value)
        told.append((topic, record))
        failed_at = None if failed is None else NOON + timedelta(minutes=failed)
        if failed_at is not None:
            told.append(tell.letter_fault(identity, last_at=failed_at.isoformat(), attempts=7, label="defect"))
        if decided is not None:
            told.append(tell.letter_decision(identity, state=decided, resends=resends, at=NOON.isoformat()))
        wanted[identity] = state_of(decided, resends, NOON, failed_at)
    assert len(wanted) == len(cases) == len({person(number) for number in range(len(cases))})
    with opened(url) as database:
        fill(database, told)
        with database.reading() as connection:
            found = {each.letter_id: each for each in dead_letters(connection).items}
            assert {each.letter_id: each.state for each in found.values()} == wanted
            for state in set(wanted.values()):
                part = dead_letters(connection, state=state).items
                assert {each.letter_id for each in part} == {each for each, one in wanted.items() if one == state}
            assert {(each.attempts, each.label) for each in found.values()} == {(1, "invalid"), (7, "defect")}
            by_hand = sum(decided == "parked" for decided, _, _ in cases)
            waits = [state for state in wanted.values() if state in ("open", "parked")]
            assert totals(connection).dead_letters == len(waits) - by_hand


async def test_delivery_that_was_released_needs_nobody(url: URL) -> None:
    """One that was put aside does, and says what became of it; one that was taken has no state."""
    tell = Storyteller()
    _, aside = tell.delivery(2, quarantine_reason="stale")
    identity = letter_id(QUARANTINE.name, aside.key, aside.value)
    with opened(url) as database:
        fill(database, [tell.delivery(1), tell.delivery(2, quarantine_reason="stale")])
        with database.reading() as connection:
            assert {(each.letter_id, each.state) for each in deliveries(connection).items} == {
                (None, None), (identity, "open"),
            }  # fmt: skip
            assert totals(connection).quarantined == 1
        fill(database, [tell.letter_decision(identity)])
        with database.reading() as connection:
            (line,) = deliveries(connection, quarantined=True).items
            assert (line.state, totals(connection).quarantined) == ("resent", 0)
