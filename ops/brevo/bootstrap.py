"""`rollcall brevo plan` and `apply`: what the account lacks, its creation, and the repair of webhooks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import typer

from ops.audit import audit_entry, note_done
from ops.brevo.account import answered, opened, rows
from ops.brevo.hooks import HOOK_EVENTS
from ops.brevo.planning import FOLDER, SetupPlan, findings_of, plan_of
from ops.options import Json, Reason, Yes, agreed
from ops.setting_up import tell_found
from processors.brevo.api.client import BrevoClient
from processors.brevo.writer.bootstrap import wrong_templates
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from runtime.models import Configuration
from schemas.audit import ActState

PAGE = 50
"""The most lists or folders that Brevo gives at once."""


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("plan", epilog="Example:  rollcall brevo plan --json")(plan)
    group.command("apply", epilog="Example:  rollcall brevo apply --yes")(apply)


def plan(as_json: Json = False) -> None:
    """Compare the account with what the configuration needs: attributes, their types, lists, webhooks, templates.

    Shows in any case what each list id and attribute of the file is in the account. Changes nothing, and tells the
    console (ops.setup.v1). Exit code 1: something is missing or does not fit.
    """
    configure_command_logging()
    found = asyncio.run(_plan())
    asyncio.run(tell_found(os.environ, "brevo plan", findings_of(found)))
    show(found, [], as_json=as_json)
    if not found.fits:
        raise typer.Exit(FOUND_WRONG)


def apply(reason: Reason = "", yes: Yes = False, as_json: Json = False) -> None:
    """Create what `rollcall brevo plan` finds missing: attributes, the folder, lists, webhooks. Nothing is removed.

    Nothing is changed but webhooks to brevo.webhook.url that lack events or the right secret.

    Brevo chooses the ids of new lists: they are shown, to be put into connectors.zoom.lists. Noted in the audit topic.
    Exit code 1: something is left that only a person can settle, you said no, or it could not be noted.
    """
    configure_command_logging()
    found, done, noted = asyncio.run(_apply(reason, yes=yes))
    show(found, done, as_json=as_json)
    if found.problems or len(done) < len(found.creations) or not noted:
        raise typer.Exit(FOUND_WRONG)


async def _plan() -> SetupPlan:
    async with opened() as (configuration, client):
        return await _compare(configuration, client)


async def _compare(configuration: Configuration, client: BrevoClient) -> SetupPlan:
    attributes = await answered(client, "GET", "/contacts/attributes", holds=("attributes",))
    listed = attributes.body.get("attributes") if isinstance(attributes.body, dict) else None
    lists = await rows(client, "/contacts/lists", "lists", PAGE)
    folders = await rows(client, "/contacts/folders", "folders", PAGE)
    hooks: list[dict[str, Any]] = []
    for kind in HOOK_EVENTS if configuration.brevo.webhook.url else ():
        answer = await answered(client, "GET", "/webhooks", type=kind)
        told = answer.body.get("webhooks") if isinstance(answer.body, dict) else None
        hooks += [{"type": kind, **hook} for hook in told or () if isinstance(hook, dict)]
    found = plan_of(
        configuration,
        [brevo_list for brevo_list in listed or () if isinstance(brevo_list, dict)],
        lists,
        folders,
        hooks,
    )
    return replace(found, problems=(*found.problems, *await wrong_templates(client, configuration.brevo)))


async def _apply(reason: str, *, yes: bool) -> tuple[SetupPlan, list[str], bool]:
    """What was found, what was done about it, and whether that is in the audit topic."""
    connection = KafkaConnection.from_environment(os.environ)
    async with opened() as (configuration, client):
        found = await _compare(configuration, client)
        if not found.creations or not agreed(f"Create {', '.join(found.creations)} at Brevo?", yes=yes):
            return found, [], True
        done: list[str] = []
        try:
            async for made in _made(client, found):
                done.append(made)  # noqa: PERF401 (what was made before a refusal counts)
        finally:
            # What was made is noted, even where Brevo refuses the rest.
            details: dict[str, str | int] = {"done": len(done), "what": "; ".join(done)}
            result: ActState = "done" if len(done) == len(found.creations) else "stopped"
            entry = audit_entry("brevo.apply", "brevo", details, reason, result=result)
            noted = not done or await note_done(connection, configuration.kafka, entry)
        return found, done, noted


async def _made(client: BrevoClient, found: SetupPlan) -> AsyncIterator[str]:
    """Create and repair one after the other; what each was, for people."""
    for attribute in found.attributes:
        path = f"/contacts/attributes/normal/{attribute.attribute}"
        await answered(client, "POST", path, {"type": attribute.type})
        yield f"attribute {attribute.attribute}"
    folder_id = found.folder_id
    if found.lists and folder_id is None:
        answer = await answered(client, "POST", "/contacts/folders", {"name": FOLDER}, holds=("id",))
        folder_id = _id(answer.body)
        yield f"folder {FOLDER}"
    for lacking in found.lists:
        body = {"name": lacking.name, "folderId": folder_id}
        answer = await answered(client, "POST", "/contacts/lists", body, holds=("id",))
        yield f"list {lacking.name}: set {lacking.key} to {_id(answer.body)}"
    for hook in found.hooks:
        method, path = ("POST", "/webhooks") if hook.hook_id is None else ("PUT", f"/webhooks/{hook.hook_id}")
        await answered(client, method, path, dict(hook.body))
        yield hook.says


def _id(body: Any) -> int:
    return int(body["id"])


def show(found: SetupPlan, done: list[str], *, as_json: bool) -> None:
    """What the account has and lacks, and what was `done` about it."""
    if as_json:
        typer.echo(orjson.dumps({**found.shown(), "created": done}).decode())
        return
    width = max((len(use.key) for use in found.uses), default=0)
    for use in found.uses:
        typer.echo(f"{use.key:<{width}}  {use.names}: {use.found}")
    for problem in found.problems:
        typer.echo(f"needs you   {problem}")
    if done:
        for made in done:
            typer.echo(f"created     {made}")
    else:
        for creation in found.creations:
            typer.echo(f"missing     {creation}")
    if found.fits:
        typer.echo("The account has everything that the configuration writes.")
