"""A dead letter or a quarantined delivery as people see it: where it lies, why, and what became of it. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ops.selection.reading import facts_of
from ops.selection.selection import Facts
from schemas.letters import LETTER_ID, LetterDecision, LetterFault, LetterStanding, letter_id, state_of
from schemas.topic import Topic

LetterNews = tuple[LetterFault | None, LetterDecision | None]
"""The newest failure after the first, and the newest decision: what was said of a letter since."""

_OWN_HEADERS = "rollcall-"
_KEPT_OF_OURS = frozenset({LETTER_ID, "rollcall-attempts", "rollcall-first-at"})
"""What a record that is sent again tells its next dead letter."""
_QUARANTINED = "quarantine-reason"


@dataclass(frozen=True, slots=True)
class Letter:
    """One record of a dead-letter topic or of the quarantine, with what was said of it since."""

    identity: str
    """32 hex digits."""
    topic: str
    """That it lies on, without the prefix."""
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    facts: Facts
    fault: LetterFault | None
    """The latest failure after the first."""
    decision: LetterDecision | None

    @property
    def target(self) -> str:
        """The topic that it is sent again to."""
        return self.topic.removesuffix(".dlq") if self.topic.endswith(".dlq") else "zoom.events.raw.v1"

    @property
    def label(self) -> str:
        """Class of fault, or why it is in quarantine."""
        return self.fault.label if self.fault else self._header("rollcall-label") or self._header(_QUARANTINED)

    @property
    def reason(self) -> str:
        """For people."""
        return self.fault.reason if self.fault else self._header("rollcall-reason")

    @property
    def stage(self) -> str:
        """The agent that gave up; the ingress's for what is in quarantine."""
        return self.fault.stage if self.fault else self._header("rollcall-stage") or "ingress"

    @property
    def source(self) -> str:
        """Where the record lay that failed last: ``<topic>/<partition>/<offset>``."""
        return self.fault.source if self.fault else self._header("rollcall-source")

    @property
    def version(self) -> str:
        """Of Rollcall, when it failed last."""
        return self.fault.version if self.fault else self._header("rollcall-version")

    @property
    def attempts(self) -> int:
        """How often it has failed."""
        told = self._header("rollcall-attempts")
        return self.fault.attempts if self.fault else int(told) if told.isdecimal() and len(told) < 10 else 1

    @property
    def first_at(self) -> datetime:
        """When it failed for the first time."""
        return self.fault.first_at if self.fault else _instant(self._header("rollcall-first-at"), self.facts.stored_at)

    @property
    def last_at(self) -> datetime:
        """When it failed last."""
        return self.fault.last_at if self.fault else _instant(self._header("rollcall-last-at"), self.facts.stored_at)

    @property
    def resends(self) -> int:
        """How often it was sent again."""
        return self.decision.resends if self.decision else 0

    @property
    def is_cut(self) -> bool:
        """Whether only its beginning is here."""
        return bool(self._header("rollcall-cut-bytes"))

    @property
    def has_payload(self) -> bool:
        """Whether there is anything to send: of a foreign account's delivery only the frame is kept."""
        return self._header(_QUARANTINED) in ("", "stale")

    @property
    def state(self) -> LetterStanding:
        """What became of it."""
        decision, failed_at = self.decision, self.fault.last_at if self.fault else None
        return state_of(decision.state, decision.resends, decision.at, failed_at) if decision else "open"

    def headers_again(self) -> list[tuple[str, bytes]]:
        """The headers that it is sent again with: the origin's, and what tells a next dead letter that it is none."""
        kept = [
            (name, value)
            for name, value in self.headers
            if name in _KEPT_OF_OURS or not (name.startswith(_OWN_HEADERS) or name == _QUARANTINED)
        ]
        return kept if any(name == LETTER_ID for name, _ in kept) else [*kept, (LETTER_ID, self.identity.encode())]

    def why_not_sent(self, *, version: str, parked: bool) -> str:
        """Why it is not sent again now; empty when it is.

        Args:
            version: of Rollcall, now.
            parked: whether those that are parked are asked for: sent when another version has seen them last.
        """
        if self.is_cut:
            return f"only its beginning is here; the whole lies at {self.source} while that topic keeps it"
        if not self.has_payload:
            return "its payload was not kept, since it is another account's"
        if self.state in ("dropped", "resent"):
            return f"it is {self.state}"
        if self.state != "parked":
            return ""
        if not parked:
            return "it is parked: --parked sends those that an older version has seen last"
        return "" if self.version != version else f"it is parked, and {version} has failed on it"

    def _header(self, name: str) -> str:
        return next((value.decode(errors="replace") for found, value in self.headers if found == name), "")


def letter_of(
    topic: Topic,
    partition: int,
    offset: int,
    stored_at: datetime,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
    news: Mapping[str, LetterNews],
) -> Letter:
    """The letter that a record is, with what `news` says of its id."""
    known = tuple((name, content or b"") for name, content in headers)
    given = dict(known).get(LETTER_ID, b"").decode(errors="replace")
    identity = given or letter_id(topic.name.removesuffix(".dlq"), key, value)
    fault, decision = news.get(identity, (None, None))
    facts = facts_of(partition, offset, stored_at, key, known, value)
    if fault is not None:  # selected by what it is shown with
        facts = replace(facts, label=fault.label)
    return Letter(identity, topic.name, partition, offset, key, value, known, facts, fault, decision)


def latest(
    records: Iterable[LetterFault | LetterDecision],
) -> dict[str, LetterNews]:
    """By letter id the newest of each kind, of records in the order of the topic."""
    news: dict[str, LetterNews] = {}
    for record in records:
        fault, decision = news.get(record.letter_id, (None, None))
        news[record.letter_id] = (record, decision) if isinstance(record, LetterFault) else (fault, record)
    return news


def _instant(text: str, otherwise: datetime) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
