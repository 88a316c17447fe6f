"""The console beside the demo: what was played, as pages."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from console.password_file import PasswordFile
from console.passwords import SALT_BYTES, Account, hash_password
from ops.demo.children import Child, running
from ops.demo.installation import inherited_of
from sandbox.kafka import free_port

_NAME = "demo"


@asynccontextmanager
async def showing(
    directory: Path, environment: Mapping[str, str], session: aiohttp.ClientSession, say: Callable[[str], None]
) -> AsyncIterator[Child]:
    """The console until the block ends; says where it is, and the name and password to sign in with.

    Args:
        directory: for its log, the password file and the read model.
        environment: with the demo's Kafka and the prefix for topics.
        session: for readiness.
        say: hears where it is.

    Raises:
        FatalError: it ended or did not get ready, with its last lines.
    """
    file, port, password = directory / "console-passwords", free_port(), secrets.token_urlsafe(12)
    PasswordFile(file).put(Account(_NAME, "operator", hash_password(password, secrets.token_bytes(SALT_BYTES))))
    variables = inherited_of(environment) | {
        "ROLLCALL_DATA_DIR": str(directory / "console"),
        "CONSOLE_PORT": str(port),
        "CONSOLE_PASSWORD_FILE": str(file),
    }
    # It has no admin port: its readiness is on its own.
    async with running("console", variables, log=directory / "console.log", admin_port=port) as child:
        await child.until_ready(session)
        say(f"the console is at http://127.0.0.1:{port}: sign in as {_NAME} with the password {password}")
        yield child
