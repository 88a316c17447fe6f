"""What an act would do to the letters of a selection, and why it leaves others alone. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ops.letters.letter import Letter
from ops.selection.selection import Selection
from schemas.errors import ConfigurationError
from schemas.letters import LetterState
from schemas.topic import Topic
from schemas.topics import QUARANTINE, TOPICS

_DEAD = tuple(topic.dead_letter for topic in TOPICS if topic.dead_letters)
_WORDS: Mapping[LetterState, str] = MappingProxyType({"resent": "sent again", "parked": "parked", "dropped": "dropped"})


@dataclass(frozen=True, slots=True)
class LetterAct:
    """One thing that can be done to letters."""

    name: str
    """In the audit topic: ``dlq.resend``."""
    state: LetterState
    """What becomes of the letters."""
    is_of_quarantine: bool = False
    """Of deliveries in quarantine, else of dead letters."""

    def check(self, topic: Topic) -> None:
        """Refuse a topic that it is not for.

        Raises:
            ConfigurationError: the records of the topic are no letters, or the other kind.
        """
        group, is_one = self.name.split(".")[0], topic == QUARANTINE if self.is_of_quarantine else topic in _DEAD
        if not is_one:
            wanted = "topic=quarantine" if self.is_of_quarantine else "one of dead letters, as topic=raw.dlq"
            raise ConfigurationError(f"topic={topic.name} is none for `rollcall {group}`: it is {wanted}")

    @property
    def words(self) -> str:
        """What becomes of them, for people."""
        return _WORDS[self.state]


RESEND, PARK, DROP = (
    LetterAct("dlq.resend", "resent"), LetterAct("dlq.park", "parked"), LetterAct("dlq.drop", "dropped"),
)  # fmt: skip
RELEASE, DROP_DELIVERY = (
    LetterAct("quarantine.release", "resent", is_of_quarantine=True),
    LetterAct("quarantine.drop", "dropped", is_of_quarantine=True),
)


@dataclass(frozen=True, slots=True)
class LetterPlan:
    """Which letters of a selection an act is for."""

    act: LetterAct
    selection: Selection
    found: Sequence[Letter]
    due: Sequence[Letter]
    """Those that it is done to; the oldest first, as `found`."""
    left: Mapping[str, int]
    """Why others are left alone, and how many."""

    def in_words(self) -> Iterator[str]:
        """Line by line; the selection is told in full."""
        yield f"{self.selection}: {len(self.due)} of {len(self.found)} are to be {self.act.words}"
        for why, count in self.left.items():
            yield f"  {count} are not: {why}"


def plan_letters(
    act: LetterAct, selection: Selection, found: Sequence[Letter], *, version: str, parked: bool = False
) -> LetterPlan:
    """What the act would do.

    Args:
        act: what, of letters of this topic (`LetterAct.check`).
        selection: which letters were asked for.
        found: they.
        version: of Rollcall, now.
        parked: of those that are to be sent again: also those that are parked, if an older version saw them last.
    """
    kept = [_why_left(act, letter, version=version, parked=parked) for letter in found]
    due = [letter for letter, why in zip(found, kept, strict=True) if not why]
    return LetterPlan(act, selection, found, due, Counter(why for why in kept if why))


def _why_left(act: LetterAct, letter: Letter, *, version: str, parked: bool) -> str:
    if act.state == "resent":
        return letter.why_not_sent(version=version, parked=parked)
    return f"it is {letter.state}" if letter.state in (act.state, "dropped") else ""
