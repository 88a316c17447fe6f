"""What lies on the topics after a real webinar is what the documents for other programs say."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker

from ops.asyncapi import asyncapi
from ops.contracts import value_schema
from schemas.topics import TOPICS
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.kafka import Message, read_to_end

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "consume.md"


def faults(topic_name: str, message: Message, types: set[str], validator: Draft202012Validator) -> list[str]:
    """What is wrong with a record's headers or value."""
    headers = {name: value.decode() for name, value in message.headers}
    found = [] if headers.get("ce_specversion") == "1.0" and headers.get("ce_id") else ["no CloudEvent"]
    if types and headers.get("ce_type") not in types:
        found.append(f"ce_type {headers.get('ce_type')}")
    if message.value is None:
        return found
    found += [] if headers.get("content-type") == "application/json" else ["no content type"]
    return found + [f"{topic_name}: {fault.message}" for fault in validator.iter_errors(json.loads(message.value))]


async def check_contracts(home: Installation, bootstrap: str) -> Counter[str]:
    """Every record of every topic fits its schema and its headers; how many there were."""
    channels, seen = asyncapi("1", {})["channels"], Counter[str]()
    for topic in TOPICS:
        validator = Draft202012Validator(value_schema(topic), format_checker=FormatChecker())
        messages = channels[topic.name]["messages"].values()
        types = {message["name"] for message in messages if message["name"].startswith("rollcall.")}
        types |= {name.removesuffix(" tombstone") for name in types}
        for message in await read_to_end(bootstrap, home.physical(topic)):
            assert faults(topic.name, message, types, validator) == [], topic.name
            seen[topic.name] += 1
    return seen


async def read_by_the_guide(home: Installation, bootstrap: str, wanted: int, tmp_path: Path) -> list[str]:
    """The lines that the guide's program prints, as it stands there but for broker and prefix."""
    [program] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    [topic] = [topic for topic in TOPICS if topic.name == "attendance.results.v1"]
    program = program.replace('"attendance.results.v1"', f'"{home.physical(topic)}"')
    program = program.replace("127.0.0.1:9092", bootstrap)
    path = tmp_path / "reader.py"
    path.write_text(program, encoding="utf-8")
    reader = await asyncio.create_subprocess_exec(sys.executable, "-u", path, stdout=asyncio.subprocess.PIPE)
    assert reader.stdout is not None
    try:
        async with asyncio.timeout(60):
            return [(await reader.stdout.readline()).decode() for _line in range(wanted)]
    finally:
        reader.terminate()
        await reader.wait()


async def test_records_are_what_schemas_headers_and_guide_say(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Each of them, and the guide's own program reads them."""
    world = webinar(25, seed=11)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())
        await home.send(world)
        assert await home.until_true(await truth_about(world)) == []
        await home.until_idle(worker)
        seen = await check_contracts(home, kafka_bootstrap)
        assert {"zoom.events.raw.v1", "attendance.results.v1", "engagement.scores.v1", "brevo.results.v1"} <= set(seen)
        lines = await read_by_the_guide(home, kafka_bootstrap, 20, tmp_path)
        assert all(re.fullmatch(r"[0-9a-f]{8} \w+ \d+ min (live|final) revision \d+\n", line) for line in lines), lines
