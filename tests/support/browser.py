"""A headless Chromium, driven over its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import asyncio
import base64
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.processes import eventually, running

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


class Page:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol and its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(30):
            while True:
                message = await self._socket.receive_json()
                if message.get("id") == number:
                    assert "error" not in message, message
                    result: dict[str, Any] = message["result"]
                    return result

    async def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; ``None`` while it is being left."""
        result = await self.call("Runtime.evaluate", expression=script, returnByValue=True)
        return None if "exceptionDetails" in result else result["result"].get("value")

    async def open(self, url: str) -> None:
        """Go to an address."""
        await self.call("Page.navigate", url=url)

    async def look(self, url: str, *, width: int, height: int = 900, dark: bool = False) -> None:
        """Go to an address with a window of so many pixels, and wait until it is there."""
        await self.appear(width=width, height=height, dark=dark)
        await self.open(url)
        await self.until(f"location.href === {url!r} && document.readyState === 'complete'")

    async def appear(self, *, width: int, height: int = 900, dark: bool = False) -> None:
        """Show the page that is open, and the next ones, in a window of so many pixels."""
        scheme = "dark" if dark else "light"
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def sign_in(self, base: str, name: str, password: str) -> None:
        """Sign in to a console, on its form."""
        await self.look(f"{base}/sign-in", width=400)
        await self.evaluate(f"document.querySelector('#name').value = {name!r}")
        await self.evaluate(f"document.querySelector('#password').value = {password!r}")
        await self.evaluate("document.querySelector('main form').requestSubmit()")
        await self.until("document.querySelector('h1')?.textContent === 'Sessions'")

    async def until(self, script: str) -> Any:
        """The first truthy value of an expression."""

        async def value() -> Any:
            return await self.evaluate(script)

        return await eventually(value, what=f"the page shows {script}", timeout_seconds=30)

    async def picture(self) -> bytes:
        """What is seen, as PNG."""
        shot = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Page]:
    """A fresh browser with one empty page; skips the test where none is installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    profile = folder / "profile"
    command = [program, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with running(command, log=folder / "chromium.log", env={}) as process:
        port_file = profile / "DevToolsActivePort"

        async def port() -> str | None:
            assert process.exit_code is None, process.describe()
            # Chromium makes the file first and fills it afterwards: an empty one says "not yet".
            told = port_file.read_text(encoding="utf-8").splitlines() if port_file.exists() else []
            return told[0] if told else None

        found = await eventually(port, what="Chromium listens", timeout_seconds=60, tell=process.describe)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{found}/json/list") as response:
                pages = [target for target in await response.json() if target["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
