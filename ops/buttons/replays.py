"""The buttons of `rollcall replay apply`, `pause` and `resume`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from console.acting import Act, Field, FormAnswers, PlannedAct, digest_of
from ops.buttons.commands import with_reason
from ops.replay.acts import begin, pause, plan, run, taken_on
from ops.replay.command import RATE, RAW_CONDITION
from ops.replay.display import ending, heading
from ops.replay.history import KnownReplay
from ops.replay.pace import MOST_A_SECOND
from ops.replay.plan import in_words
from ops.replay.store import one_replay
from ops.selection.expression import with_topic
from ops.workplace import Workplace
from schemas.errors import ConfigurationError

_WHICH = Field("which", "Which replay", "Its id, or the beginning of it, as `rollcall replay status` lists them.")


def replay_acts(environment: Mapping[str, str]) -> Iterator[Act]:
    """All of them; the environment names the configuration file."""
    yield Act(
        name="replay",
        title="Replay records",
        about="Publishes records again: what is known changes nothing, contacts are written where they differ, events "
        "are sent where they never were. It goes at its rate, behind live work.",
        fields=(
            Field(
                "which",
                "Which records",
                "Conditions, as `rollcall replay plan` takes them.",
                f"{RAW_CONDITION} session=latest",
            ),
            Field("rate", "Copies a second", "At most.", str(RATE)),
        ),
        command=_replay_command,
        plan=partial(_plan_replay, environment),
    )
    yield Act(
        name="replay.pause",
        title="Pause a replay",
        about="Stops a replay that runs, here or elsewhere, until somebody resumes it.",
        fields=(_WHICH,),
        command=lambda answers: with_reason("replay", "pause", answers["which"]),
        plan=partial(_plan_pause, environment),
    )
    yield Act(
        name="replay.resume",
        title="Resume a replay",
        about="Goes on with a replay that was paused, killed or cut off, in this console: nothing is published twice. "
        "One whose copies are all published is counted to the end.",
        fields=(_WHICH, Field("rate", "Copies a second", "At most; nothing: as before.")),
        command=_resume_command,
        plan=partial(_plan_resume, environment),
    )


def _replay_command(answers: FormAnswers) -> str:
    return with_reason("replay", "apply", *shlex.split(_which(answers)), "--rate", answers["rate"])


async def _plan_replay(environment: Mapping[str, str], answers: FormAnswers) -> PlannedAct:
    rate, place = _rate(answers["rate"]), Workplace.of(environment)
    found = await plan(place, _which(answers))

    async def carry_out(operator: str, reason: str) -> Sequence[str]:
        theirs = place.for_operator(operator)
        replay = await begin(theirs, found, reason=reason, rate=rate, re_emit=False)
        return list(ending(await run(theirs, replay, reason)))

    seen = [sorted(offsets.items()) for offsets in (found.partitions, found.begins, found.ends)]
    return PlannedAct(
        list(in_words(found, rate)), digest_of(str(found.selection), rate, seen), carry_out, found.count
    )  # fmt: skip


async def _plan_pause(environment: Mapping[str, str], answers: FormAnswers) -> PlannedAct:
    place = Workplace.of(environment)
    known = await _known(place, answers)

    async def carry_out(operator: str, reason: str) -> Sequence[str]:
        return list(ending(await pause(place.for_operator(operator), known, reason)))

    replay, due = known.replay, int(known.replay.state == "running")
    # How far it is has changed by the time that somebody says yes.
    return PlannedAct(list(heading(replay)), digest_of(replay.replay_id, due), carry_out, due)


def _resume_command(answers: FormAnswers) -> str:
    rate = ["--rate", answers["rate"]] if answers["rate"] else []
    return with_reason("replay", "resume", answers["which"], *rate)


async def _plan_resume(environment: Mapping[str, str], answers: FormAnswers) -> PlannedAct:
    rate, place = _rate(answers["rate"]) if answers["rate"] else None, Workplace.of(environment)
    known = await _known(place, answers)

    async def carry_out(operator: str, reason: str) -> Sequence[str]:
        theirs = place.for_operator(operator)
        return list(ending(await run(theirs, await taken_on(theirs, known, reason, rate), reason)))

    replay = known.replay
    digest = digest_of(replay.replay_id, replay.state, replay.claim, rate)
    return PlannedAct(list(heading(replay)), digest, carry_out, int(replay.state != "done"))


async def _known(place: Workplace, answers: FormAnswers) -> KnownReplay:
    if not answers["which"]:
        raise ConfigurationError("say which replay")
    return await one_replay(place.connection, answers["which"])


def _rate(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_A_SECOND:
        raise ConfigurationError(f"the copies a second are a number from 1 to {MOST_A_SECOND}")
    return int(text)


def _which(answers: FormAnswers) -> str:
    return with_topic(answers["which"], RAW_CONDITION)
