import os
import re
import subprocess
from pathlib import Path

import aiohttp

from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.topics import ensure_topics
from tests.support.console import PASSWORD, Visitor
from tests.support.console_story import SESSION
from tests.support.processes import eventually, rollcall_command, running
from tests.support.read_model import Storyteller, person, publish


async def test_process_shows_what_the_topics_say(tmp_path: Path, kafka_bootstrap: str, topic_prefix: str) -> None:
    """From `passwd` to a page: the records are published while it runs; it stops on SIGTERM, and logs no address."""
    kafka = KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    await ensure_topics(kafka, Kafka(partitions=1))
    rollcall = rollcall_command("console")
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap, "KAFKA_TOPIC_PREFIX": topic_prefix, "CONSOLE_PORT": "0",
        "ROLLCALL_DATA_DIR": str(tmp_path), "PATH": os.environ["PATH"],
    }  # fmt: skip
    passwd = [*rollcall, "passwd", "ana", "--role", "operator"]
    subprocess.run(passwd, env=environment, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True)  # noqa: ASYNC221 (nothing else runs)
    log = tmp_path / "console.log"
    with running(rollcall, log=log, env=environment, is_forked=False) as process:

        async def address() -> str | None:
            assert process.exit_code is None, process.describe()
            found = re.search(r"url=(http://\S+)", log.read_text(encoding="utf-8"))
            return found[1] if found else None

        base = await eventually(address, what="the console is ready", timeout_seconds=60, tell=process.describe)
        assert base is not None
        tell = Storyteller()
        await publish(kafka, [tell.session(1), tell.result(person(0), 1, 1)])
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            visitor = Visitor(session, base)
            assert await visitor.sign_in("ana") == 303

            async def shown() -> bool:
                return person(0).email in (await visitor.get(SESSION))[1]

            await eventually(shown, what="the page shows the person", timeout_seconds=60, tell=process.describe)
        assert process.terminate() == 0, process.describe()
    assert "@example.com" not in log.read_text(encoding="utf-8")
    assert PASSWORD not in log.read_text(encoding="utf-8")
