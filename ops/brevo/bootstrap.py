"""`rollcall brevo plan` and `apply`: what the account lacks, its creation, and the repair of webhooks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import typer

from ops.brevo.account import Json, Yes, agreed, answered, opened, rows
from ops.brevo.hooks import EVENTS
from ops.brevo.planning import FOLDER, SetupPlan, plan_of
from processors.brevo.api.client import BrevoClient
from processors.brevo.writer.bootstrap import wrong_templates
from runtime.exits import FOUND_WRONG
from runtime.logs import configure_command_logging
from runtime.models import Configuration

PAGE = 50
"""The most lists or folders that Brevo gives at once."""


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("plan", epilog="Example:  rollcall brevo plan --json")(plan)
    group.command("apply", epilog="Example:  rollcall brevo apply --yes")(apply)


def plan(as_json: Json = False) -> None:
    """Compare the account with what the configuration needs: attributes, their types, lists, webhooks, templates.

    Shows in any case what each list id and attribute of the file is in the account. Changes nothing. Exit code 1:
    something is missing or does not fit.
    """
    configure_command_logging()
    found = asyncio.run(_plan())
    _show(found, [], as_json=as_json)
    if not found.fits:
        raise typer.Exit(FOUND_WRONG)


def apply(yes: Yes = False, as_json: Json = False) -> None:
    """Create what `rollcall brevo plan` finds missing: attributes, the folder, lists, webhooks. Nothing is removed.

    Nothing is changed but webhooks to brevo.webhook.url that lack events or the right secret.

    Brevo chooses the ids of new lists: they are shown, to be put into connectors.zoom.lists. Exit code 1: something
    is left that only a person can settle, or you said no.
    """
    configure_command_logging()
    found, done = asyncio.run(_apply(yes=yes))
    _show(found, done, as_json=as_json)
    if found.problems or len(done) < len(found.creations):
        raise typer.Exit(FOUND_WRONG)


async def _plan() -> SetupPlan:
    async with opened() as (configuration, client):
        return await _compare(configuration, client)


async def _compare(configuration: Configuration, client: BrevoClient) -> SetupPlan:
    attributes = await answered(client, "GET", "/contacts/attributes")
    listed = attributes.body.get("attributes") if isinstance(attributes.body, dict) else None
    lists = await rows(client, "/contacts/lists", "lists", PAGE)
    folders = await rows(client, "/contacts/folders", "folders", PAGE)
    hooks: list[dict[str, Any]] = []
    for kind in EVENTS if configuration.brevo.webhook.url else ():
        answer = await answered(client, "GET", "/webhooks", type=kind)
        told = answer.body.get("webhooks") if isinstance(answer.body, dict) else None
        hooks += [{"type": kind, **each} for each in told or () if isinstance(each, dict)]
    found = plan_of(configuration, [each for each in listed or () if isinstance(each, dict)], lists, folders, hooks)
    return replace(found, problems=(*found.problems, *await wrong_templates(client, configuration.brevo)))


async def _apply(*, yes: bool) -> tuple[SetupPlan, list[str]]:
    async with opened() as (configuration, client):
        found = await _compare(configuration, client)
        if not found.creations or not agreed(f"Create {', '.join(found.creations)} at Brevo?", yes=yes):
            return found, []
        return found, [*await _create(client, found), *await _mend(client, found)]


async def _create(client: BrevoClient, found: SetupPlan) -> list[str]:
    done: list[str] = []
    for attribute in found.attributes:
        path = f"/contacts/attributes/normal/{attribute.attribute}"
        await answered(client, "POST", path, {"type": attribute.type})
        done.append(f"attribute {attribute.attribute}")
    folder_id = found.folder_id
    if found.lists and folder_id is None:
        answer = await answered(client, "POST", "/contacts/folders", {"name": FOLDER})
        folder_id = _id(answer.body)
        done.append(f"folder {FOLDER}")
    for lacking in found.lists:
        answer = await answered(client, "POST", "/contacts/lists", {"name": lacking.name, "folderId": folder_id})
        done.append(f"list {lacking.name}: set {lacking.key} to {_id(answer.body)}")
    return done


async def _mend(client: BrevoClient, found: SetupPlan) -> list[str]:
    for hook in found.hooks:
        method, path = ("POST", "/webhooks") if hook.hook_id is None else ("PUT", f"/webhooks/{hook.hook_id}")
        await answered(client, method, path, dict(hook.body))
    return [hook.says for hook in found.hooks]


def _id(body: Any) -> int:
    return int(body["id"])


def _show(found: SetupPlan, done: list[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps({**found.shown(), "created": done}).decode())
        return
    width = max((len(each.key) for each in found.uses), default=0)
    for use in found.uses:
        typer.echo(f"{use.key:<{width}}  {use.names}: {use.found}")
    for problem in found.problems:
        typer.echo(f"needs you   {problem}")
    if done:
        for each in done:
            typer.echo(f"created     {each}")
    else:
        for creation in found.creations:
            typer.echo(f"missing     {creation}")
    if found.fits:
        typer.echo("The account has everything that the configuration writes.")
