"""`rollcall rebuild diff`: what would differ, why, and what Brevo would get."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

import orjson
import typer

from ops.failure import stopping
from ops.options import Json
from ops.rebuild.difference import ComparedFact, StateDifference, difference, newest_facts
from ops.rebuild.display import document, in_words
from ops.workplace import Workplace
from runtime.exits import FOUND_WRONG
from runtime.logs import configure_command_logging
from runtime.states import States, read_states
from schemas.errors import ConfigurationError

Name = Annotated[str, typer.Argument(help="Of the state, as `rebuild start` was given it; `first`: the original one.")]


def diff(name: Name, as_json: Json = False) -> None:
    """Show results, scores and Brevo commands that would differ if a state were live, each with its reason.

    Scores and commands are reckoned by the configuration as it is now: call it with the one that the workers would
    have. Changes nothing. Exit code 1: something differs.
    """
    configure_command_logging("ERROR")
    with stopping("Nothing was changed.", as_json=as_json):
        differs = asyncio.run(_diff(name, as_json=as_json))
    if differs:
        raise typer.Exit(FOUND_WRONG)


async def _diff(name: str, *, as_json: bool) -> bool:
    states, found, messages = await compared(Workplace.here(computes=True), name)
    if as_json:
        told = document(found, name, states.live.state, states.rebuilt.get(name), messages)
        typer.echo(orjson.dumps(told).decode())
    else:
        for line in in_words(found, states.rebuilt.get(name), messages):
            typer.echo(line)
    return bool(found.concerned)


async def compared(place: Workplace, name: str) -> tuple[States, StateDifference, Mapping[bytes, ComparedFact]]:
    """The states, how this one differs from the live one, and its facts that differ, by row key.

    Raises:
        ConfigurationError: there is no such state beside the live one.
        RetryLaterError: Kafka does not answer.
    """
    states = await read_states(place.connection)
    check_known(states, name)
    found = await difference(place.connection, place.configuration, states.live.state, name)
    return states, found, await newest_facts(place.connection, name, (change.key for change in found.facts))


def check_known(states: States, name: str) -> None:
    """Whether there is a state of that name beside the live one.

    Raises:
        ConfigurationError: there is not.
    """
    if name == states.live.state:
        raise ConfigurationError(f"{name} is the live state; compare another one with it{_others(states)}")
    if name not in states.beside:
        raise ConfigurationError(f"there is no state {name} beside the live one{_others(states)}")


def _others(states: States) -> str:
    return f"; there are {', '.join(states.beside)}" if states.beside else "; `rollcall rebuild start NAME` makes one"
