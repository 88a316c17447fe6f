"""How many requests one client may have under way, with a proxy before the endpoint and without."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ingress.settings import IngressSettings, Limits
from runtime.addresses import parse_networks
from runtime.connections import ConnectionLimits
from tests.support.ingress import MemoryPublisher, as_zoom_writes, ingress_settings_for, signed_headers
from tests.support.webhook_endpoint import serving


def behind(proxies: str) -> IngressSettings:
    """Two requests of one client may be under way."""
    limits = Limits(connections=ConnectionLimits(per_address=2))
    return replace(ingress_settings_for(limits=limits), proxies=parse_networks("P", proxies))


def numbered(number: int) -> bytes:
    """One of many deliveries."""
    return as_zoom_writes({"event": "x.y", "event_ts": number})


async def test_client_behind_a_known_proxy_is_bounded_and_others_are_not() -> None:
    """503 for the one that has too much under way; the connections are all the proxy's."""
    gate = asyncio.Event()
    async with serving(behind("127.0.0.0/8"), MemoryPublisher(gate=gate)) as server:

        async def post(number: int, client: str) -> int:
            headers = signed_headers(numbered(number)) | {"X-Forwarded-For": f"6.6.6.6, {client}"}
            return (await server.post(numbered(number), headers))[0]

        greedy = [asyncio.create_task(post(number, "203.0.113.5")) for number in range(5)]
        done, waiting = await asyncio.wait(greedy, timeout=0.5)
        assert [task.result() for task in done] == [503, 503, 503]
        other = asyncio.create_task(post(9, "198.51.100.1"))
        gate.set()
        assert await other == 200
        assert [await task for task in waiting] == [200, 200]
        assert await post(10, "203.0.113.5") == 200


async def test_forwarded_for_of_a_stranger_is_not_believed() -> None:
    """Else anybody could use up another's share, or have as many shares as there are addresses."""
    gate = asyncio.Event()
    async with serving(behind("10.0.0.0/8"), MemoryPublisher(gate=gate)) as server:

        async def post(number: int) -> int:
            headers = signed_headers(numbered(number)) | {"X-Forwarded-For": f"203.0.113.{number}"}
            return (await server.post(numbered(number), headers))[0]

        # The limit of connections for each address lets no third one wait; it closes none that is at work.
        posts = [asyncio.create_task(post(number)) for number in range(2)]
        await asyncio.sleep(0.2)
        async with server.connected() as third:
            third.send(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert await third.status() == 0
        gate.set()
        assert await asyncio.gather(*posts) == [200, 200]
        assert server.closed("too_many_connections") == 1
