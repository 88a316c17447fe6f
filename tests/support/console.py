"""A console under test: over a read model that is filled without Kafka, and a browser in a few lines."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy.engine import URL

from console.acting import Acting
from console.app import build_app
from console.following import Following
from console.gate import Gate
from console.password_file import PasswordFile
from console.passwords import Account, AccountRole
from readmodel.changes import SourceRecord
from readmodel.database import Database, opened
from readmodel.projection import project
from readmodel.writing import write
from runtime.environment import ConsoleEnvironment
from tests.support.read_model import Told, sqlite_url

PASSWORD = "a password of tests"


def _hashed() -> str:
    """As the password file has it, at a cost for tests: at the product's own, each sign-in computes 0.3 s."""
    salt, cost = b"salt", 2
    key = hashlib.scrypt(PASSWORD.encode(), salt=salt, n=cost, r=8, p=1, dklen=32)
    return f"scrypt${cost}$1${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def fill(database: Database, told: Iterable[Told]) -> None:
    """What the projector does with these records, in one transaction."""
    records = [
        SourceRecord(topic.name, 0, offset, 1_786_532_400_000, message.key, message.value, message.headers)
        for offset, (topic, message) in enumerate(told)
    ]
    changes, unreadable = project(records)
    assert not unreadable
    with database.writing() as connection:
        write(connection, changes)


async def _no_letter(_identity: str) -> None:
    return None


class Visitor:
    """A browser: its cookies, and the token of the page that it saw last."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self.base = base
        self.token = ""
        self.headers: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text, redirects followed."""
        async with self._session.get(self.base + path, headers=headers) as response:
            self.headers = dict(response.headers)
            text = await response.text()
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
        self.token = found[1] if found else self.token
        return response.status, text

    async def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        """Status, where it leads and text; with the token of the last page unless another is given."""
        data = {"csrf": self.token, **fields}
        async with self._session.post(self.base + path, data=data, allow_redirects=False) as response:
            self.headers = dict(response.headers)
            return response.status, response.headers.get("Location", ""), await response.text()

    async def send(self, path: str, body: bytes, content_type: str) -> tuple[int, str]:
        """Status and text of what no page of ours sends."""
        headers = {"Content-Type": content_type}
        async with self._session.post(self.base + path, data=body, headers=headers) as response:
            return response.status, await response.text()

    async def sign_in(self, name: str, password: str = PASSWORD) -> int:
        """The status of the answer: 303 when it worked."""
        await self.get("/sign-in")
        status, _, _ = await self.post("/sign-in", name=name, password=password)
        return status


@asynccontextmanager
async def console(
    folder: Path, told: Iterable[Told], url: URL | None = None, acting: Acting | None = None, /, **variables: str
) -> AsyncIterator[tuple[Visitor, PasswordFile]]:
    """A console with the accounts `ana` and `eve` (operators) and `ben` (reader), and somebody who has just come to it.

    Its tables are in the empty database of `url`; without one in a file of `folder`. Without `acting` nothing can be
    done, and there is no letter.
    """
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "CONSOLE_PASSWORD_FILE": str(folder / "passwords"), **variables,
    }  # fmt: skip
    settings = ConsoleEnvironment.read(environment)
    passwords = PasswordFile(settings.password_file)
    roles: dict[str, AccountRole] = {"ana": "operator", "ben": "reader", "eve": "operator"}
    for name, role in roles.items():
        passwords.put(Account(name, role, _hashed()))
    with opened(url or sqlite_url(folder)) as database:
        fill(database, told)
        gate = Gate(settings, passwords)
        runner = web.AppRunner(
            build_app(
                settings.url, database, Following(database, settings.kafka), gate, acting or Acting({}, _no_letter)
            )
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        jar = aiohttp.CookieJar(unsafe=True)  # of an address, and not of a name
        try:
            async with aiohttp.ClientSession(cookie_jar=jar) as session:
                yield Visitor(session, f"http://127.0.0.1:{port}"), passwords
        finally:
            await runner.cleanup()
