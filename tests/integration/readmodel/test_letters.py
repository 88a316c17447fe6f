"""Letters in the tables, of both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, product

from sqlalchemy.engine import URL

from readmodel.database import opened
from readmodel.queries.operations import dead_letters, deliveries, totals
from schemas.letters import LETTER_STATES, MOST_RESENDS, LetterState, letter_id, state_of
from schemas.topics import BREVO_COMMANDS, LETTERS, QUARANTINE
from tests.support.console import fill
from tests.support.read_model import Storyteller, Told, message

NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)
DECIDED: tuple[LetterState | None, ...] = (None, "resent", "parked", "dropped")


CASES = list(product(DECIDED, (0, MOST_RESENDS), (None, -1, 0, 1)))
"""What was decided at noon, how often it was sent again by then, and at which minute since it has failed."""


def letter_of_case(tell: Storyteller, number: int) -> tuple[str, list[Told]]:
    """Its id, and what the topics say of it."""
    decided, resends, failed = CASES[number]
    topic, record = tell.dead_letter(number)
    identity = letter_id(BREVO_COMMANDS.name, record.key, record.value)
    told = [(topic, record)]
    if failed is not None:
        failed_at = (NOON + timedelta(minutes=failed)).isoformat()
        told.append(tell.letter_fault(identity, last_at=failed_at, attempts=7, label="defect"))
    if decided is not None:
        told.append(tell.letter_decision(identity, state=decided, resends=resends, at=NOON.isoformat()))
    return identity, told


async def test_state_is_what_the_commands_say(url: URL) -> None:
    """Of every decision with every failure before and after it, and as the filter; the rest needs nobody."""
    letters = [letter_of_case(Storyteller(), number) for number in range(len(CASES))]
    wanted = {
        identity: state_of(decided, resends, NOON, None if failed is None else NOON + timedelta(minutes=failed))
        for (identity, _), (decided, resends, failed) in zip(letters, CASES, strict=True)
    }
    with opened(url) as database:
        fill(database, chain.from_iterable(told for _, told in letters))
        with database.reading() as connection:
            found = dead_letters(connection).items
            assert {line.letter_id: line.state for line in found} == wanted
            assert {(line.attempts, line.label) for line in found} == {(1, "invalid"), (7, "defect")}
            for state in LETTER_STATES:
                part = dead_letters(connection, state=state).items
                assert {line.letter_id for line in part} == {letter for letter, one in wanted.items() if one == state}
            by_hand = sum(decided == "parked" for decided, _, _ in CASES)
            waits = sum(state in ("open", "parked") for state in wanted.values())
            assert totals(connection).dead_letters == waits - by_hand


async def test_delivery_that_was_released_needs_nobody(url: URL) -> None:
    """One that was put aside does, and says what became of it; one that was taken has no state."""
    tell = Storyteller()
    _, aside = tell.delivery(2, quarantine_reason="stale")
    identity = letter_id(QUARANTINE.name, aside.key, aside.value)
    with opened(url) as database:
        fill(database, [tell.delivery(1), tell.delivery(2, quarantine_reason="stale")])
        with database.reading() as connection:
            assert {(line.letter_id, line.state) for line in deliveries(connection).items} == {
                (None, None), (identity, "open"),
            }  # fmt: skip
            assert totals(connection).quarantined == 1
        fill(database, [tell.letter_decision(identity)])
        with database.reading() as connection:
            (line,) = deliveries(connection, quarantined=True).items
            assert (line.state, totals(connection).quarantined) == ("resent", 0)


async def test_letter_that_is_forgotten_is_open_again(url: URL) -> None:
    """Whether what was said of it came before or in the same batch; what is said later stands."""
    tell = Storyteller()
    topic, record = tell.dead_letter(1)
    identity = letter_id(BREVO_COMMANDS.name, record.key, record.value)
    said = [tell.letter_fault(identity), tell.letter_decision(identity, state="dropped")]
    nothing: list[Told] = [(LETTERS, message(f"{identity}|{kind}", None)) for kind in ("fault", "decision")]
    later = tell.letter_decision(identity, state="parked", at=NOON.isoformat())
    for batches, state in (([said, nothing], "open"), ([[*said, *nothing]], "open"), ([[*nothing, later]], "parked")):
        with opened(url) as database:
            for batch in ([(topic, record)], *batches):
                fill(database, batch)
            with database.reading() as connection:
                (line,) = dead_letters(connection).items
                assert line.state == state, batches
