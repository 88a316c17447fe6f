"""Opens a server's port, and says which variable to change when that fails."""

from __future__ import annotations

import errno

from aiohttp import web

from runtime.environment import Address
from schemas.errors import ConfigurationError


async def listen(runner: web.AppRunner, address: Address) -> int:
    """Serve a runner that is set up at the address, and return the port (of interest when 0 was asked for).

    Raises:
        ConfigurationError: the port is taken or not allowed, or the host is not this machine's.
    """
    site = web.TCPSite(runner, address.host, address.port)
    try:
        await site.start()
    except OSError as error:
        raise ConfigurationError(_advice(address, error)) from error
    port: int = runner.addresses[0][1]
    return port


def _advice(address: Address, error: OSError) -> str:
    where = f"{address.host}:{address.port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken by another process; set {address.port_variable} to a free port"
    if error.errno == errno.EACCES:
        return f"{where}: this user may not open the port; set {address.port_variable} to one from 1024 on"
    return f"{where} cannot be opened ({error.strerror}); set {address.host_variable} to an address of this machine"
