"""SECURITY.md says of every topic and table what it holds of people, and until when."""

from __future__ import annotations

import re
from pathlib import Path

from processors.agents import SPECS
from schemas.topics import TOPICS

ROOT = Path(__file__).parents[2]


def rows() -> dict[str, str]:
    """Name of a topic or table -> until when."""
    section = (ROOT / "SECURITY.md").read_text("utf-8").partition("## Personal data")[2]
    return dict(re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$", section, re.MULTILINE))


def test_every_topic_is_listed_with_its_retention() -> None:
    """A record of processing that misses one is none; a compacted topic keeps the newest for ever."""
    listed = rows()
    for topic in TOPICS:
        wanted = "for ever" if topic.cleanup == "compact" else f"{topic.retention_days} d"
        assert listed[topic.name].startswith(wanted), topic.name
    assert {topic.dead_letter.retention_days for topic in TOPICS if topic.dead_letters} == {30}
    assert listed["*.dlq"] == "30 d"


def test_every_table_is_listed_and_nothing_that_is_gone() -> None:
    """What is kept on disk and in changelogs."""
    tables = {table for spec in SPECS for table in spec.tables}
    assert set(rows()) == {topic.name for topic in TOPICS} | tables | {"*.dlq"}
