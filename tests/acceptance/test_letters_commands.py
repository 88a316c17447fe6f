"""`rollcall dlq` and `rollcall quarantine`, with a real worker that fails again on what is sent again."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ops.cli import build_app
from runtime.exits import FOUND_WRONG, INTERNAL, USAGE
from schemas.errors import ConfigurationError
from schemas.letters import letter_id
from schemas.topics import QUARANTINE, RAW_EVENTS
from tests.support.acts import acts
from tests.support.installation import installation
from tests.support.kafka import Message, produce, read_to_end
from tests.support.pressing import operator
from tests.support.processes import eventually

# A `webinar.ended` without the id of its webinar.
POISON = (
    b'{"event":"webinar.ended","event_ts":1786543411234,"payload":{"account_id":"a","object":{"uuid":"Maya Okafor"}}}'
)
STALE = b'{"event":"user.created","event_ts":1786543411234,"payload":{"account_id":"a"}}'


def exit_code(error: BaseException) -> int:
    """What the process would end with."""
    return USAGE if isinstance(error, ConfigurationError) else getattr(error, "exit_code", INTERNAL)


async def _released_in_the_console(bootstrap: str, prefix: str, environment: dict[str, str], folder: Path) -> None:
    """A delivery that is opened, planned and released on pages: what the command does."""
    value = STALE.replace(b'"a"', b'"b"')
    headers = (("ce_type", b"user.created"), ("quarantine-reason", b"stale"))
    await produce(bootstrap, QUARANTINE.physical(prefix), [Message(value, b"b", headers)])
    async with operator(environment, folder) as ana:
        _, letter = await ana.visitor.get(f"/letters/{letter_id(QUARANTINE.name, b'b', value)}")
        which = re.search(r'name="which" value="([^"]+)"', letter)
        assert which is not None, letter
        assert "1 of 1 are to be sent again" in await ana.looks("quarantine.release", which=which[1])
        assert "1 sent again" in await ana.does("quarantine.release", "our clock was off", which=which[1])
        assert "0 of 1 are to be sent again" in await ana.looks("quarantine.release", which=which[1])
    raw = await read_to_end(bootstrap, RAW_EVENTS.physical(prefix))
    assert [message.value for message in raw].count(value) == 1


async def test_letters_are_looked_at_sent_again_counted_and_parked(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A letter that fails again is counted, not stored; the third time it is parked; nothing of its content is told."""
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:

        async def rollcall(*arguments: str, code: int = 0) -> dict[str, Any]:
            # In this process: each start of a command would take a second, and a worker that is real is enough.
            runner, app = CliRunner(), build_app()
            done = await asyncio.to_thread(
                runner.invoke, app, [*arguments, "--json"], env=dict(home.wiring.worker()), standalone_mode=False
            )
            told, error = done.stdout, done.stderr
            given = done.return_value if done.exception is None else exit_code(done.exception)
            assert (given or 0) == code, error or done.exception
            assert "Maya" not in told + error
            if code == USAGE:
                return {}
            answer: dict[str, Any] = json.loads(told)
            return answer

        async def letter() -> dict[str, Any]:
            (found,) = (await rollcall("dlq", "list", "label=unreadable"))["letters"]
            answer: dict[str, Any] = found
            return answer

        worker = home.start_worker()
        await worker.until_ready()
        raw = RAW_EVENTS.physical(topic_prefix)
        await produce(kafka_bootstrap, raw, [Message(POISON, b"a", (("ce_type", b"webinar.ended"),))] * 2)

        async def counted() -> bool:
            return (
                bool((await rollcall("dlq", "list", "label=unreadable"))["letters"])
                and (await letter())["attempts"] == 2
            )

        await eventually(counted, timeout_seconds=60, what="the same record twice is one letter")
        first = await letter()
        assert (first["letter_id"], first["state"]) == (letter_id(RAW_EVENTS.name, b"a", POISON), "open")
        shown = await rollcall("dlq", "show", first["letter_id"][:10])
        assert shown["now"].startswith("it would be a dead letter again")
        assert shown["content"]["payload"]["object"]["uuid"] == "text of 11 characters"
        assert (await rollcall("dlq", "resend", "--dry-run"))["done"] == 0
        assert (await rollcall("dlq", "resend", code=FOUND_WRONG))["done"] == 0  # nobody was there to say yes
        assert "error" in await rollcall("dlq", "show", "ffffffff", code=FOUND_WRONG)
        await rollcall("dlq", "list", "topic=nothing", code=USAGE)
        await rollcall("dlq", "resend", "label=unreadble", code=USAGE)

        for attempt in (3, 4, 5):
            assert (await rollcall("dlq", "resend", "--yes", "--reason", "a try"))["done"] == 1

            async def failed_again(wanted: int = attempt) -> bool:
                return bool((await letter())["attempts"] == wanted)

            await eventually(failed_again, timeout_seconds=60, what="it fails again")
        assert (await letter())["state"] == "parked"
        assert (await rollcall("dlq", "resend", "--yes"))["done"] == 0
        assert (await rollcall("dlq", "drop", "type=webinar.ended", "--yes"))["done"] == 1
        assert (await letter())["state"] == "dropped"
        assert len(await read_to_end(kafka_bootstrap, RAW_EVENTS.dead_letter.physical(topic_prefix))) == 1

        stale = Message(STALE, b"a", (("ce_type", b"user.created"), ("quarantine-reason", b"stale")))
        await produce(kafka_bootstrap, QUARANTINE.physical(topic_prefix), [stale])
        assert (await rollcall("quarantine", "release", "label=owner", "--yes"))["selected"] == 0
        assert (await rollcall("quarantine", "release", "label=stale", "--yes"))["done"] == 1
        assert (await rollcall("quarantine", "release", "label=stale", "--yes"))["done"] == 0
        (released,) = [message for message in await read_to_end(kafka_bootstrap, raw) if message.value == STALE]
        assert "quarantine-reason" not in dict(released.headers)
        await _released_in_the_console(kafka_bootstrap, topic_prefix, dict(home.wiring.worker()), tmp_path)
        dropped = Message(STALE.replace(b"user", b"users"), b"a", stale.headers)
        await produce(kafka_bootstrap, QUARANTINE.physical(topic_prefix), [dropped])
        assert (await rollcall("quarantine", "drop", "label=stale", "--yes"))["done"] >= 1
        told = await acts(kafka_bootstrap, topic_prefix)
        done = [entry.action for entry in told]
        wanted = {"dlq.resend": 3, "dlq.drop": 1, "quarantine.release": 2, "quarantine.drop": 1}
        assert Counter(done) == wanted
        assert [entry.reason for entry in told if entry.operator == "console:ana"] == ["our clock was off"]
        assert await worker.stop() == 0
