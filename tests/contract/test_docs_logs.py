"""`docs/how-to/logs.md` against the code: whoever finds a line in a log finds it there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from runtime.logs import KAFKAS

ROOT = Path(__file__).parents[2]
PACKAGES = ("console", "ingress", "processors", "readmodel", "runtime")
"""What the three processes are made of."""
SHOWN = {"info": "info", "warning": "warning", "error": "error", "exception": "error", "critical": "critical"}
"""Method to the level in the log; `debug` is for whoever changes the code."""


def calls() -> Iterator[tuple[str, ast.expr]]:
    """Every call of a logger above `debug`: the level, and what stands for the event."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "_log")
                    and node.func.attr not in ("debug", "isEnabledFor")
                ):
                    yield SHOWN[node.func.attr], node.args[0]


def told() -> set[tuple[str, str]]:
    """Those, and what is said of Kafka in our words."""
    ours = {(level, str(ast.literal_eval(event))) for level, event in calls()}
    return ours | {("error", translation.event) for translation in KAFKAS}


def documented() -> set[tuple[str, str]]:
    """Level and event of each row."""
    text = (ROOT / "docs" / "how-to" / "logs.md").read_text("utf-8")
    return {(level, event) for event, level in re.findall(r"^\| `([^`]+)` \| (\w+) \|", text, re.MULTILINE)}


def sampled() -> set[tuple[str, str]]:
    """Level and event of every line of a log that a page shows."""
    pages = (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
    lines = [line for page in pages for line in page.read_text("utf-8").splitlines() if re.match("time=|level=", line)]
    found = [re.match(r'time=\S+Z level=(\w+) logger=[\w.]+ event=(?:"([^"]+)"|(\S+))', line) for line in lines]
    assert None not in found, "a line is shown as it is written: whole"
    return {(match[1], match[2] or match[3]) for match in found if match}


def test_lines_that_pages_show_are_of_events_that_there_are() -> None:
    """A sample is copied from a run, and events are renamed later."""
    assert ("info", "session final") in sampled()
    assert sampled() <= told()


def test_each_event_is_a_name_and_its_facts_stand_apart() -> None:
    """Who looks for all lines of an event has one text to look for."""
    assert [ast.unparse(event) for _level, event in calls() if not isinstance(event, ast.Constant)] == []


def test_each_event_of_the_processes_is_documented_with_its_level() -> None:
    """And none that is not there any more."""
    assert documented() == told()
