"""The buttons of `rollcall replay apply`, `pause` and `resume`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console

from console.acting import Act, Answers, Field, digest_of
from ops.replay.acts import begin, pause, plan, run, taken_on
from ops.replay.command import RATE, TOPIC
from ops.replay.display import ending, heading
from ops.replay.history import KnownReplay
from ops.replay.pace import MOST_A_SECOND
from ops.replay.plan import ReplayPlan, in_words
from ops.replay.store import one_replay
from ops.selection.expression import with_topic
from ops.workplace import Workplace
from schemas.errors import ConfigurationError

_WHICH = Field("which", "Which replay", "Its id, or the beginning of it, as `rollcall replay status` lists them.")


def replay_acts(environment: Mapping[str, str]) -> Iterator[Act]:
    """All of them; the environment names the configuration file."""
    yield ReplayButton(environment)
    yield PauseButton(environment)
    yield ResumeButton(environment)


@dataclass(frozen=True, slots=True)
class ReplayButton:
    """Records of a selection, published again."""

    environment: Mapping[str, str]
    name: str = "replay"
    title: str = "Replay records"
    about: str = (
        "Publishes records again: what is known changes nothing, contacts are written where they differ, events are "
        "sent where they never were. It goes at its rate, behind live work."
    )
    fields: Sequence[Field] = (
        Field("which", "Which records", "Conditions, as `rollcall replay plan` takes them.", f"{TOPIC} session=latest"),
        Field("rate", "Copies a second", "At most.", str(RATE)),
    )

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        words = shlex.join(shlex.split(_which(answers)))
        return f"rollcall replay apply {words} --rate {shlex.quote(answers['rate'])} --reason …"

    async def plan(self, answers: Answers) -> PlannedReplay:
        """Of what is in the topic now."""
        rate = _rate(answers["rate"])
        place = _workplace(self.environment)
        return PlannedReplay(self.environment, await plan(place, _which(answers)), rate)


@dataclass(frozen=True, slots=True)
class PlannedReplay:
    """What would be published again."""

    environment: Mapping[str, str]
    found: ReplayPlan
    rate: int

    @property
    def due(self) -> int:
        """Records."""
        return self.found.count

    @property
    def lines(self) -> Sequence[str]:
        """As the command tells it."""
        return list(in_words(self.found, self.rate))

    @property
    def digest(self) -> str:
        """Of the records, by partition and place."""
        found = self.found
        seen = [sorted(offsets.items()) for offsets in (found.partitions, found.begins, found.ends)]
        return digest_of(str(found.selection), self.rate, seen)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does, to its end."""
        place = _workplace(self.environment, operator)
        begun = await begin(place, self.found, reason=reason, rate=self.rate, re_emit=False)
        return list(ending(await run(place, begun, reason)))


@dataclass(frozen=True, slots=True)
class PauseButton:
    """A replay that runs, stopped."""

    environment: Mapping[str, str]
    name: str = "replay.pause"
    title: str = "Pause a replay"
    about: str = "Stops a replay that runs, here or elsewhere, until somebody resumes it."
    fields: Sequence[Field] = (_WHICH,)

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        return f"rollcall replay pause {shlex.quote(answers['which'])} --reason …"

    async def plan(self, answers: Answers) -> PlannedPause:
        """Of the replay as it stands now."""
        return PlannedPause(self.environment, await _known(self.environment, answers))


@dataclass(frozen=True, slots=True)
class PlannedPause:
    """The replay that would stop."""

    environment: Mapping[str, str]
    history: KnownReplay

    @property
    def due(self) -> int:
        """One replay, where it runs."""
        return int(self.history.replay.state == "running")

    @property
    def lines(self) -> Sequence[str]:
        """How far it is."""
        return list(heading(self.history.replay))

    @property
    def digest(self) -> str:
        """Of the replay, and whether it runs: how far it is has changed by then."""
        return digest_of(self.history.replay.replay_id, self.due)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does."""
        return list(ending(await pause(_workplace(self.environment, operator), self.history, reason)))


@dataclass(frozen=True, slots=True)
class ResumeButton:
    """A replay that was stopped, gone on with."""

    environment: Mapping[str, str]
    name: str = "replay.resume"
    title: str = "Resume a replay"
    about: str = (
        "Goes on with a replay that was paused, killed or cut off, in this console: nothing is published twice. One "
        "whose copies are all published is counted to the end."
    )
    fields: Sequence[Field] = (_WHICH, Field("rate", "Copies a second", "At most; nothing: as before."))

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        rate = f" --rate {shlex.quote(answers['rate'])}" if answers["rate"] else ""
        return f"rollcall replay resume {shlex.quote(answers['which'])}{rate} --reason …"

    async def plan(self, answers: Answers) -> PlannedResume:
        """Of the replay as it stands now."""
        rate = _rate(answers["rate"]) if answers["rate"] else None
        return PlannedResume(self.environment, await _known(self.environment, answers), rate)


@dataclass(frozen=True, slots=True)
class PlannedResume:
    """The replay that would go on."""

    environment: Mapping[str, str]
    history: KnownReplay
    rate: int | None

    @property
    def due(self) -> int:
        """One replay, unless it is done."""
        return int(self.history.replay.state != "done")

    @property
    def lines(self) -> Sequence[str]:
        """How far it is."""
        return list(heading(self.history.replay))

    @property
    def digest(self) -> str:
        """Of the replay, who has it, and the rate."""
        replay = self.history.replay
        return digest_of(replay.replay_id, replay.state, replay.claim, self.rate)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does, to its end."""
        place = _workplace(self.environment, operator)
        return list(ending(await run(place, await taken_on(place, self.history, reason, self.rate), reason)))


async def _known(environment: Mapping[str, str], answers: Answers) -> KnownReplay:
    if not answers["which"]:
        raise ConfigurationError("say which replay")
    return await one_replay(_workplace(environment).connection, answers["which"])


def _workplace(environment: Mapping[str, str], operator: str = "") -> Workplace:
    """Without a terminal for progress."""
    return Workplace.of(environment, Console(quiet=True), operator)


def _rate(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_A_SECOND:
        raise ConfigurationError(f"the copies a second are a number from 1 to {MOST_A_SECOND}")
    return int(text)


def _which(answers: Answers) -> str:
    return with_topic(answers["which"], TOPIC)
