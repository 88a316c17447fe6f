"""`rollcall check`: what is misconfigured, before anything runs. A section is a list of checks (ops/check/frame.py)."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Annotated

import aiohttp
import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.check.brevo import brevo_checks
from ops.check.frame import CheckSection, Context, Finding, run_checks
from ops.check.kafka import kafka_checks
from ops.check.zoom import zoom_checks
from ops.options import Json
from ops.setting_up import tell_found
from runtime.configuration import load_for_display, unresolved
from runtime.environment import config_path
from runtime.exits import FOUND_WRONG
from runtime.logs import configure_command_logging
from schemas.setup import SetupFinding

SECTIONS: tuple[CheckSection, ...] = (zoom_checks, brevo_checks, kafka_checks)
_MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]", "skip": "skip"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", epilog="Example:  rollcall check --url https://hooks.example.com/webhooks/zoom")(check)


def check(
    url: Annotated[
        str | None,
        typer.Option(help="The ingress's webhook address.", show_default="http://127.0.0.1:INGRESS_PORT/webhooks/zoom"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for what would not work at Zoom, Brevo and Kafka.

    Zoom: token, scopes, events, plan, subscription, webhook secret, clock, webinars without registration. Brevo: key,
    lists, attributes, templates. Kafka: topics. Asks, and changes nothing; what cannot be asked for a cause that is
    told already is skipped. What was found is told to the console (ops.setup.v1). Exit code 1: something fails, with
    what to do.
    """
    configure_command_logging("ERROR")
    console = Console(stderr=as_json)
    address = url or f"http://127.0.0.1:{os.environ.get('INGRESS_PORT') or 8080}/webhooks/zoom"
    findings = asyncio.run(_run(address, console))
    asyncio.run(tell_found(os.environ, "check", [_setup_finding(finding) for finding in findings]))
    if as_json:
        counted = {level: sum(finding.level == level for finding in findings) for level in _MARKS}
        typer.echo(orjson.dumps({**counted, "checks": [asdict(finding) for finding in findings]}).decode())
    else:
        _show(findings, console)
    if any(finding.level == "fail" for finding in findings):
        raise typer.Exit(FOUND_WRONG)


async def _run(url: str, console: Console) -> list[Finding]:
    path = config_path(os.environ)
    configuration = load_for_display(path, os.environ)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        context = Context(configuration, session, url, stack, unresolved=unresolved(path, os.environ))
        checks = [finding for section in SECTIONS for finding in await section(context)]
        if not console.is_terminal:
            return await run_checks(checks, lambda _: None)
        with console.status("checking") as status:
            return await run_checks(checks, lambda finding: status.update(f"checked {finding.check}"))


def _setup_finding(finding: Finding) -> SetupFinding:
    advice = "" if finding.level == "ok" else finding.advice
    return SetupFinding(what=finding.check, level=finding.level, found=finding.found, advice=advice)


def _show(findings: list[Finding], console: Console) -> None:
    table = Table("check", "", "found", box=None, padding=(0, 2, 0, 0), show_edge=False)
    for finding in findings:
        advice = f"\n[bold]→ {escape(finding.advice)}[/]" if finding.advice and finding.level != "ok" else ""
        table.add_row(finding.check, _MARKS[finding.level], f"{escape(finding.found)}{advice}")
    console.print(table)
