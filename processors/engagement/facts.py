"""A fact of `attendance.results.v1`: off its record, and what became of it in the table. PURE."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import ValidationError

from processors.engagement.state import CountedEvent
from processors.engine.view import Record
from schemas.attendance import FACT, AnyFact
from schemas.errors import DeadLetterError


class KeptFact(NamedTuple):
    """What became of a fact in the table."""

    event: CountedEvent | None
    """That it is the first to call for."""
    is_news: bool
    """No replay has brought what was known before."""


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
