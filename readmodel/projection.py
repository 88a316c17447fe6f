"""Which topic is projected how, and a batch of records as changes. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pydantic import ValidationError

from readmodel.changes import Changes, SourceRecord
from readmodel.projections.brevo import project_command, project_result
from readmodel.projections.candidates import project_candidates
from readmodel.projections.operations import (
    project_audit,
    project_dead_letter,
    project_delivery,
    project_erasure,
    project_letter,
    project_setup,
    project_worker,
)
from readmodel.projections.people import project_fact, project_score
from readmodel.projections.sessions import project_session
from schemas.topics import (
    ATTENDANCE_RESULTS,
    ATTENDANCE_SESSIONS,
    AUDIT,
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    BREVO_RESULTS,
    ENGAGEMENT_CANDIDATES,
    ENGAGEMENT_SCORES,
    ERASURES,
    LETTERS,
    QUARANTINE,
    RAW_EVENTS,
    SETUP,
    TOPICS,
    WORKERS,
)

Projection = Callable[[SourceRecord, Changes], None]

PROJECTIONS: Mapping[str, Projection] = {
    ATTENDANCE_SESSIONS.name: project_session,
    ATTENDANCE_RESULTS.name: project_fact,
    ENGAGEMENT_SCORES.name: project_score,
    ENGAGEMENT_CANDIDATES.name: project_candidates,
    BREVO_COMMANDS.name: project_command,
    BREVO_COMMANDS_BULK.name: project_command,
    BREVO_RESULTS.name: project_result,
    AUDIT.name: project_audit,
    LETTERS.name: project_letter,
    SETUP.name: project_setup,
    ERASURES.name: project_erasure,
    WORKERS.name: project_worker,
    QUARANTINE.name: project_delivery,
    RAW_EVENTS.name: project_delivery,
    **{topic.dead_letter.name: project_dead_letter for topic in TOPICS if topic.dead_letters},
}
"""By the topic's logical name."""

_UNREADABLE = (ValidationError, ValueError, TypeError, KeyError, AttributeError, IndexError)


def project(records: Iterable[SourceRecord]) -> tuple[Changes, dict[tuple[str, int], int]]:
    """The changes of a batch, and per (topic, partition) how many of its records could not be read.

    The order within a partition is that of the offsets; partitions may come in any order among each other.
    """
    changes, unreadable = Changes(), dict[tuple[str, int], int]()
    for record in records:
        try:
            PROJECTIONS[record.topic](record, changes)
        except _UNREADABLE:
            where = (record.topic, record.partition)
            unreadable[where] = unreadable.get(where, 0) + 1
    return changes, unreadable
