"""Opens a server's port under guard, and says which variable to change when that fails."""

from __future__ import annotations

import asyncio
import errno
from typing import Any

from aiohttp import web

from runtime.guard import Guard
from runtime.variables import Address
from schemas.errors import ConfigurationError


class OpenPort:
    """A port that takes connections until it is closed; in a `with` it is its number."""

    def __init__(self, server: asyncio.Server, guard: Guard) -> None:
        self.port: int = server.sockets[0].getsockname()[1]
        """Of interest when 0 was asked for."""
        self._server = server
        self._guard = guard

    def __enter__(self) -> int:
        return self.port

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take no more connections, which may be repeated; those that are open are the runner's to end."""
        self._server.close()
        self._guard.stop()


async def listen(runner: web.ServerRunner | web.AppRunner, address: Address, guard: Guard, **options: Any) -> OpenPort:
    """Serve a runner that is set up at the address, with aiohttp's options of a connection.

    Raises:
        ConfigurationError: the port is taken or not allowed, or the host is not this machine's.
    """
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    try:
        server = await guard.serve(runner.server, address.host, address.port, **options)
    except OSError as error:
        raise ConfigurationError(_advice(address, error)) from error
    return OpenPort(server, guard)


def _advice(address: Address, error: OSError) -> str:
    where = f"{address.host}:{address.port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken by another process; set {address.port_variable} to a free port"
    if error.errno == errno.EACCES:
        return f"{where}: this user may not open the port; set {address.port_variable} to one from 1024 on"
    return f"{where} cannot be opened ({error.strerror}); set {address.host_variable} to an address of this machine"
