"""`rollcall console`: the pages, in the foreground; `rollcall console passwd`: who may sign in."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from console.password_file import PasswordFile
from console.passwords import SALT_BYTES, Account, checked_name, checked_password, checked_role, hash_password
from ops.buttons import acting
from ops.importing import imported
from runtime.environment import password_file
from schemas.errors import ConfigurationError

_EXAMPLE = "Example:  rollcall console passwd ana --role operator; rollcall console"


def register(app: typer.Typer) -> None:
    """Add the command and its own."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    group.callback(epilog=_EXAMPLE)(console)
    group.command("passwd", epilog="Example:  rollcall console passwd ana --role operator")(passwd)
    app.add_typer(group, name="console")


def console(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Where it listens (CONSOLE_HOST, 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Its port (CONSOLE_PORT, 8084); 0: any free one.")] = None,
    trust_header: Annotated[
        str | None,
        typer.Option(help="The header in which a proxy names who has signed in there (CONSOLE_TRUST_HEADER)."),
    ] = None,
    trust_from: Annotated[
        str | None, typer.Option(help="Networks of such proxies, with commas (CONSOLE_TRUSTED_PROXIES).")
    ] = None,
) -> None:
    """Show sessions, people and what needs a person, in a browser.

    It reads the public topics into the read model, and shows that: no worker has to run for it, and it holds no secret
    of Zoom or Brevo. Whoever signs in is in the password file (passwd), or is named by a proxy that is trusted.
    Operators can do there what commands do (dlq, quarantine, resync, replay, rebuild, effects, forget): each act shows
    what it would do before, and is noted with who and why.

    Reads ROLLCALL_DATA_DIR (./data), ROLLCALL_READ_MODEL_URL, KAFKA_BOOTSTRAP_SERVERS and the other KAFKA_ variables,
    and the CONSOLE_ variables. Stops on SIGTERM.
    """
    if context.invoked_subcommand is not None:
        return
    told = {
        "CONSOLE_HOST": host,
        "CONSOLE_PORT": None if port is None else str(port),
        "CONSOLE_TRUST_HEADER": trust_header,
        "CONSOLE_TRUSTED_PROXIES": trust_from,
    }
    options = {name: value for name, value in told.items() if value is not None}
    # Imported only now: `rollcall --help` has to answer at once.
    raise typer.Exit(imported("console.process").main(acting, **options))


def passwd(
    name: Annotated[str, typer.Argument(help="Small letters, digits, dots and dashes; no e-mail address.")],
    role: Annotated[
        str, typer.Option(help="reader: sessions, people, status; operator: all pages and acts.")
    ] = "reader",
    file: Annotated[
        Path | None, typer.Option(help="Of the passwords (CONSOLE_PASSWORD_FILE, in ROLLCALL_DATA_DIR).")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Let them in no more; ends their sign-ins, too.")] = False,
) -> None:
    """Let somebody sign in: asks for their password, or reads a line of it from a pipe.

    A running console knows at once. The file is readable for its user alone and holds hashes (scrypt).
    """
    path = file or password_file(os.environ)
    kept = PasswordFile(path)
    checked_name(name)
    if remove:
        if not kept.remove(name):
            raise ConfigurationError(f"{name} is not in {path}")
        typer.echo(f"{name} can no longer sign in")
        return
    as_role = checked_role(role)
    password = checked_password(_asked())
    kept.put(Account(name, as_role, hash_password(password, secrets.token_bytes(SALT_BYTES))))
    typer.echo(f"{name} can sign in as {as_role} ({path})")


def _asked() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
