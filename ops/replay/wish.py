"""What is wanted of a replay: topics that can be replayed, and a selection that means the same tomorrow. PURE."""

from __future__ import annotations

from types import MappingProxyType

from ops.selection.selection import Selection, SessionKey
from ops.selection.times import TimeSpan
from schemas.errors import ConfigurationError
from schemas.replays import ReplayedSession, ReplaySelection, Span
from schemas.topics import ATTENDANCE_RESULTS, RAW_EVENTS, all_topics

REPLAYABLE = (RAW_EVENTS, ATTENDANCE_RESULTS)
"""Facts: what is known of them changes nothing."""
_OTHERWISE = MappingProxyType(
    {
        "zoom.events.quarantine.v1": "release its deliveries with `rollcall quarantine release`",
        "zoom.lookups.v1": "replay the events that the questions come from: Zoom is asked what is still unknown",
        "zoom.lookups.bulk.v1": "replay the events that the questions come from: Zoom is asked what is still unknown",
        "zoom.lookup-results.v1": "an answer to a question that is closed says nothing any more; replay the events",
        "brevo.commands.v1": "compute them anew with `rollcall resync`",
        "brevo.commands.bulk.v1": "compute them anew with `rollcall resync`",
    }
)


def check(selection: Selection) -> None:
    """Raises `ConfigurationError` for what cannot be replayed, or can hold nothing; it says what to do instead."""
    name = selection.topic.name
    if name.endswith(".dlq"):
        raise ConfigurationError(
            f"dead letters are not replayed: send them again with `rollcall dlq resend topic={name}`"
        )
    if selection.topic not in REPLAYABLE:
        known = " and ".join(topic.name for topic in REPLAYABLE)
        instead = _OTHERWISE.get(name, "what lies there follows from them")
        raise ConfigurationError(f"{name} is not replayed, only {known} are: {instead}")
    if selection.label is not None:
        raise ConfigurationError("label= is of dead letters and quarantine: no record that can be replayed has one")


def to_wire(selection: Selection) -> ReplaySelection:
    """For whoever resumes: without words such as `latest`, and without addresses."""
    session = selection.session
    return ReplaySelection(
        topic=selection.topic.name,
        event_types=selection.event_types,
        happened=_span(selection.happened),
        stored=_span(selection.stored),
        offsets={number: (span.start, span.stop) for number, span in selection.offsets.items()},
        session=None
        if session is None
        else ReplayedSession(
            account_id=session.account_id,
            object_id=session.object_id,
            instances=session.instances,
            topic=session.topic,
        ),
        contact=selection.contact,
        account=selection.account,
    )


def from_wire(wire: ReplaySelection) -> Selection:
    """What `to_wire` wrote."""
    session = wire.session
    return Selection(
        topic=next(topic for topic in all_topics() if topic.name == wire.topic),
        event_types=wire.event_types,
        happened=None if wire.happened is None else TimeSpan(wire.happened.start, wire.happened.end),
        stored=None if wire.stored is None else TimeSpan(wire.stored.start, wire.stored.end),
        offsets={number: range(*span) for number, span in wire.offsets.items()},
        session=None
        if session is None
        else SessionKey(session.account_id, session.object_id, session.instances, session.topic),
        contact=wire.contact,
        account=wire.account,
    )


def _span(span: TimeSpan | None) -> Span | None:
    return None if span is None else Span(start=span.start, end=span.end)
