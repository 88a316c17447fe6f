"""The gate: readers of the last release's schemas can read what is written now."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from ops import schemas as command
from ops.compatibility import broken_topics
from ops.schemas import as_text, read_schemas, schemas
from schemas.errors import ConfigurationError

RELEASED = Path(__file__).parents[2] / "schemas" / "released"


def test_no_topic_breaks_readers_of_the_last_release() -> None:
    """Else it needs a new topic, `.v2`. Only before 1.0.0 may the released schemas be taken over instead."""
    broken = broken_topics(read_schemas(RELEASED), schemas())
    assert broken == {}, (
        "these changes break who reads the topics: make an added field optional (`schemas.model.AddedIn`), or a new "
        "topic for anything else. Nothing is published before 1.0.0: until then take over what changed, with "
        "`python -m tests.support.released_schemas`"
    )


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and what was said."""
    app = typer.Typer()
    command.register(app)
    result = CliRunner().invoke(app, ["schemas", *arguments])
    if isinstance(result.exception, ConfigurationError):
        raise result.exception
    return result.exit_code, result.output


def test_check_says_what_differs_and_fails(tmp_path: Path) -> None:
    """An operator sees before an upgrade what readers would trip over."""
    for name, schema in schemas().items():
        earlier = orjson.loads(as_text(schema))
        if name == "attendance.results.v1.json":
            earlier["$defs"]["Result"]["properties"]["attendance_status"]["enum"].remove("no_show")
        (tmp_path / name).write_bytes(as_text(earlier))
    code, said = run("check", "--against", str(tmp_path))
    assert code == 1
    assert "attendance.results.v1: <result>.attendance_status: new value ('no_show')" in said
    assert "1 topic with a break for readers" in said
    code, said = run("check", "--against", str(tmp_path), "--json")
    fault = "<result>.attendance_status: new value ('no_show')"
    assert (code, orjson.loads(said)) == (1, {"against": str(tmp_path), "breaks": {"attendance.results.v1": [fault]}})


def test_check_against_what_is_current_is_content(tmp_path: Path) -> None:
    """Nothing differs from itself."""
    code, said = run("export", "--to", str(tmp_path), "--json")
    files = sorted(path.name for path in tmp_path.iterdir())
    assert (code, orjson.loads(said)) == (0, {"folder": str(tmp_path), "files": files})
    assert run("check", "--against", str(tmp_path))[0] == 0


def test_check_without_an_earlier_export_says_what_to_name(tmp_path: Path) -> None:
    """An empty folder is no schema to be compatible with."""
    with pytest.raises(ConfigurationError, match="name the folder of an earlier export"):
        run("check", "--against", str(tmp_path))


def test_topic_that_goes_breaks_its_readers_and_one_that_comes_nobody() -> None:
    """A new topic is the way out of every breaking change."""
    now = schemas()
    fewer = {name: schema for name, schema in now.items() if name != "attendance.results.v1.json"}
    assert broken_topics(now, fewer) == {"attendance.results.v1.json": ["the topic is gone"]}
    assert broken_topics(fewer, now) == {}
