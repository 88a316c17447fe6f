"""`rollcall zoom scopes`: what to tick in Zoom's Marketplace, by feature. Needs no credentials and asks nobody."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import orjson
import typer

from ops.options import Json
from processors.zoom.features import EVENT_SCOPES, FEATURES, Feature, enabled
from runtime.configuration import load_for_display
from runtime.environment import config_path
from runtime.logs import configure_command_logging
from runtime.models import Configuration

All = Annotated[bool, typer.Option("--all", help="Every feature, also what the file has switched off.")]


@dataclass(frozen=True, slots=True)
class FeatureNeeds:
    """What one feature needs of the app."""

    feature: str
    """The key that switches it on, or the command."""
    scopes: tuple[str, ...]
    events: tuple[str, ...] = ()


# https://developers.zoom.us/docs/api/marketplace/ and /docs/api/reports/, checked 2026-11-21.
COMMANDS = (
    FeatureNeeds(
        "rollcall zoom subscribe",
        tuple(f"marketplace:{verb}:event_subscription" for verb in ("read", "write", "delete")),
    ),
    FeatureNeeds("rollcall zoom recover", ("marketplace_app:read:admin",)),
    FeatureNeeds("rollcall backfill", ("report:read:user:admin",)),
)


def scopes(everything: All = False, as_json: Json = False) -> None:
    """List the scopes and events that the Zoom app needs, by feature, to be ticked in Zoom's Marketplace.

    Those of the file's accounts where there is a file, else those of the defaults. Credentials are not needed.
    """
    configure_command_logging("ERROR")
    needs = [*map(needs_of, FEATURES if everything else _enabled()), *COMMANDS]
    if as_json:
        typer.echo(orjson.dumps({"features": [asdict(need) for need in needs]}).decode())
    else:
        typer.echo("\n".join(in_words(needs)))


def needs_of(feature: Feature) -> FeatureNeeds:
    """Scopes of its endpoints and, as far as Zoom documents them, of its events."""
    own = [endpoint.scopes[0] for endpoint in feature.endpoints]
    of_events = [EVENT_SCOPES[event][0] for event in feature.events if event in EVENT_SCOPES]
    return FeatureNeeds(feature.name, tuple(dict.fromkeys([*own, *of_events])), feature.events)


def in_words(needs: Iterable[FeatureNeeds]) -> Iterator[str]:
    """The feature, then a scope or an event a line."""
    for need in needs:
        yield need.feature
        for kind, names in (("scopes", need.scopes), ("events", need.events)):
            yield from (f"  {kind if index == 0 else '':<6}  {name}" for index, name in enumerate(names))


def _enabled() -> list[Feature]:
    path = config_path(os.environ)
    defaults = {"connectors": {"zoom": {"account_id": "any"}}}
    configuration = load_for_display(path, os.environ) if path.exists() else Configuration.model_validate(defaults)
    found = [feature for account in configuration.accounts for feature in enabled(account, configuration)]
    return [feature for feature in FEATURES if feature in found]
