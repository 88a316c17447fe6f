"""Selections as people write them: ``topic=raw type=webinar.* from=10:00 to=11:00 session=latest``. PURE.

Conditions are joined by *and*; one that is written twice is an error, but for `type`, of which one has to fit. Words
with spaces stand in quotes. Who a contact or a session is, is asked of a `Finder`: a person writes what a person knows.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Protocol

from ops.selection.selection import Selection, SessionKey
from ops.selection.times import TimeSpan, as_text, instant, zone_named
from schemas.errors import ConfigurationError
from schemas.topic import Topic
from schemas.topics import all_topics

_CONDITIONS = {
    "topic": "a topic: raw, quarantine, results, commands …, or its whole name; with .dlq its dead letters",
    "type": "an event's type, * stands for anything: webinar.*",
    "from": "happened at this time or later",
    "to": "happened before this time",
    "stored-from": "stored in Kafka at this time or later",
    "stored-to": "stored in Kafka before this time",
    "offsets": "3:100-200 (partition 3, from 100 to 200), several with commas",
    "session": "a session: latest, its uuid or its beginning, its id, or words of its title",
    "contact": "an e-mail address or a contact id",
    "account": "a Zoom account id",
    "label": "a dead letter's class of fault",
    "zone": "the time zone of times without one; UTC if nothing is said",
}
_SHORT = MappingProxyType(
    {
        "raw": "zoom.events.raw.v1",
        "quarantine": "zoom.events.quarantine.v1",
        "lookups": "zoom.lookups.v1",
        "answers": "zoom.lookup-results.v1",
        "results": "attendance.results.v1",
        "sessions": "attendance.sessions.v1",
        "scores": "engagement.scores.v1",
        "commands": "brevo.commands.v1",
        "bulk": "brevo.commands.bulk.v1",
        "audit": "ops.audit.v1",
    }
)
_NAMES_TOPIC = re.compile(r"(^|\s)topic=")
_OFFSETS = re.compile(r"(\d{1,6}):(\d{1,18})(?:-(\d{1,18}))?")
_DEAD_LETTERS = ".dlq"


class Finder(Protocol):
    """Knows sessions and people by what people call them."""

    def session(self, words: str) -> SessionKey:
        """The one session that is meant.

        Raises:
            ConfigurationError: there is none, or several; it names them.
        """

    def contact(self, words: str) -> str:
        """The contact id of an e-mail address or of itself.

        Raises:
            ConfigurationError: it is neither.
        """


def help_text() -> str:
    """The conditions, a line each."""
    return "\n".join(f"  {name}={meaning}" for name, meaning in _CONDITIONS.items())


def parse_selection(text: str, finder: Finder, now: datetime) -> Selection:
    """The selection that a text means.

    Args:
        text: conditions with spaces between them.
        finder: who knows sessions and contacts.
        now: aware; what ``10:00`` and ``2h`` are relative to.

    Raises:
        ConfigurationError: it names no topic, says nothing that can be understood, or can hold no record.
    """
    given = _conditions(text)
    zone = zone_named(given["zone"][0]) if "zone" in given else UTC
    contact, session = given.get("contact"), given.get("session")
    return Selection(
        topic=_topic(given),
        event_types=tuple(given.get("type", ())),
        happened=_span(given, "", now, zone),
        stored=_span(given, "stored-", now, zone),
        offsets=_offsets(given["offsets"][0]) if "offsets" in given else {},
        session=finder.session(session[0]) if session else None,
        contact=finder.contact(contact[0]) if contact else None,
        account=given["account"][0] if "account" in given else None,
        label=given["label"][0] if "label" in given else None,
    )


def _conditions(text: str) -> Mapping[str, Sequence[str]]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigurationError(f"the selection {text!r} cannot be read: a quote is not closed") from error
    given: dict[str, list[str]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name not in _CONDITIONS or not equals:
            raise ConfigurationError(f"{word!r} is no condition; there are:\n{help_text()}")
        if not value:
            raise ConfigurationError(f"{name}= says nothing: leave it out, or write {name}={_CONDITIONS[name]}")
        if name in given and name != "type":
            raise ConfigurationError(f"{name}= is there twice, and a record cannot meet both: keep one")
        given.setdefault(name, []).append(value)
    if not given.keys() - {"zone"}:
        raise ConfigurationError(f"the selection is empty: say at least a topic; there are:\n{help_text()}")
    return given


def _topic(given: Mapping[str, Sequence[str]]) -> Topic:
    if "topic" not in given:
        raise ConfigurationError(f"the selection names no topic: add topic= with {', '.join(_SHORT)} or a whole name")
    return topic_named(given["topic"][0])


def with_topic(text: str, default: str) -> str:
    """The expression, with a topic where it names none.

    >>> with_topic("label=poison", "topic=raw.dlq"), with_topic("label=poison topic=results.dlq", "topic=raw.dlq")
    ('topic=raw.dlq label=poison', 'label=poison topic=results.dlq')
    """
    return text if _NAMES_TOPIC.search(text) else f"{default} {text}".rstrip()


def topic_named(written: str) -> Topic:
    """The topic of a whole or a short name, with `.dlq` its dead letters.

    Raises:
        ConfigurationError: there is none of that name.
    """
    known = {topic.name: topic for topic in all_topics()}
    name, letters = written.removesuffix(_DEAD_LETTERS), written.endswith(_DEAD_LETTERS)
    full = f"{_SHORT.get(name, name)}{_DEAD_LETTERS if letters else ''}"
    if full not in known:
        raise ConfigurationError(f"topic={written} is no topic of ours: it is one of {', '.join([*_SHORT, *known])}")
    return known[full]


def _span(given: Mapping[str, Sequence[str]], kind: str, now: datetime, zone: tzinfo) -> TimeSpan | None:
    start, end = (
        instant(given[name][0], now, zone) if (name := f"{kind}{word}") in given else None for word in ("from", "to")
    )
    if start is None and end is None:
        return None
    if start is not None and end is not None and start >= end:
        raise ConfigurationError(
            f"{kind}from={as_text(start)} is not before {kind}to={as_text(end)}: no record lies between; mind the zone"
        )
    if start is not None and start > now:
        raise ConfigurationError(f"{kind}from={as_text(start)} is in the future: no record lies there; mind the zone")
    return TimeSpan(start, end)


def _offsets(text: str) -> Mapping[int, range]:
    spans: dict[int, range] = {}
    for part in text.split(","):
        found = _OFFSETS.fullmatch(part)
        if found is None:
            raise ConfigurationError(f"offsets={text} cannot be read: write {_CONDITIONS['offsets']}")
        partition, first, last = int(found[1]), int(found[2]), int(found[3] or found[2])
        if partition in spans or last < first:
            raise ConfigurationError(f"offsets={text} holds nothing: {part} ends before it begins, or is there twice")
        spans[partition] = range(first, last + 1)
    return MappingProxyType(spans)
