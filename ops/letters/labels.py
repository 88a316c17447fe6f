"""Which labels letters have, so that one that none can have is told of rather than selecting nothing. PURE."""

from __future__ import annotations

from collections.abc import Iterable

from processors.brevo.decisions.answers import ANSWER_CLASSES
from runtime.outcome import Outcome
from schemas.errors import ConfigurationError
from schemas.topic import Topic
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, QUARANTINE

OF_DELIVERIES = ("stale", "account", "owner")
OF_RECORDS = ("unreadable", "too_large", "defect")
OF_COMMANDS = (
    *(answer.name for answer in ANSWER_CLASSES if answer.outcome in (Outcome.REJECT, Outcome.MISSING)),
    "contact_rejected",
    "dropped",
)
"""Of a command, beside those of any record: Brevo's answer, or that its contact or `brevo.in_doubt` ended it."""
_COMMANDS = (BREVO_COMMANDS.dead_letter, BREVO_COMMANDS_BULK.dead_letter)


def labels_of(topic: Topic) -> tuple[str, ...]:
    """What this version labels the letters of a topic with."""
    if topic == QUARANTINE:
        return OF_DELIVERIES
    return (*OF_RECORDS, *(OF_COMMANDS if topic in _COMMANDS else ()))


def check_label(label: str, topic: Topic, seen: Iterable[str]) -> None:
    """Refuse a label that no letter of the topic has or can have; `seen` are those that its letters have.

    Raises:
        ConfigurationError: it names the labels that there are.
    """
    there = sorted(set(seen))
    if label in labels_of(topic) or label in there:
        return
    now = f"now there: {', '.join(there)}" if there else "no letter is there now"
    raise ConfigurationError(
        f"label={label} is no label of {topic.name}: it is one of {', '.join(labels_of(topic))}; {now}"
    )
