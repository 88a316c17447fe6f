"""A command that found something wrong: said on stderr, as a document too where one was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import typer

from runtime.exits import FOUND_WRONG
from schemas.errors import RetryLaterError


def found_wrong(text: str, *, as_json: bool) -> typer.Exit:
    """Say it; to be raised. Exit code 1."""
    typer.echo(text, err=True)
    if as_json:
        typer.echo(orjson.dumps({"error": text, "exit_code": FOUND_WRONG}).decode())
    return typer.Exit(FOUND_WRONG)


@contextmanager
def stopping(again: str, *, as_json: bool) -> Iterator[None]:
    """Around work that may be stopped by a service or by Ctrl-C; `again` says what starting it again does."""
    try:
        yield
    except RetryLaterError as error:
        raise found_wrong(f"stopped: {error}\n{again}", as_json=as_json) from None
    except KeyboardInterrupt:
        typer.echo(again, err=True)
        raise
