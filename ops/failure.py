"""A command that found something wrong: said on stderr, as a document too where one was asked for."""

from __future__ import annotations

import orjson
import typer

from runtime.exits import FOUND_WRONG


def found_wrong(text: str, *, as_json: bool) -> typer.Exit:
    """Say it; to be raised. Exit code 1."""
    typer.echo(text, err=True)
    if as_json:
        typer.echo(orjson.dumps({"error": text, "exit_code": FOUND_WRONG}).decode())
    return typer.Exit(FOUND_WRONG)
