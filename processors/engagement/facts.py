"""A fact of `attendance.results.v1`: off its record, and what became of it in the table. PURE."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import ValidationError

from processors.engagement.state import ContactRegistration, CountedEvent
from processors.engine.view import Record, View
from schemas.attendance import FACT, AnyFact, Notice, Recording, Registration, Result
from schemas.errors import DeadLetterError
from schemas.instants import NEWS_MS


class KeptFact(NamedTuple):
    """What became of a fact in the table."""

    event: CountedEvent | None
    """That it is the first to call for."""
    is_news: bool
    """No replay has brought what was known before."""
    as_it_happened: bool
    """As `schemas.brevo.Command` has it."""


def has_just_happened(
    fact: Registration | Result | Recording | Notice, known: ContactRegistration | None, told_ms: int, view: View
) -> bool:
    """Whether a webhook has just told of it.

    Final results and no-shows wait for Zoom's report. A registration is told again, with the instant at which it was
    made, when something else about its webinar changes. What is told more than a day late is no news to anybody
    (`brevo.max_effect_age`): deliveries that were recovered, or are simulated.

    Args:
        fact: what is told.
        known: the registration's row before the fact.
        told_ms: when Kafka took the fact, in milliseconds since 1970.
        view: of the turn.
    """
    happened = int(fact.occurred_at.timestamp())
    if fact.origin != "live" or view.lineage is not None or told_ms - 1_000 * happened > NEWS_MS:
        return False
    if isinstance(fact, Registration):
        told_again = known is not None and known.occurred_at == happened
        return fact.observed == "webhook" and not fact.retracted and not told_again
    return isinstance(fact, Notice | Recording) or not (fact.is_final or fact.retracted)


def fact_in(record: Record) -> AnyFact:
    """The fact. Raises `DeadLetterError`, without a word of what the record holds, where there is none."""
    if record.value is None:
        raise DeadLetterError(f"{record.topic}: a record without a value says nothing")
    try:
        return FACT.validate_json(record.value)
    except ValidationError as error:
        # The error's own text quotes the input, which holds an address; a dead letter's reason must not.
        wrong = "; ".join(
            f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}"
            for mistake in error.errors(include_input=False, include_url=False, include_context=False)[:3]
        )
        raise DeadLetterError(f"{record.topic}: no fact of schemas.attendance ({wrong})") from None
