"""The buttons of `rollcall rebuild`: `start`, `diff`, `switch`, `switch --undo` and `drop`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from console.acting import Act, Field, FormAnswers, PlannedAct, digest_of
from ops.buttons.commands import ended, with_reason
from ops.buttons.yes_or_no import flag, says_yes, yes_or_no
from ops.rebuild.diff import compared
from ops.rebuild.display import built_in_words, in_words
from ops.rebuild.drop import drop_state, droppable, what_is_lost
from ops.rebuild.start import startable
from ops.rebuild.switching import switch_over, switchable
from ops.workplace import Workplace
from processors.engine.naming import checked_state_name
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError
from schemas.states import RebuiltState

_STATE = Field("state", "Which state", "Its name, as it was started.")
_NEW = Field("state", "Its name", "Lower-case letters, digits and dashes; that of one that was stopped goes on.")
_RATE = Field("rate", "Events a second", "At most; nothing: as fast as it goes.")
_ASK_ZOOM = yes_or_no("ask_zoom", "Ask Zoom what it was never asked", "Behind all live work.")
_FORCE = yes_or_no("force", "Though it has not caught up", "What it lacks is taken back, and comes again.")


def rebuild_acts(environment: Mapping[str, str]) -> Iterator[Act]:
    """All of them; the environment names the configuration file, and the folder for a new state's tables."""
    yield from _acts_before_a_switch(environment)
    yield from _acts_of_a_switch(environment)


def _acts_before_a_switch(environment: Mapping[str, str]) -> Iterator[Act]:
    yield Act(
        name="rebuild.start",
        title="Compute the tables anew",
        about="Computes attendance and engagement anew beside the live tables, by the configuration as it is now, on "
        "this console's machine; nothing live is changed. Stopped or killed, it goes on when it is asked for again.",
        fields=(_NEW, _RATE, _ASK_ZOOM),
        command=lambda answers: with_reason(*_start_words(answers)),
        plan=partial(_plan_start, environment),
    )
    yield Act(
        name="rebuild.diff",
        title="Compare a rebuilt state",
        about="Shows results, scores and Brevo commands that would differ if a state were live, each with its reason.",
        fields=(_STATE,),
        command=lambda answers: f"rollcall rebuild diff {shlex.quote(answers['state'])}",
        plan=partial(_plan_diff, environment),
    )


def _acts_of_a_switch(environment: Mapping[str, str]) -> Iterator[Act]:
    yield Act(
        name="rebuild.switch",
        title="Switch to a rebuilt state",
        about="Makes a state the live one; stop all workers first, and start them afterwards. What differs is told, "
        "and Brevo follows by differences alone. It can be undone until the other state is dropped.",
        fields=(_STATE, _FORCE),
        command=lambda answers: with_reason("rebuild", "switch", answers["state"], *flag(answers, _FORCE)),
        plan=partial(_plan_switch, environment),
    )
    yield Act(
        name="rebuild.undo",
        title="Undo the switch",
        about="Makes the state live again that was live before; put the configuration back and stop all workers first, "
        "and start them afterwards.",
        fields=(),
        command=lambda _answers: with_reason("rebuild", "switch", "--undo"),
        plan=partial(_plan_undo, environment),
    )
    yield Act(
        name="rebuild.drop",
        title="Drop a rebuilt state",
        about="Deletes a state of the tables that is not live: its topics, and what is noted of it. A switch from it "
        "can no longer be undone.",
        fields=(_STATE,),
        command=lambda answers: with_reason("rebuild", "drop", answers["state"]),
        plan=partial(_plan_drop, environment),
    )


def _start_words(answers: FormAnswers) -> list[str]:
    """The command's, less the reason."""
    rate = ["--rate", answers["rate"]] if answers["rate"] else []
    return ["rebuild", "start", answers["state"], *rate, *flag(answers, _ASK_ZOOM)]


async def _plan_start(environment: Mapping[str, str], answers: FormAnswers) -> PlannedAct:
    state, rate, words = checked_state_name(answers["state"]), answers["rate"], _start_words(answers)
    if rate and not (rate.isdecimal() and int(rate[:9]) >= 1):
        raise ConfigurationError("the events a second are a number from 1 on, or nothing")
    states = await startable(KafkaConnection.from_environment(environment), state)

    async def carry_out(operator: str, reason: str) -> Sequence[str]:
        # In a process of its own: it computes for as long as the topics are long.
        told = await ended(environment, operator, *words, f"--reason={reason}")
        return list(built_in_words(RebuiltState.from_bytes(told)))

    known = states.rebuilt.get(state)
    line = f"Compute {state} beside {states.live.state}, which stays live"
    if known is not None and known.goes_on(asks_zoom=says_yes(answers, _ASK_ZOOM)):
        line = f"Go on with {state}, begun at {known.started_at:%Y-%m-%d %H:%M} UTC"
    elif known is not None and known.unanswered:
        line = f"Compute {state} from the beginning: {known.unanswered} questions were given up, and Zoom is asked now"
    return PlannedAct([line], digest_of(words, line), carry_out)


async def _plan_diff(environment: Mapping[str, str], answers: FormAnswers) -> PlannedAct:
    """The plan is all of it: there is nothing to do."""
    state = _named(answers)
    states, found, messages = await compared(Workplace.of(environment, computes=True), state)
    lines = list(in_words(found, states.rebuilt.get(state), messages))

    async def nothing(_operator: str, _reason: str) -> Sequence[str]:
        return lines

    return PlannedAct(lines, "", nothing, due=0)


async def _plan_switch(environment: Mapping[str, str], answers: FormAnswers) -> PlannedAct:
    return await _planned_switch(environment, _named(answers), force=says_yes(answers, _FORCE))


async def _plan_undo(environment: Mapping[str, str], _answers: FormAnswers) -> PlannedAct:
    return await _planned_switch(environment, None, force=False)


async def _planned_switch(environment: Mapping[str, str], state: str | None, *, force: bool) -> PlannedAct:
    """`state`: as `switchable` takes its name."""
    place = Workplace.of(environment, computes=True)
    found = await switchable(place, state, force=force)

    async def carry_out(operator: str, reason: str) -> Sequence[str]:
        return (await switch_over(place.for_operator(operator), found, reason)).in_words()

    live = found.states.live
    lines = [found.in_words()] if found.is_made else [found.in_words(), "no worker runs"]
    digest = digest_of(found.target, live.generation, live.is_told, _sorted(found.ours), _sorted(found.theirs))
    return PlannedAct(lines, digest, carry_out)


async def _plan_drop(environment: Mapping[str, str], answers: FormAnswers) -> PlannedAct:
    state, place = _named(answers), Workplace.of(environment, computes=True)
    states = await droppable(place.connection, state)
    live = states.live

    async def carry_out(operator: str, reason: str) -> Sequence[str]:
        deleted = await drop_state(place.for_operator(operator), states, state, reason)
        return [f"{state} is dropped: {len(deleted)} topics were deleted"]

    lines = [what_is_lost(states, state), f"{live.state} is live, and stays so"]
    return PlannedAct(lines, digest_of(state, live.state, live.previous), carry_out)


def _named(answers: FormAnswers) -> str:
    if not answers["state"]:
        raise ConfigurationError("say which state")
    return answers["state"]


def _sorted(positions: Mapping[str, Mapping[int, int]]) -> list[tuple[str, list[tuple[int, int]]]]:
    return [(topic, sorted(of_topic.items())) for topic, of_topic in sorted(positions.items())]
