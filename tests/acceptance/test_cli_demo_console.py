import re
from pathlib import Path

import aiohttp

from tests.support.console import Visitor
from tests.support.processes import eventually, rollcall_command, running


async def test_demo_shows_its_people_in_the_console(tmp_path: Path, kafka_bootstrap: str) -> None:
    """Where it is and how to sign in is said; whoever has a result in the demo's table is on the session's page."""
    log = tmp_path / "demo.log"
    command = rollcall_command("demo", "--attendees", "8", "--console")
    with running(command, log=log, env={"KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap}, is_forked=False) as demo:

        async def place() -> list[str] | None:
            assert demo.exit_code is None, demo.describe()
            said = re.search(r"at (http://\S+): sign in as demo with the password (\S+)", log.read_text("utf-8"))
            return list(said.groups()) if said else None

        found = await eventually(place, what="the console is ready", timeout_seconds=180, tell=demo.describe)
        assert found is not None
        address, password = found
        judged = re.findall(r"\S+@\S+(?= +(?:attended|left_early|no_show) )", log.read_text("utf-8"))
        assert judged
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            visitor = Visitor(session, address)
            assert await visitor.sign_in("demo", password) == 303

            async def people() -> bool:
                link = re.search(r'href="(/sessions/[0-9a-f]{16})"', (await visitor.get("/sessions"))[1])
                page = (await visitor.get(link[1]))[1] if link else ""
                return sorted(re.findall(r">([^<>\s]+@[^<>\s]+)</a>", page)) == sorted(judged)

            await eventually(people, what="the session's people are shown", timeout_seconds=60, tell=demo.describe)
        demo.terminate(60)
