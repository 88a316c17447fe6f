from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CODE = ("console", "ingress", "ops", "processors", "readmodel", "runtime", "sandbox", "schemas", "tests", "deploy")
_SUFFIXES = {".py", ".yaml", ".toml", ".yml", ".env"}


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def name(page: Path) -> str:
    """A page as people call it."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    """To a file or folder that exists, and to a heading that it has."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_pages_that_code_cites_exist() -> None:
    """A comment may send a reader to a page of ours; ADRs may be cited by their number."""
    cited = set()
    for folder in CODE:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in _SUFFIXES:
                cited |= set(re.findall(r"(?<![\w./])docs/[a-z-]+/[\w-]+(?:\.md)?", path.read_text("utf-8")))
    missing = [path for path in cited if not (ROOT / path).exists() and not list(ROOT.glob(f"{path}-*.md"))]
    assert missing == []


def test_tests_that_the_guarantees_name_exist() -> None:
    """Each rule is shown by a test, and whoever renames the test finds this one."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "explanation" / "guarantees.md").read_text("utf-8")))
    defined = {
        test
        for path in (ROOT / "tests").rglob("test_*.py")
        for test in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert named
    assert named <= defined


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_paths_that_a_page_names_exist(page: Path) -> None:
    """A file or folder in back-quotes that begins with one of ours is there; `*` may stand for a part of its name."""
    named = {path.rstrip("/") for path in re.findall(r"`([\w.*-]+(?:/[\w.*-]+)+/?)`", page.read_text("utf-8"))}
    ours = {path for path in named if path.partition("/")[0] in (*CODE, ".ci", "docs", "requirements")}
    assert [path for path in sorted(ours) if not list(ROOT.glob(path)) and not (page.parent / path).exists()] == []


def test_patterns_to_imitate_are_named_with_their_files() -> None:
    """Each row of the table has an example, which exists by the test above."""
    table = (ROOT / "AGENTS.md").read_text("utf-8").partition("## What to imitate")[2].partition("## ")[0]
    assert len(re.findall(r"`((?:ops|processors|sandbox|schemas|tests)/[\w./]+)`", table)) > 10
