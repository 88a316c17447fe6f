"""What is counted after a replay, from records as they lie on the topics."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from ops.replay.tally import FOLLOWED, ReplayTally
from processors.engine.view import Output, with_lineage
from schemas.brevo import CommandOutcome, CommandResult
from schemas.cloud_events import Headers
from schemas.replays import REPLAY_OF, Lineage, ReplayNews, ReplayReport
from schemas.topic import Topic
from schemas.topics import (
    ATTENDANCE_RESULTS,
    BREVO_COMMANDS_BULK,
    BREVO_RESULTS,
    LETTERS,
    QUARANTINE,
    RAW_EVENTS,
    REPLAYS,
    TOPICS,
)
from tests.support.brevo_commands import MAYA, OCCURRED_AT, event, upsert
from tests.support.contact_facts import result

OURS, OTHER = Lineage("r"), Lineage("s")


class Topics:
    """Records as they would lie there, taken in."""

    def __init__(self) -> None:
        self.tally = ReplayTally(OURS.replay_id)
        self._offsets = itertools.count()

    def add(self, topic: Topic, key: str, value: bytes, headers: Headers = ()) -> int:
        """Its offset."""
        offset = next(self._offsets)
        self.tally.take(topic, 0, offset, key.encode(), value, headers)
        return offset

    def command(self, command: object, lineage: Lineage | None, outcome: CommandOutcome | None) -> None:
        """A command to Brevo, and what became of it."""
        assert hasattr(command, "contact_id")
        output = with_lineage(Output.of(BREVO_COMMANDS_BULK.name, None, command), lineage)  # type: ignore[arg-type] # a message
        offset = self.add(BREVO_COMMANDS_BULK, command.contact_id, output.value or b"", output.headers)
        if outcome is not None:
            self.outcome(command, offset, outcome)

    def outcome(self, command: object, offset: int, outcome: CommandOutcome) -> None:
        """What became of one."""
        told = CommandResult(
            command_id="c",
            contact_id=command.contact_id,  # type: ignore[attr-defined] # a command
            kind="upsert" if command.kind == "upsert" else "event",  # type: ignore[attr-defined] # a command
            revision=command.revision,  # type: ignore[attr-defined] # a command
            outcome=outcome,
            answers=f"{BREVO_COMMANDS_BULK.name}@{offset}",
            occurred_at=OCCURRED_AT,
            finished_at=OCCURRED_AT,
        )
        self.add(BREVO_RESULTS, told.contact_id, told.to_bytes())

    def report(self) -> ReplayReport:
        """So far."""
        return self.tally.report(read=0, published=0)


def news(originals: Iterable[str], lineage: Lineage) -> list[tuple[str, bytes]]:
    """As the worker tells them."""
    return [
        (lineage.replay_id, ReplayNews(replay_id=lineage.replay_id, original=original).to_bytes())
        for original in originals
    ]


def test_tally_counts_what_was_new_once_however_often_it_was_said() -> None:
    """A worker that dies says it again; another replay's news are not ours."""
    topics = Topics()
    for key, value in [*news(["a/0/1", "a/0/2", "a/0/1"], OURS), *news(["a/0/3"], OTHER)]:
        topics.add(REPLAYS, key, value)
    assert topics.report() == ReplayReport(facts_new=2)


def test_tally_counts_facts_of_its_lineage_and_neither_copies_nor_others_nor_repeats() -> None:
    """What live work told meanwhile is not the replay's."""
    topics = Topics()
    fact = Output.of(ATTENDANCE_RESULTS.name, MAYA.encode(), result())
    for lineage, more in ((OURS, ()), (OURS, ()), (OTHER, ()), (None, ()), (OURS, ((REPLAY_OF, b"x/0/1"),))):
        topics.add(ATTENDANCE_RESULTS, MAYA, fact.value or b"", with_lineage(fact, lineage).headers + more)
    assert topics.report() == ReplayReport(results_corrected=1)


def test_tally_joins_outcomes_with_the_commands_that_they_answer() -> None:
    """An outcome names its command by where it lies, and carries no lineage."""
    topics = Topics()
    topics.command(upsert(1), OURS, "acknowledged")
    topics.command(upsert(1), None, "acknowledged")
    topics.command(upsert(2), OURS, "unchanged")
    topics.command(upsert(3), OURS, "rejected")
    topics.command(event(("a",)), OURS, "acknowledged")
    topics.command(event(("b",)), OURS, "suppressed")
    topics.command(event(("c",)), OURS, "intended")
    topics.command(event(("d",)), OURS, None)
    assert topics.report() == ReplayReport(
        contacts_written=1, contacts_unchanged=1, refused=1, events_sent=1, events_held_back=1, open=2
    )


def test_tally_waits_for_no_command_that_a_newer_one_has_overtaken() -> None:
    """Several commands of a contact become one call, answered as the newest."""
    topics = Topics()
    topics.command(upsert(1), OURS, None)
    topics.command(upsert(2), OURS, None)
    assert topics.report().open == 2
    topics.command(upsert(3), None, "acknowledged")
    assert topics.report() == ReplayReport()


@pytest.mark.parametrize("topic", [RAW_EVENTS.dead_letter, QUARANTINE, LETTERS])
def test_tally_counts_what_ended_as_a_letter(topic: Topic) -> None:
    """Stored, or counted because it is stored already."""
    topics = Topics()
    topics.add(topic, "k", b"{}", OURS.headers)
    topics.add(topic, "k", b"{}", OTHER.headers)
    topics.add(topic, "k", b"{}")
    assert topics.report() == ReplayReport(parked=1)


def test_outcomes_are_taken_in_behind_commands_and_every_dead_letter_is_seen() -> None:
    """An outcome whose command is not known yet would be lost."""
    assert FOLLOWED[-1].name == BREVO_RESULTS.name
    assert {topic.dead_letter.name for topic in TOPICS if topic.dead_letters} <= {topic.name for topic in FOLLOWED}
