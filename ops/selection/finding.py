"""Sessions and people by what people call them, read from the topics: it works while every worker is down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from typing_extensions import override

from ops.selection.contacts import contact_named
from ops.selection.expression import Finder
from ops.selection.selection import SessionKey
from runtime.kafka import KafkaConnection
from runtime.reading import MissingTopicError, read_topic
from schemas.codec import SHORTEST_BEGINNING
from schemas.errors import ConfigurationError
from schemas.sessions import SessionSummary
from schemas.topics import ATTENDANCE_SESSIONS

_NAMED_AT_MOST = 5


class SessionsByWords(Finder):
    """Finds among sessions that were read before.

    Args:
        summaries: the newest of each session, in any order.
    """

    def __init__(self, summaries: Sequence[SessionSummary]) -> None:
        self._summaries = sorted(summaries, key=_begun_at)
        self._standing = [summary for summary in self._summaries if not summary.retracted]

    @override
    def session(self, words: str) -> SessionKey:
        found = self._only(words)
        if found is None:
            raise ConfigurationError(f"session={words}: no session has this uuid, id or title; try `rollcall sessions`")
        return key_of(found)

    def uuid(self, words: str) -> str:
        """By what commands and results name the session; the words themselves, if no session is told of by them.

        Raises:
            ConfigurationError: several are meant, or the latest of none.
        """
        found = self._only(words)
        return words if found is None else found.session_uuid

    def _only(self, words: str) -> SessionSummary | None:
        if words == "latest":
            if not self._standing:
                raise ConfigurationError("session=latest: there is no session yet")
            return self._standing[-1]
        exact = [summary for summary in self._summaries if words in (summary.session_uuid, *summary.instances)]
        found = exact or [summary for summary in self._standing if _may_be(summary, words)]
        if len(found) > 1:
            names = "\n".join(f"  {_line(summary)}" for summary in found[-_NAMED_AT_MOST:])
            raise ConfigurationError(f"session={words} may be {len(found)} sessions, name one by its uuid:\n{names}")
        return found[0] if found else None

    @override
    def contact(self, words: str) -> str:
        return contact_named(words)


async def finder_for(connection: KafkaConnection, expression: str) -> Finder:
    """A finder that knows the sessions if the expression asks for one; else none are read.

    Raises:
        ConfigurationError: the topic of sessions is not there.
        RetryLaterError: Kafka does not answer.
    """
    return SessionsByWords(await newest_summaries(connection) if "session=" in expression else ())


async def known_sessions(connection: KafkaConnection) -> Sequence[SessionSummary]:
    """All that are told of; none where the topic is not there: their titles are not worth failing for.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    try:
        return await newest_summaries(connection)
    except MissingTopicError:
        return ()


async def newest_summaries(connection: KafkaConnection) -> list[SessionSummary]:
    """What is told of each session now, in no order.

    Raises:
        ConfigurationError: the topic of sessions is not there.
        RetryLaterError: Kafka does not answer.
    """
    newest: dict[bytes, SessionSummary | None] = {}
    async for record in read_topic(connection, ATTENDANCE_SESSIONS):
        newest[record.key or b""] = SessionSummary.from_bytes(record.value) if record.value else None
    return [summary for summary in newest.values() if summary is not None]


def _may_be(summary: SessionSummary, words: str) -> bool:
    """As `rollcall session` takes words (`readmodel.queries.sessions`), from the topics alone."""
    if words == summary.object_id or words.casefold() in summary.topic.casefold():
        return True
    return len(words) >= SHORTEST_BEGINNING and summary.session_uuid.startswith(words)


def _begun_at(summary: SessionSummary) -> datetime:
    """What has not begun comes before all that has: it is not the latest session."""
    return summary.started_at or datetime.min.replace(tzinfo=UTC)


def key_of(summary: SessionSummary) -> SessionKey:
    """The session, as records of different topics name it."""
    return SessionKey(summary.account_id, summary.object_id, summary.instances, summary.topic)


def _line(summary: SessionSummary) -> str:
    started = f"{summary.started_at:%Y-%m-%d %H:%M} UTC" if summary.started_at else "not begun"
    return f"{summary.session_uuid}  {started}  {summary.topic}"
